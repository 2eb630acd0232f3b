package event

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

const typical = `{"specversion":"1.0","id":"0000000000000006-cca32abe","source":"/bots/bot-016","type":"bot.message.bot",` +
	`"subject":"chat/768543","time":"2026-03-01T00:00:00.003557Z","datacontenttype":"application/json","data":{"bot":"bot-016",` +
	`"channel":"telegram","chat":"c-0000768543","user":"u-0000256181","device":"tablet","browser":"chrome",` +
	`"message":"m-709bf33b20ab561c","reviewable":true,"agent":{"id":"agent-017"}}}`

var (
	binaryHeader = map[string][]string{
		"ce-specversion": {"1.0"}, "ce-id": {"0000000000000006-cca32abe"}, "ce-source": {"/bots/bot-016"}, "ce-type": {"bot.message.bot"},
		"ce-time": {"2026-03-01T00:00:00.003557Z"}, "content-type": {"application/json"},
	}
	binaryPayload = typical[strings.Index(typical, `{"bot"`) : len(typical)-1]
)

// shapes are what producers send, with the allocations that each may cost.
var shapes = []struct {
	name    string
	header  map[string][]string
	payload string
	allocs  float64
}{
	{"structured", nil, typical, 0},
	{"structured-headers", map[string][]string{"Nats-Msg-Id": {"1"}, "Content-Type": {"application/cloudevents+json"}}, typical, 0},
	{"structured-unicode", nil, strings.Replace(typical, "tablet", "Tablette à écran", 1), 0},
	{"binary", binaryHeader, binaryPayload, 0},
	{"escape", nil, strings.Replace(typical, "tablet", `Tablette \u00e0 \u00e9cran`, 1), 10},
	{"nested", nil, strings.Replace(typical, `"data":`, `"trace":{"id":"x","parents":["y","z"]},"data":`, 1), 10},
	{"rejected", nil, strings.Replace(typical, `"message":"`, `"message":7,"x":"`, 1), 1},
	{"malformed", nil, typical[:len(typical)-1], 20},
}

func BenchmarkDecode(b *testing.B) {
	for _, s := range shapes {
		b.Run(s.name, func(b *testing.B) {
			d, payload := NewDecoder(Config{}), []byte(s.payload)
			var e Event
			b.SetBytes(int64(len(payload)))
			b.ReportAllocs()
			for b.Loop() {
				_ = d.Decode(s.header, payload, &e)
			}
		})
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	var e Event
	if err := NewDecoder(Config{}).Decode(nil, []byte(typical), &e); err != nil {
		b.Fatal(err)
	}
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = e.AppendJSON(dst[:0], "")
	}
}

func TestAllocs(t *testing.T) {
	var e Event
	for _, s := range shapes {
		d, payload := NewDecoder(Config{}), []byte(s.payload)
		if got := testing.AllocsPerRun(100, func() { _ = d.Decode(s.header, payload, &e) }); got > s.allocs {
			t.Errorf("%s: %v allocations, want at most %v", s.name, got, s.allocs)
		}
	}
	if err := NewDecoder(Config{}).Decode(nil, []byte(typical), &e); err != nil {
		t.Fatal(err)
	}
	dst := e.AppendJSON(nil, "")
	if got := testing.AllocsPerRun(100, func() { dst = e.AppendJSON(dst[:0], "") }); got > 0 {
		t.Errorf("AppendJSON: %v allocations, want none", got)
	}
}

// TestValidFilesTakeTheFastPath for all shapes of a kind that an SDK would write.
func TestValidFilesTakeTheFastPath(t *testing.T) {
	for _, k := range Kinds() {
		for _, shape := range []string{"minimal", "full"} {
			payload, err := os.ReadFile(fmt.Sprintf("testdata/valid/%s-%s.json", k, shape))
			if err != nil {
				t.Fatal(err)
			}
			if !parseFast(payload, attributeNames, new(raw)) {
				t.Errorf("%s-%s does not", k, shape)
			}
		}
	}
}

// TestHostilePayloads of the largest size must cost memory in proportion only.
func TestHostilePayloads(t *testing.T) {
	var keys strings.Builder
	for i := range DefaultMaxSize / 13 {
		fmt.Fprintf(&keys, `"%07x":1,`, i)
	}
	for name, payload := range map[string]string{
		"keys":        "{" + keys.String()[:keys.Len()-1] + "}",
		"brackets":    strings.Repeat("[", DefaultMaxSize),
		"objects":     strings.Repeat(`{"":`, DefaultMaxSize/4),
		"wide array":  "[" + strings.Repeat("[],", DefaultMaxSize/3-1) + "1]",
		"escapes":     `{"id":"` + strings.Repeat(`\u00e9`, DefaultMaxSize/6-10) + `"}`,
		"digits":      strings.Repeat("1", DefaultMaxSize),
		"white space": strings.Repeat(" ", DefaultMaxSize),
		"open string": `{"` + strings.Repeat("x", DefaultMaxSize-2),
		"bad UTF-8":   `{"` + strings.Repeat("\xff", DefaultMaxSize-4) + `"}`,
	} {
		d, p := NewDecoder(Config{}), []byte(payload)
		if len(p) > DefaultMaxSize {
			t.Fatalf("%s has %d bytes", name, len(p))
		}
		var e Event
		if err := d.Decode(nil, p, &e); err == nil {
			t.Errorf("%s is accepted", name)
		}
		const runs = 10
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			_ = d.Decode(nil, p, &e)
		}
		runtime.ReadMemStats(&after)
		perRun := (after.TotalAlloc - before.TotalAlloc) / runs
		t.Logf("%s: %d KiB", name, perRun>>10)
		if perRun > 16*DefaultMaxSize {
			t.Errorf("%s: %d bytes allocated", name, perRun)
		}
	}
}
