package reference

import (
	"bytes"
	"encoding/base64"
	"mime"
	"net/url"
	"strings"
	"time"
)

// Message is one message of a stream. Without a header it is a structured event.
type Message struct {
	Stored  time.Time
	Header  map[string][]string
	Payload []byte
}

// TickHeader on a message without payload makes it a tick.
const TickHeader = "Bot-Tick"

// IsTick reports whether a message is a tick.
func (m Message) IsTick() bool { return len(m.Payload) == 0 && len(m.Header[TickHeader]) > 0 }

// Messages gives the lines of NDJSON the stored times that the replay command gives them.
func Messages(ndjson []byte) []Message {
	messages := []Message{}
	before := time.Unix(0, 0).UTC()
	for _, line := range splitLines(ndjson) {
		before = storedTime(line, before)
		messages = append(messages, Message{Stored: before, Payload: line})
	}
	return messages
}

func splitLines(ndjson []byte) [][]byte {
	if len(ndjson) == 0 {
		return nil
	}
	return bytes.Split(bytes.TrimSuffix(ndjson, []byte("\n")), []byte("\n"))
}

// storedTime of a line: the attribute storedtime, else time, else that of the line before.
//
// Decision: a storedtime that is no RFC 3339 string is as if absent (and no reason to reject), likewise time for this purpose.
// Decision: the envelope is looked at whatever the message is rejected for (too large, no CloudEvent, ...), unless it is
// malformed: then it is no JSON and has the stored time of the line before.
func storedTime(line []byte, before time.Time) time.Time {
	document, err := parse(line)
	envelope, isObject := document.(object)
	if err != nil || !isObject {
		return before
	}
	for _, attribute := range []string{"storedtime", "time"} {
		if text, ok := envelope[attribute].(string); ok {
			if t, err := parseTime(text); err == nil {
				return t
			}
		}
	}
	return before
}

// header finds a header whatever the case of its name.
func (m Message) header(name string) (string, bool) {
	for have, values := range m.Header {
		if strings.EqualFold(have, name) && len(values) > 0 {
			return values[0], true
		}
	}
	return "", false
}

// isBinary: attributes in headers, data as payload. A message whose content type says CloudEvents is structured, and so is one
// without the header of the attribute specversion.
func (m Message) isBinary() bool {
	contentType, _ := m.header("content-type")
	if strings.HasPrefix(strings.ToLower(contentType), "application/cloudevents") {
		return false
	}
	_, ok := m.header("ce-specversion")
	return ok
}

// envelope returns the attributes and data of a binary message as a structured one would hold them. Values may be percent-encoded.
func (m Message) envelope() (object, error) {
	members := object{}
	for name, values := range m.Header {
		attribute, ok := strings.CutPrefix(strings.ToLower(name), "ce-")
		if !ok || len(values) == 0 {
			continue
		}
		members[attribute] = values[0]
		if decoded, err := url.PathUnescape(values[0]); err == nil {
			members[attribute] = decoded
		}
	}
	delete(members, "data") // only the payload is data
	delete(members, "data_base64")
	if len(m.Payload) == 0 {
		return members, nil
	}
	data, err := parse(m.Payload)
	members["data"] = data
	return members, err
}

// isJSON reports whether a content type is JSON; an absent one is.
func isJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	_, subtype, _ := strings.Cut(mediaType, "/")
	return err == nil && (subtype == "json" || strings.HasSuffix(subtype, "+json"))
}

// decodeBase64 reads the JSON that stands in data_base64.
func decodeBase64(text string) (any, error) {
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	return parse(decoded)
}
