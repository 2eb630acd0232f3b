package event

import (
	"errors"
	"strings"
	"testing"
)

// tester is a *testing.T or a *rapid.T.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

// compareParsers checks that what the fast parser accepts is what the slow one makes of it.
func compareParsers(t tester, payload []byte, scope *names) {
	t.Helper()
	var fast, slow raw
	if !parseFast(payload, scope, &fast) {
		return
	}
	if !new(slowParser).parse(payload, scope, &slow) {
		t.Fatalf("the fast parser alone accepts %q", payload)
	}
	if fast.root != slow.root || fast.seen != slow.seen {
		t.Fatalf("the parsers differ on %q", payload)
	}
	for f := range fields {
		if a, b := fast.get(uint8(f)), slow.get(uint8(f)); a != b {
			t.Fatalf("the parsers differ on %s of %q: %v and %v", fields[f].Path(), payload, a, b)
		}
	}
}

// decode gives the verdict as Reject.Error does, "" for an accepted event.
func decode(t tester, header map[string][]string, payload []byte) (e Event, verdict string) {
	t.Helper()
	err := NewDecoder(Config{}).Decode(header, payload, &e)
	if err == nil {
		return e, ""
	}
	var r *Reject
	if !errors.As(err, &r) || r.Reason.String() == "" {
		t.Fatalf("Decode(%q, %q) gives the error %#v", header, payload, err)
	}
	return Event{}, err.Error()
}

// checkDecode compares with the oracle, and that an accepted event survives AppendJSON.
func checkDecode(t tester, header map[string][]string, payload []byte) (Event, string) {
	t.Helper()
	compareParsers(t, payload, attributeNames)
	compareParsers(t, payload, dataNames)
	e, verdict := decode(t, header, payload)
	want, wantVerdict := oracle(header, payload)
	if verdict != wantVerdict {
		t.Fatalf("%q %q\n got %q\nwant %q", header, payload, verdict, wantVerdict)
	}
	if verdict != "" {
		return e, verdict
	}
	if e != want {
		t.Fatalf("%q %q\n got %+v\nwant %+v", header, payload, e, want)
	}
	again, verdict2 := decode(t, nil, e.AppendJSON(nil, ""))
	// Escapes may make it too large.
	if verdict2 != "" && verdict2 != "too_large" || verdict2 == "" && again != e {
		t.Fatalf("%+v\nbecame %q\n%+v %q", e, e.AppendJSON(nil, ""), again, verdict2)
	}
	return e, ""
}

func FuzzDecode(f *testing.F) {
	for _, m := range messages(f) {
		if len(m.payload) < 4096 { // long ones slow the fuzzer down
			f.Add(m.header, m.payload)
		}
	}
	f.Fuzz(func(t *testing.T, header string, payload []byte) {
		checkDecode(t, parseHeader(header), payload)
	})
}

// parseHeader reads lines of "name: value"; a line without a colon has no values.
func parseHeader(s string) map[string][]string {
	var h map[string][]string
	for line := range strings.Lines(s) {
		key, value, found := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		if h == nil {
			h = map[string][]string{}
		}
		h[key] = h[key][:len(h[key]):len(h[key])]
		if found {
			h[key] = append(h[key], value)
		}
	}
	return h
}
