package eventfile

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter/simulate"
)

func messages(t *testing.T, text string) (list []string) {
	t.Helper()
	require.NoError(t, Read(strings.NewReader(text), func(m Message) error {
		list = append(list, fmt.Sprintf("%d %s", m.Line, m.Payload))
		return nil
	}))
	return list
}

func TestForms(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                    nil,
		"\n \n\t\r\n":                         nil,
		"{}\r\n\n{\"a\":1}":                   {"1 {}", `3 {"a":1}`},
		"[{},{}]":                             {"1 {}", "1 {}"},
		"[\n  {\n    \"a\": 1\n  },\n  {}\n]": {`2 {"a":1}`, "5 {}"},
		"{\n\"a\": [1,\n {\"b\": \"}\\\"{\"}]}\n{}": {`1 {"a":[1,{"b":"}\"{"}]}`, "4 {}"},
		"{}{}":                       {"1 {}", "1 {}"},
		"nonsense\n{}":               {"1 nonsense", "2 {}"},
		"\"x\"\n5":                   {`1 "x"`, "2 5"},
		"{\"a\": \"x\n{}":            {`1 {"a": "x`, "2 {}"},
		"{\"a\":\n{\"specversion\"}": {`1 {"a":`, `2 {"specversion"}`},
		"{\"a\"":                     {`1 {"a"`},
		"\uFEFF{}\n\uFEFF{}":         {"1 {}", "2 \uFEFF{}"},
		"\uFEFF":                     nil,
	} {
		require.Equal(t, want, messages(t, text), "%q", text)
	}
}

func TestHeaders(t *testing.T) {
	block := base64.StdEncoding.EncodeToString([]byte("NATS/1.0\r\nce-id: 7\r\nX: a:b\r\n\r\n"))
	data := base64.StdEncoding.EncodeToString([]byte(`{"bot":"b"}`))
	for _, text := range []string{
		`{"type":"io.nats.jetstream.api.v1.stream_msg_get_response","message":{"subject":"s","seq":3,"hdrs":"` + block + `","data":"` + data + `"}}`,
		`{"subject":"s","seq":3,"hdrs":"` + block + `","data":"` + data + `"}`,
		`{"subject":"s","headers":{"ce-id":"7","X":["a:b"]},"data":{"bot":"b"}}`,
		`{"subject":"s","headers":{"ce-id":["7"],"X":"a:b"},"data":"{\"bot\":\"b\"}"}`,
	} {
		require.NoError(t, Read(strings.NewReader(text), func(m Message) error {
			require.Equal(t, map[string][]string{"ce-id": {"7"}, "X": {"a:b"}}, m.Header, text)
			require.Equal(t, `{"bot":"b"}`, string(m.Payload))
			return nil
		}))
	}
}

// The same events are read from one line each, pretty-printed, and from an array.
func TestFormsAreEqual(t *testing.T) {
	sim := simulate.New(simulate.Config{Seed: 1, Start: time.Unix(1_800_000_000, 0)})
	var lines, pretty, array bytes.Buffer
	array.WriteString("[")
	for i := range 2000 {
		_, e := sim.Next()
		v := jsontext.Value(e.AppendJSON(nil, ""))
		fmt.Fprintf(&lines, "%s\n", v)
		require.NoError(t, v.Indent())
		fmt.Fprintf(&pretty, "%s\n", v)
		if i > 0 {
			array.WriteString(",")
		}
		array.Write(v)
	}
	array.WriteString("]")
	read := func(in *bytes.Buffer) (list []string) {
		require.NoError(t, Read(in, func(m Message) error { list = append(list, string(m.Payload)); return nil }))
		return list
	}
	want := read(&lines)
	require.Len(t, want, 2000)
	require.Equal(t, want, read(&pretty))
	require.Equal(t, want, read(&array))
}

func TestErrorsOfTheReader(t *testing.T) {
	failed := errors.New("failed")
	require.ErrorIs(t, Read(strings.NewReader("{}"), func(Message) error { return failed }), failed)
}

// Nothing of a file vanishes but blanks and what makes an array, and nothing panics.
func FuzzRead(f *testing.F) {
	for _, text := range []string{"{}\n[{}]", "{\"a\n\":1}", "x", `{"headers":{},"data":1}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		require.NoError(t, Read(strings.NewReader(text), func(m Message) error {
			require.GreaterOrEqual(t, m.Line, last)
			last = m.Line
			return nil
		}))
		require.LessOrEqual(t, last, strings.Count(text, "\n")+1)
	})
}
