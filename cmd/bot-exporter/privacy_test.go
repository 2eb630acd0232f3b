package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// planted marks everything of an event that tells who somebody is, and seen a label: what is searched must contain that.
const (
	planted = "planted"
	seen    = "looked-at"
)

// confidential are events, good and bad, that say a lot about persons. Nothing is planted where the contract makes a label
// of it: titles, agents, keys of events, devices, browsers, and the name of a browser in a user agent.
func confidential() []string {
	const attributes = `"specversion":"1.0","source":"/planted-source","plantedext":"planted-extension"`
	const who = `"bot":"looked-at","channel":"web","chat":"planted-chat","user":"planted-user","language":"planted-language","env":"planted-env",` +
		`"user_agent":"Mozilla/5.0 (Windows NT 10.0; planted-system) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.planted Safari/537.36 (planted)",` +
		`"email":"planted@example.org","text":"planted words"`
	n := 0
	of := func(kind, more string) string {
		n++
		return fmt.Sprintf(`{%s,"id":"planted-id-%d","type":"bot.%s","data":{%s%s}}`, attributes, n, kind, who, more)
	}
	click := of("element.clicked", `,"element":"link","target":"url","title":"t","destination":"https://planted-name:planted-password@host.example/path?planted-query=1#planted-fragment"`)
	return []string{
		of("chat.started", ""), of("message.user", `,"message":"planted-message"`), of("message.bot", `,"message":"planted-message","agent":{"id":"looked-at"}`),
		of("message.operator", `,"message":"planted-message","operator_name":"planted-operator"`), of("handover.requested", ""),
		of("handover.accepted", `,"operator":"planted-operator"`), of("feedback.given", `,"message":"planted-message","rating":"positive"`),
		of("csat.offered", ""), of("csat.submitted", `,"score":5`), click, click, // once more: a duplicate
		of("agent.triggered", `,"agent":{"id":"looked-at"}`), of("custom", `,"event":"looked-at"`), of("chat.ended", ""),
		// From here on, none can be applied.
		`{"planted`, `planted`, `["planted"]`, of("message.user", `,"message":"planted-message`), of("planted", ""),
		of("feedback.given", `,"message":"planted-message","rating":"planted-rating"`), of("message.user", `,"message":{"planted":1}`),
		of("element.clicked", `,"element":"link","operator":"planted-operator"`), of("message.user", `,"message":"`+strings.Repeat("planted", 10_000)+`"`),
		`{` + attributes + `,"id":"planted","type":"bot.message.user","data":{"user":"planted-user"}}`,
		`{"specversion":"planted","id":"planted","source":"planted","type":"bot.message.user","data":{}}`,
	}
}

// Nothing that tells who somebody is leaves the exporter or stays in its files: not on any page in any format, not in the
// log, not in checkpoints, not in what the commands say.
func TestNothingPersonalGetsOut(t *testing.T) {
	dir := t.TempDir()
	key := file(t, "users.key", "000102030405060708090a0b0c0d0e0f\n")
	flags := []string{"--nats.embedded", "--nats.embedded.address=127.0.0.1:0", "--storage.path=" + dir, "--users.key-file=" + key,
		"--log.level=debug", "--web.enable-lifecycle", "--checkpoint.interval=50ms"}
	d := serving(t, flags...)
	d.Ready()
	nc, err := nats.Connect(d.Find(embedded))
	require.NoError(t, err)
	defer nc.Close()
	js, err := nc.JetStream()
	require.NoError(t, err)
	sent := 0
	for i, e := range confidential() {
		_, err := js.Publish(fmt.Sprint("bot.events.planted-subject.", i), []byte(e))
		require.NoError(t, err)
		sent++
	}
	for _, kind := range []string{"bot.message.user", "planted-type"} { // binary mode
		_, err = js.PublishMsg(&nats.Msg{Subject: "bot.events.planted", Data: []byte(`{"bot":"looked-at","channel":"web","chat":"planted","user":"planted"}`), Header: nats.Header{
			"Content-Type": {"application/json"}, "ce-specversion": {"1.0"}, "ce-id": {"planted" + kind}, "ce-source": {"/planted"}, "ce-type": {kind}, "X-Planted": {"planted"},
		}})
		require.NoError(t, err)
		sent++
	}
	d.applied(uint64(sent))
	require.Equal(t, 14.0, d.value("bot_events_total"))
	require.Equal(t, 1.0, d.value("bot_events_duplicate_total"))
	require.Equal(t, float64(sent-15), d.value("bot_events_rejected_total"))
	require.Equal(t, 1.0, d.value("bot_clicks_total", `destination="https://host.example/path"`))

	clean := func(where, text string, shows bool) {
		t.Helper()
		if at := strings.Index(strings.ToLower(text), planted); at >= 0 {
			require.Fail(t, "personal data", "%s: ...%q...", where, text[max(0, at-80):min(len(text), at+80)])
		}
		require.NotContains(t, text, "000102030405060708090a0b0c0d0e0f")
		require.Equal(t, shows, strings.Contains(text, seen), where)
	}
	for _, accept := range []string{
		"", "text/plain;version=1.0.0;escaping=allow-utf-8", "application/openmetrics-text;version=1.0.0",
		"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
		"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
	} {
		_, text := d.ask(http.MethodGet, "/metrics", accept)
		clean("/metrics as "+accept, text, true)
	}
	for _, r := range [][2]string{
		{"GET", "/"}, {"GET", "/-/ready"}, {"GET", "/-/healthy"}, {"GET", "/-/digests"}, {"GET", "/nothing"}, {"GET", "/debug/pprof/"},
		{"POST", "/metrics"}, {"DELETE", "/-/ready"}, {"GET", "/-/reload"}, {"POST", "/-/reload"},
	} {
		_, text := d.ask(r[0], r[1], "")
		if r[1] == "/" { // the list of rejected events shows subjects, and nothing else of a message
			require.Contains(t, text, "bot.events.planted")
			text = strings.ReplaceAll(text, "bot.events.planted", "")
		}
		clean(r[0]+" "+r[1], text, r[1] == "/")
		require.NotContains(t, text, "goroutine ")
		require.NotContains(t, text, ".go:")
	}
	saved := func() {
		t.Helper()
		files := checkpoints(t, dir)
		require.NotEmpty(t, files)
		for i, name := range files {
			b, err := os.ReadFile(name)
			require.NoError(t, err)
			clean(name, string(b), i == len(files)-1 || strings.Contains(string(b), seen)) // older ones may be of before
		}
	}
	d.Until("a checkpoint has it", func() bool {
		files := checkpoints(t, dir)
		return len(files) > 0 && strings.HasSuffix(files[len(files)-1], fmt.Sprintf("%020d.snap", sent))
	})
	nc.Close()
	require.Equal(t, 0, d.End(syscall.SIGTERM))
	saved()
	require.Contains(t, d.Err.String(), "level=DEBUG")
	clean("log", d.Err.String()+d.Out.String(), false)

	_, out, text := ended(t, "", "checkpoint", "inspect", dir)
	clean("checkpoint inspect", out+text, false)
	code, out, text := ended(t, "planted-user\nplanted-nobody\n", "users", "erase", "--bot=looked-at", "--storage.path="+dir, "--users.key-file="+key)
	require.Equal(t, 0, code, text)
	clean("users erase", out+text, false)
	saved()
}

// ask reads a page with any method; of formats, the one asked for.
func (d *served) ask(method, path, accept string) (status int, body string) {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), method, d.URL()+path, http.NoBody)
	require.NoError(d.t, err)
	req.Header.Set("Accept", accept)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(d.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(d.t, err)
	return resp.StatusCode, string(b)
}
