package event_test

import (
	"bytes"
	"testing"
	"time"

	sdk "github.com/cloudevents/sdk-go/protocol/nats_jetstream/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// TestCloudEventsSDK decodes what the CloudEvents SDK for Go makes of an event, after the header has gone over the wire
// as NATS writes and reads it. (A test of the exporter does it with a broker.)
func TestCloudEventsSDK(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 123456789, time.FixedZone("", 3600))
	want := event.Event{
		Kind: event.MessageBot, ID: `50% of "é" <&>`, Source: "/bots/shop?x=%zz", Time: at.UnixNano(), HasTime: true,
		Bot: "shop", Channel: "web", Chat: "c-1", User: "ü", Message: "m-1", Fallback: true,
		Agent: event.Agent{ID: "a-1", Kind: event.KindWorkflow},
	}
	e := cloudevents.New()
	e.SetID(want.ID)
	e.SetSource(want.Source)
	e.SetType("bot.message.bot")
	e.SetTime(at)
	e.SetSubject("chat/c-1")
	e.SetExtension("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	if err := e.SetData(cloudevents.ApplicationJSON, map[string]any{
		"bot": "shop", "channel": "web", "chat": "c-1", "user": "ü", "message": "m-1", "fallback": true,
		"agent": map[string]any{"id": "a-1", "kind": "workflow"},
	}); err != nil {
		t.Fatal(err)
	}
	for name, with := range map[string]func(*testing.T) (nats.Header, []byte){
		"structured": func(t *testing.T) (nats.Header, []byte) {
			var payload bytes.Buffer
			h, err := sdk.WriteMsg(binding.WithForceStructured(t.Context()), binding.ToMessage(&e), &payload)
			if err != nil {
				t.Fatal(err)
			}
			return h, payload.Bytes()
		},
		"binary": func(t *testing.T) (nats.Header, []byte) {
			var payload bytes.Buffer
			h, err := sdk.WriteMsg(binding.WithForceBinary(t.Context()), binding.ToMessage(&e), &payload)
			if err != nil {
				t.Fatal(err)
			}
			if h.Get("ce-specversion") != "1.0" {
				t.Fatalf("not in binary mode: %v", h)
			}
			return h, payload.Bytes()
		},
	} {
		t.Run(name, func(t *testing.T) {
			header, payload := with(t)
			var got event.Event
			if err := event.NewDecoder(event.Config{}).Decode(overTheWire(t, header), payload, &got); err != nil {
				t.Fatalf("%v\n%v\n%s", err, header, payload)
			}
			if got != want {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
		})
	}
}

func overTheWire(t *testing.T, header nats.Header) nats.Header {
	t.Helper()
	if len(header) == 0 {
		return nil
	}
	var wire bytes.Buffer
	wire.WriteString("NATS/1.0\r\n")
	for key, values := range header {
		for _, v := range values {
			wire.WriteString(key + ": " + v + "\r\n")
		}
	}
	wire.WriteString("\r\n")
	got, err := nats.DecodeHeadersMsg(wire.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return got
}
