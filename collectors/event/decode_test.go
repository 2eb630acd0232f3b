package event

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// message is one test case: the header in the form that parseHeader reads, and the payload.
type message struct {
	name    string
	header  string
	payload []byte
	want    string // beginning of the verdict, "" for an accepted event
}

// messages gives the files of testdata, whose names say the verdict, and the messages with headers.
func messages(t testing.TB) (all []message) {
	for _, pattern := range []string{"testdata/valid/*.json", "testdata/invalid/*.json"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatal("no files:", pattern, err)
		}
		for _, path := range paths {
			payload, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			m := message{name: path, payload: payload}
			if strings.Contains(path, "invalid") {
				// reason-what.json or reason-field-what.json
				part := strings.Split(strings.TrimSuffix(filepath.Base(path), ".json"), "-")
				m.want = strings.Join(part[:len(part)-1], ": ")
			}
			all = append(all, m)
		}
	}
	return append(all, headerMessages()...)
}

func TestDecode(t *testing.T) {
	for _, m := range messages(t) {
		t.Run(m.name, func(t *testing.T) {
			_, got := checkDecode(t, parseHeader(m.header), m.payload)
			if got != m.want {
				t.Errorf("%s%s\n got %q\nwant %q", m.header, m.payload, got, m.want)
			}
		})
	}
}

func headerMessages() []message {
	const (
		event  = `{"specversion":"1.0","id":"e","source":"s","type":"bot.custom","data":{"bot":"b","channel":"web","event":"x"}}`
		data   = `{"bot":"b","channel":"web","event":"x"}`
		start  = `{"bot":"b","channel":"web","chat":"c","user":"u"}`
		spec   = "ce-specversion:1.0\nce-id:e\nce-source:/s\nce-type:bot.custom\n"
		median = "Content-Type:application/cloudevents"
	)
	return []message{
		{"structured by content type", median + "+json; charset=UTF-8\n", []byte(event), ""},
		{"content type in capitals", "CONTENT-TYPE: Application/CloudEvents+JSON\n", []byte(event), ""},
		{"content type wins over ce-specversion", spec + median + "\n", []byte(event), ""},
		{"content type of data", "content-type:application/json\n", []byte(event), ""},
		{"header of no interest", "Nats-Msg-Id:e\nce-\nce-id\n", []byte(event), ""},
		{"batch", median + "-batch+json\n", []byte("[" + event + "]"), "not_cloudevent"},
		{"batch of an object", median + "-BATCH\n", []byte(event), "not_cloudevent"},
		{"malformed batch", median + "-batch+json\n", []byte("[" + event), "malformed"},
		{"binary", spec, []byte(data), ""},
		{"binary with content-type", spec + "content-type:application/json\n", []byte(data), ""},
		{"binary with all attributes", spec + "ce-time:2026-03-01T09:00:00Z\nce-datacontenttype:application/json\nce-subject:x\nce-data:1\n", []byte(data), ""},
		{"binary in capitals", "CE-SPECVERSION:1.0\nCe-Id:e\ncE-source:/s\nCe-Type:bot.custom\n", []byte(data), ""},
		{"spelled twice", spec + "Ce-Id:\nCE-ID:\n", []byte(data), ""},
		{"first value counts", spec + "ce-id:\nce-id:f\n", []byte(data), ""},
		{"percent-encoded", "ce-specversion:1%2E0\nce-id:Euro%20%E2%82%AC%20%f0%9f%98%80\nce-source:%2Fs\nce-type:bot%2ecustom\n", []byte(data), ""},
		{"not percent-encoded", "ce-specversion:1.0\nce-id:100%\nce-source:/s?%zz%C0%A0\nce-type:bot.custom\n", []byte(data), ""},
		{"quoted", "ce-specversion: \"1.0\" \nce-id:\"a\\\"\\\\%20b\"\nce-source:/s\nce-type:bot.custom\n", []byte(data), ""},
		{"binary with escapes", spec, []byte(`{"bot":"\u0062","channel":"web","event":"x","agent":{"a":[]}}`), ""},
		{"fields of an attribute's name", spec, []byte(`{"bot":"b","channel":"web","event":"x","id":1,"data":2,"specversion":3}`), ""},

		{"binary, old version", "ce-specversion:0.3\n", []byte(data), "not_cloudevent: specversion"},
		{"binary, empty version", "ce-specversion:\n", []byte(event), "not_cloudevent: specversion"},
		{"binary, no id", "ce-specversion:1.0\n", []byte(data), "missing_field: id"},
		{"binary, empty id", "ce-specversion:1.0\nce-id:\n", []byte(data), "missing_field: id"},
		{"binary, id too long", "ce-specversion:1.0\nce-id:" + strings.Repeat("x", 129) + "\n", []byte(data), "invalid_value: id"},
		{"binary, id not UTF-8", "ce-specversion:1.0\nce-id:\xff\n", []byte(data), "invalid_value: id"},
		{"binary, unknown type", "ce-specversion:1.0\nce-id:e\nce-source:s\nce-type:custom\n", []byte(data), "unknown_type: type"},
		{"binary, bad time", spec + "ce-time:yesterday\n", []byte(data), "invalid_value: time"},
		{"binary, empty time", spec + "ce-time:\n", []byte(data), ""},
		{"binary, no data", spec, nil, "missing_field: data"},
		{"binary, data in a header", spec + "ce-data:{}\n", nil, "missing_field: data"},
		{"binary, blank data", spec, []byte(" "), "malformed"},
		{"binary, data not JSON", spec + "content-type:text/plain\n", []byte("hello"), "malformed"},
		{"binary, data not JSON, not even a version", "ce-specversion:7\n", []byte("hello"), "malformed"},
		{"binary, null", spec, []byte("null"), "missing_field: data"},
		{"binary, array", spec, []byte("[]"), "invalid_value: data"},
		{"binary, duplicate field", spec, []byte(`{"bot":"b","bot":"b"}`), "malformed"},
		{"binary, field of data", spec, []byte(`{"bot":"b","channel":"web"}`), "missing_field: data.event"},
		{"data without attributes", "", []byte(start), "not_cloudevent: specversion"},
		{"too large", "", []byte(event + strings.Repeat(" ", DefaultMaxSize)), "too_large"},
		{"just not too large", "", []byte(event + strings.Repeat(" ", DefaultMaxSize-len(event))), ""},
	}
}

func TestBinaryValues(t *testing.T) {
	for _, m := range []struct{ header, id, source string }{
		{"ce-id:Euro%20%E2%82%AC\nce-source:/s\n", "Euro €", "/s"},
		{"ce-id:100%\nce-source:%C0%A0\n", "100%", "%C0%A0"},
		{"Ce-Id:later\nce-id:lower\nCE-ID:capitals\nCE-SOURCE:a\nCe-Source:b\n", "lower", "b"},
	} {
		for range 20 { // the order of a map is random
			e, verdict := checkDecode(t, parseHeader("ce-specversion:1.0\nce-type:bot.custom\n"+m.header), []byte(`{"bot":"b","channel":"web","event":"x"}`))
			if verdict != "" || e.ID != m.id || e.Source != m.source {
				t.Errorf("%q gives %q %q %q", m.header, verdict, e.ID, e.Source)
			}
		}
	}
}

func TestConfig(t *testing.T) {
	d := NewDecoder(Config{TypePrefix: "com.acme.bot.", MaxSize: 200})
	want := Event{Kind: Custom, ID: "e", Source: "s", Bot: "b", Channel: "web", Key: "x"}
	var e Event
	if err := d.Decode(nil, want.AppendJSON(nil, "com.acme.bot."), &e); err != nil || e != want {
		t.Errorf("got %+v %v", e, err)
	}
	if err := d.Decode(nil, want.AppendJSON(nil, ""), &e); err == nil || err.Error() != "unknown_type: type" {
		t.Errorf("another prefix gives %v", err)
	}
	if err := d.Decode(nil, make([]byte, 201), &e); err == nil || err.Error() != "too_large" {
		t.Errorf("201 bytes give %v", err)
	}
}

// Nothing is ever unpacked, whatever a header says of it, so that a bomb is no more than its bytes.
func TestCompressed(t *testing.T) {
	pack := func(b []byte) []byte {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(b); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		return packed.Bytes()
	}
	event := pack((&Event{Kind: Custom, ID: "e", Source: "s", Bot: "b", Channel: "web", Key: "x"}).AppendJSON(nil, ""))
	const gzipped = "Content-Encoding:gzip\n"
	for _, m := range []message{
		{"event", "", event, "malformed"},
		{"event with its encoding", gzipped, event, "malformed"},
		{"event as CloudEvent", gzipped + "Content-Type:application/cloudevents+json\n", event, "malformed"},
		{"binary", gzipped + "ce-specversion:1.0\nce-id:e\nce-source:/s\nce-type:bot.custom\n", pack([]byte(`{"bot":"b","channel":"web","event":"x"}`)), "malformed"},
		{"bomb", gzipped, pack(make([]byte, 8<<20)), "malformed"},
		{"large bomb", gzipped, pack(make([]byte, 128<<20)), "too_large"},
	} {
		if _, got := checkDecode(t, parseHeader(m.header), m.payload); got != m.want {
			t.Errorf("%s of %d bytes: got %q want %q", m.name, len(m.payload), got, m.want)
		}
	}
}
