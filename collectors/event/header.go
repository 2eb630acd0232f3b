package event

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// mode is how a CloudEvent stands in a message.
type mode uint8

const (
	inStructured mode = iota // the whole event is the payload
	inBinary                 // attributes are headers, data is the payload
	inBatch                  // many events in one payload, which the NATS binding does not have
)

// attribute is a header that carries one.
type attribute struct {
	key   string // as spelled in the message; empty where there is no such header
	value string // undecoded
}

type attributes [numAttributes]attribute

// messageID is the header by which JetStream knows duplicates. It carries no attribute.
const messageID = "Nats-Msg-Id"

// read sorts out a NATS header. Producers follow two dialects, the draft of CloudEvents 1.0.3 and the Go SDK, that
// differ in how they mark the mode: a Content-Type of application/cloudevents makes a message structured, else a
// ce-specversion makes it binary, and a message with neither is structured (the binding of CloudEvents 1.0.2).
func (a *attributes) read(header map[string][]string) mode {
	if _, ok := header[messageID]; len(header) == 0 || len(header) == 1 && ok {
		return inStructured // nearly every message; to walk a map costs several times as much as to ask it
	}
	*a = attributes{}
	var contentType attribute
	for key, values := range header {
		var to *attribute
		switch {
		case len(values) == 0:
			continue
		case strings.EqualFold(key, "content-type"):
			to = &contentType
		case len(key) > 3 && strings.EqualFold(key[:3], "ce-"):
			f := attributeNames.find(strings.ToLower(key[3:]))
			if f == fUnknown || f == fData || f == fDataBase64 {
				continue
			}
			to = &a[f]
		default:
			continue
		}
		// NATS keeps the case of names, so that one header may be there in several spellings, in the random order of a
		// map. The greatest in byte order counts: all lower case, where there is one.
		if key > to.key {
			*to = attribute{key, values[0]}
		}
	}
	const media = "application/cloudevents"
	switch t := strings.Trim(contentType.value, " \t"); {
	case len(t) >= len(media) && strings.EqualFold(t[:len(media)], media):
		if t = t[len(media):]; len(t) >= 6 && strings.EqualFold(t[:6], "-batch") {
			return inBatch
		}
		return inStructured
	case a[fSpecVersion].key != "":
		return inBinary
	}
	return inStructured
}

// Structured reports whether the whole event, or a batch of them, is the payload, and not its data alone.
func Structured(header map[string][]string) bool {
	var a attributes
	return a.read(header) != inBinary
}

// put moves the attributes of a message in binary mode to r.
func (a *attributes) put(r *raw) {
	for f := range a {
		if a[f].key == "" {
			continue
		}
		v := value{plain(a[f].value), '"'}
		if !utf8.ValidString(v.s) {
			v.kind = invalid
		}
		r.put(uint8(f), v)
	}
}

// plain undoes the encoding of a header value: quotes of earlier drafts, then percent-encoding. The Go SDK encodes
// nothing, so what is not a valid encoding stands for itself.
func plain(s string) string {
	s = strings.Trim(s, " \t")
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = unquote(s[1 : len(s)-1])
	}
	if decoded, err := url.PathUnescape(s); err == nil && utf8.ValidString(decoded) {
		return decoded
	}
	return s
}

func unquote(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b = append(b, s[i])
	}
	return alias(b)
}
