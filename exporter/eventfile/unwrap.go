package eventfile

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// unwrap returns a message. One that stands in an object with its headers is taken out of it:
//
//	{"subject": "...", "headers": {"ce-id": "1", ...}, "data": {...}}
//	{"message": {"subject": "...", "hdrs": "base64 of NATS/1.0 ...", "data": "base64"}}
//
// The second is what the API of JetStream answers (io.nats.jetstream.api.v1.stream_msg_get_response); data may be base64,
// text or JSON in both.
func unwrap(line int, text []byte) Message {
	m := Message{Line: line, Payload: text}
	if bytes.IndexByte(text, '\n') >= 0 { // nobody publishes the line ends
		v := jsontext.Value(bytes.Clone(text))
		if v.Compact() == nil {
			m.Payload = v
		}
	}
	var w struct {
		SpecVersion jsontext.Value `json:"specversion"`
		Message     jsontext.Value `json:"message"`
		Hdrs        string         `json:"hdrs"`
		Headers     jsontext.Value `json:"headers"`
		Data        jsontext.Value `json:"data"`
	}
	switch err := json.Unmarshal(text, &w); {
	case err != nil || w.SpecVersion != nil:
		return m
	case w.Message.Kind() == '{' && w.Data == nil:
		return unwrap(line, w.Message)
	case w.Data == nil:
		return m
	case w.Hdrs != "":
		block, err := base64.StdEncoding.DecodeString(w.Hdrs)
		if err != nil {
			return m
		}
		m.Header = fromBlock(block)
	case w.Headers.Kind() == '{':
		m.Header = fromObject(w.Headers)
	}
	m.Payload = payload(w.Data)
	return m
}

// payload returns JSON as it is, and what stands in a string as text or base64.
func payload(data jsontext.Value) []byte {
	var text string
	if json.Unmarshal(data, &text) != nil {
		return data
	}
	if b, err := base64.StdEncoding.DecodeString(text); err == nil && !jsontext.Value(text).IsValid() {
		return b
	}
	return []byte(text)
}

// fromBlock reads the lines after NATS/1.0.
func fromBlock(block []byte) map[string][]string {
	header := map[string][]string{}
	_, lines, _ := strings.Cut(string(block), "\r\n")
	for line := range strings.SplitSeq(lines, "\r\n") {
		if name, value, ok := strings.Cut(line, ":"); ok {
			header[name] = append(header[name], strings.TrimSpace(value))
		}
	}
	return header
}

// fromObject reads texts, or lists of texts, by name.
func fromObject(object jsontext.Value) map[string][]string {
	var values map[string]jsontext.Value
	header := map[string][]string{}
	if json.Unmarshal(object, &values) != nil {
		return header
	}
	for name, v := range values {
		var one string
		var list []string
		if json.Unmarshal(v, &one) == nil {
			list = []string{one}
		} else if json.Unmarshal(v, &list) != nil {
			continue
		}
		header[name] = list
	}
	return header
}
