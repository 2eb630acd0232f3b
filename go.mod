module github.com/bot-exporter/bot-exporter

go 1.26.0

require (
	github.com/alecthomas/kingpin/v2 v2.4.0 // flags, as every exporter has them
	github.com/cespare/xxhash/v2 v2.3.0 // fast hashes, by which messages are recognized
	github.com/cloudevents/sdk-go/protocol/nats_jetstream/v2 v2.16.2 // tests: what the SDK publishes is understood
	github.com/cloudevents/sdk-go/v2 v2.16.2 // tests: the same
	github.com/coreos/go-systemd/v22 v22.7.0 // tells systemd that it is ready and alive
	github.com/dchest/siphash v1.2.3 // keyed hashes of users' ids
	github.com/go-json-experiment/json v0.0.0-20260820222146-c27c302e5fc3 // strict JSON: refuses doubled names and bad UTF-8
	github.com/google/uuid v1.6.0 // tests: the example in the README
	github.com/grafana/grafana-foundation-sdk/go v0.0.18 // types of dashboards; not in the daemon
	github.com/klauspost/compress v1.20.3 // zstd and fast gzip of scrapes
	github.com/mileusna/useragent v1.3.5 // device and browser of a User-Agent
	github.com/nats-io/jwt/v2 v2.8.2 // tests: users by JWT
	github.com/nats-io/nats-server/v2 v2.15.2 // --nats.embedded, demo and tests
	github.com/nats-io/nats.go v1.55.0 // the client of the stream
	github.com/nats-io/nkeys v0.4.16 // login by NKey and .creds file
	github.com/prometheus/client_golang v1.25.0 // metrics of the process; their HTTP handler
	github.com/prometheus/client_model v0.6.3 // metrics between engine and formats; protobuf
	github.com/prometheus/common v0.72.0 // text formats, log flags and version, as every exporter has them
	github.com/prometheus/exporter-toolkit v0.20.0 // TLS and basic auth by web.yml, as every exporter has them
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // tests: events against their schemas
	github.com/stretchr/testify v1.12.1 // tests: assertions
	go.uber.org/goleak v1.3.0 // tests: no goroutine is left behind
	go.yaml.in/yaml/v3 v3.0.5 // the configuration files
	golang.org/x/crypto v0.58.0 // tests: password hashes of web.yml
	golang.org/x/tools v0.51.0 // tests: txtar archives
	google.golang.org/protobuf v1.36.12 // protobuf of scrapes
	pgregory.net/rapid v1.3.0 // tests: properties
)

require (
	github.com/alecthomas/units v0.0.0-20240927000941-0f3dac36c52b // indirect
	github.com/antithesishq/antithesis-sdk-go v0.8.0-default-no-op // indirect
	github.com/beorn7/perks v1.0.1 // indirect
	github.com/golang-jwt/jwt/v5 v5.3.1 // indirect
	github.com/google/go-tpm v0.9.8 // indirect
	github.com/jpillora/backoff v1.0.0 // indirect
	github.com/json-iterator/go v1.1.12 // indirect
	github.com/kylelemons/godebug v1.1.0 // indirect
	github.com/mdlayher/socket v0.6.0 // indirect
	github.com/mdlayher/vsock v1.3.0 // indirect
	github.com/minio/highwayhash v1.0.4 // indirect
	github.com/modern-go/concurrent v0.0.0-20180306012644-bacd9c7ef1dd // indirect
	github.com/modern-go/reflect2 v1.0.2 // indirect
	github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822 // indirect
	github.com/mwitkow/go-conntrack v0.0.0-20190716064945-2f068394615f // indirect
	github.com/nats-io/nuid v1.0.1 // indirect
	github.com/prometheus/procfs v0.22.0 // indirect
	github.com/xhit/go-str2duration/v2 v2.1.0 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	go.uber.org/zap v1.27.0 // indirect
	go.yaml.in/yaml/v2 v2.4.4 // indirect
	golang.org/x/net v0.60.0 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)
