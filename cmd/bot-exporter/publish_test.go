package main

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	sdk "github.com/cloudevents/sdk-go/protocol/nats_jetstream/v2"
	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/proctest"
)

// The CloudEvents SDK for Go publishes, in both modes.
func TestCloudEventsSDK(t *testing.T) {
	url, _ := broker(t)
	sender, err := sdk.NewSender(url, "BOT_EVENTS", "bot.events.sdk.web", nil, nil)
	require.NoError(t, err)
	defer sender.Close(t.Context())
	client, err := cloudevents.NewClient(sender, cloudevents.WithTimeNow(), cloudevents.WithUUIDs())
	require.NoError(t, err)
	d := serving(t, "--nats.url="+url, "--storage.path="+t.TempDir())
	send := func(ctx context.Context, kind string, data map[string]any) {
		e := cloudevents.NewEvent()
		e.SetID(uuid.NewString())
		e.SetSource("/bots/ü?x=1")
		e.SetType("bot." + kind)
		data["bot"], data["channel"], data["chat"], data["user"] = "sdk", "web", "c-1", "ü"
		require.NoError(t, e.SetData(cloudevents.ApplicationJSON, data))
		require.False(t, cloudevents.IsUndelivered(client.Send(ctx, e)))
	}
	for _, ctx := range []context.Context{binding.WithForceStructured(t.Context()), binding.WithForceBinary(t.Context())} {
		send(ctx, "message.user", map[string]any{})
		send(ctx, "message.bot", map[string]any{"fallback": true})
		send(ctx, "csat.submitted", map[string]any{"score": 4})
		send(ctx, "csat.submitted", map[string]any{"score": 9})
	}
	d.applied(8)
	text := d.kpis()
	require.EqualValues(t, 2, valueIn(text, "bot_messages_total", `bot="sdk"`, `sender="user"`), text)
	require.EqualValues(t, 2, valueIn(text, "bot_fallbacks_total"))
	require.EqualValues(t, 2, valueIn(text, "bot_events_total", `kind="csat.submitted"`))
	require.EqualValues(t, 4, valueIn(text, "bot_csat_score_sum"), "the same vote again is no other one")
	require.EqualValues(t, 2, valueIn(text, "bot_events_rejected_total", `reason="invalid_value"`))
	require.EqualValues(t, 2, valueIn(text, "bot_events_rejected_total"))
	require.Zero(t, valueIn(text, "bot_events_clamped_total"))
}

var snippet = regexp.MustCompile("(?s)<!-- snippet:nats -->\n```sh\n(.*?)```")

// What the README says to publish with is run as it stands there.
func TestReadmeSnippet(t *testing.T) {
	cli := proctest.Tool(t, "NATS_CLI")
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	found := snippet.FindSubmatch(readme)
	require.NotNil(t, found, "the README has no snippet for the nats CLI")
	url, _ := broker(t)
	d := serving(t, "--nats.url="+url, "--storage.path="+t.TempDir())
	for range 3 {
		cmd := exec.Command("sh", "-euc", `nats() { "$CLI" "$@"; }`+"\n"+string(found[1]))
		cmd.Env = append(os.Environ(), "CLI="+cli, "NATS_URL="+url, "XDG_CONFIG_HOME="+t.TempDir(), "HOME="+t.TempDir())
		proctest.Run(t, cmd)
	}
	d.applied(3)
	require.EqualValues(t, 3, d.value("bot_messages_total", `bot="shop"`, `channel="web"`, `sender="user"`), "each has an id of its own")
	require.Zero(t, d.value("bot_events_duplicate_total"))
}

var nodeSnippet = regexp.MustCompile("(?s)<!-- snippet:node -->\n```js\n(.*?)```")

// So is the JavaScript, in Node with the package from the registry.
func TestReadmeNodeSnippet(t *testing.T) {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	found := nodeSnippet.FindSubmatch(readme)
	require.NotNil(t, found, "the README has no snippet for Node")
	dir := t.TempDir()
	install := exec.Command("npm", "install", "--no-audit", "--no-fund", "nats@2")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Skipf("npm cannot install nats: %s", out)
	}
	require.NoError(t, os.WriteFile(dir+"/publish.mjs", found[1], 0o600))
	url, _ := broker(t)
	d := serving(t, "--nats.url="+url, "--storage.path="+t.TempDir())
	for range 3 {
		cmd := exec.Command("node", "publish.mjs")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "NATS_URL="+url)
		proctest.Run(t, cmd)
	}
	d.applied(3)
	require.EqualValues(t, 3, d.value("bot_messages_total", `bot="shop"`, `channel="web"`, `sender="user"`), "each has an id of its own")
	require.Zero(t, d.value("bot_events_duplicate_total"))
}

// The last messages of a stream are checked, with their headers.
func TestCheckStream(t *testing.T) {
	url, nc := broker(t)
	code, out, end := ended(t, "", "check", "--nats", "--nats.url="+url)
	require.Equal(t, 0, code)
	require.Empty(t, out)
	require.Equal(t, "0 events, 0 rejected, 0 hints\n", end)
	for _, id := range []string{"1", "2", "3"} {
		_, err := nc.RequestMsg(&nats.Msg{Subject: "bot.events.shop", Data: []byte(`{"bot":"b","channel":"web","chat":"c"}`),
			Header: nats.Header{"ce-specversion": {"1.0"}, "ce-id": {id}, "ce-source": {"/b"}, "ce-type": {"bot.chat.ended"}, "ce-time": {"noon"}}}, proctest.Patience)
		require.NoError(t, err)
	}
	code, out, end = ended(t, "", "check", "--nats", "--nats.url="+url, "--last=2")
	require.Equal(t, 1, code)
	require.Equal(t, 2, strings.Count(out, "invalid_value: time is \"noon\""))
	require.Contains(t, out, "message 2 on bot.events.shop: ")
	require.Equal(t, "2 events, 2 rejected, 0 hints\n", end)
	code, _, text := ended(t, "", "check", "--nats", "--nats.url="+url, "--nats.stream=NONE")
	require.Equal(t, 1, code)
	require.Contains(t, text, "NONE")
	code, _, text = ended(t, "", "check", "--nats", "--nats.url=nats://127.0.0.1:1")
	require.Equal(t, 1, code)
	require.Contains(t, text, "not connected to NATS at nats://127.0.0.1:1: ")
	require.Contains(t, text, "connection refused")
}

// A command says in its help what each of its flags is for, and the unit or default where there is one.
func TestHelp(t *testing.T) {
	for _, command := range []string{"serve", "demo", "simulate", "replay", "check", "metrics", "check-config", "checkpoint inspect", "checkpoint verify", "checkpoint restore"} {
		code, text, _ := ended(t, "", append(strings.Fields(command), "--help")...)
		require.Equal(t, 0, code, command)
		require.Contains(t, text, "usage: bot-exporter "+command)
	}
	code, text, _ := ended(t, "", "--version")
	require.Equal(t, 0, code)
	require.Contains(t, text, "bot-exporter, version")
	for _, wrong := range [][]string{{"frobnicate"}, {"--nonsense"}, {"replay"}, {"serve", "--on-stream-mismatch=maybe"}} {
		code, _, text = ended(t, "", wrong...)
		require.Equal(t, 2, code, wrong)
		require.Contains(t, text, "try --help")
	}
}

// What is wrong with a flag names the flag, its value and the form, and no function of Go.
func TestFlagErrors(t *testing.T) {
	for args, says := range map[string]string{
		"serve --nats.create-replicas=9":     "--nats.create-replicas=9: ",
		"serve --checkpoint.interval=soon":   `--checkpoint.interval is "soon"; it must be a duration`,
		"serve --time.zone=Mars":             `--time.zone is "Mars"; it must be an IANA time zone`,
		"demo --speed=x":                     "--speed=x: it must be a number",
		"demo --web.listen-address=nonsense": "--web.listen-address: ",
		"check --last=-1 x":                  "--last=-1: it must be a number",
		"health --timeout=3":                 "--timeout=3: it must be a duration such as 3s",
		"health nowhere":                     `"nowhere" is no URL`,
		"simulate --rate=-1":                 "--rate=-1 must be a number greater than 0",
	} {
		code, _, text := ended(t, "", strings.Fields(args)...)
		require.NotZero(t, code, args)
		require.Contains(t, text, says)
		require.NotContains(t, text, "strconv")
	}
}

// Every flag can be set by the environment.
func TestFlagsFromEnvironment(t *testing.T) {
	t.Setenv("BOT_EXPORTER_TIME_ZONE", "Mars/Olympus")
	code, _, text := ended(t, "", "check-config")
	require.Equal(t, 1, code)
	require.Contains(t, text, "Mars/Olympus")
}

// While the exporter runs, events keep their own times; one sent too late is counted as clamped.
func TestSimulateToBroker(t *testing.T) {
	url, _ := broker(t)
	d := serving(t, "--nats.url="+url, "--storage.path="+t.TempDir())
	code, _, text := ended(t, "", "simulate", "--nats.url="+url, "--seed=3", "--events=400", "--speed=1", "--start="+time.Now().Add(-12*time.Hour).Format(time.RFC3339))
	require.Equal(t, 0, code, text)
	d.applied(400)
	require.Positive(t, d.value("bot_messages_total"))
}

// Without a server the cause is the connection, not what a client that was never connected believes of its server.
func TestSimulateWithoutBroker(t *testing.T) {
	code, _, text := ended(t, "", "simulate", "--nats.url=127.0.0.1:1", "--rate=1000", "--events=1")
	require.Equal(t, 1, code)
	require.Contains(t, text, "not connected to NATS")
	require.NotContains(t, text, "headers not supported")
}
