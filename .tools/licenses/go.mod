module github.com/bot-exporter/bot-exporter/.tools/licenses

go 1.26.0

require (
	github.com/google/licensecheck v0.3.1
	golang.org/x/mod v0.42.0
)
