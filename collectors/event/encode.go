package event

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// AppendJSON appends e to dst as a CloudEvent in structured mode without line breaks, which Decode turns into e again;
// prefix is Config.TypePrefix, "bot." when empty. Time is written in UTC, empty fields and those that events of e's
// kind do not have are left out, invalid UTF-8 becomes U+FFFD. It does not validate.
func (e *Event) AppendJSON(dst []byte, prefix string) []byte {
	if prefix == "" {
		prefix = DefaultTypePrefix
	}
	dst = append(dst, `{"specversion":"1.0","id":`...)
	dst = appendText(dst, e.ID)
	dst = append(dst, `,"source":`...)
	dst = appendText(dst, e.Source)
	dst = append(dst, `,"type":`...)
	dst = appendText(dst, prefix)
	dst = append(dst[:len(dst)-1], e.Kind.String()...)
	dst = append(dst, '"')
	if e.HasTime {
		dst = append(dst, `,"time":"`...)
		dst = time.Unix(0, e.Time).UTC().AppendFormat(dst, time.RFC3339Nano)
		dst = append(dst, '"')
	}
	dst = append(dst, `,"data":`...)
	dst = e.AppendData(dst)
	return append(dst, '}')
}

// AppendData appends what AppendJSON writes as data: the payload of a CloudEvent in binary mode, whose attributes are
// headers.
func (e *Event) AppendData(dst []byte) []byte {
	if int(e.Kind) >= numKinds {
		return append(dst, "{}"...)
	}
	return e.appendObject(dst, plans[e.Kind])
}

func (e *Event) appendObject(dst []byte, plan []uint8) []byte {
	dst = append(dst, '{')
	for _, id := range plan {
		f := &fields[id]
		if f.empty(e) {
			continue
		}
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		dst = append(dst, f.Name...)
		dst = append(dst, '"', ':')
		switch f.Type {
		case TypeName, TypeText:
			dst = appendText(dst, *f.text(e))
		case TypeBool:
			dst = append(dst, "true"...)
		case TypeChoice:
			dst = appendText(dst, name(f.Values, *f.code(e)))
		case TypeScore:
			dst = strconv.AppendUint(dst, uint64(*f.code(e)), 10)
		case TypeObject:
			dst = e.appendObject(dst, agentPlan)
		}
	}
	return append(dst, '}')
}

// empty reports whether leaving the field out says the same.
func (f *Field) empty(e *Event) bool {
	switch f.Type {
	case TypeName, TypeText:
		return *f.text(e) == ""
	case TypeBool:
		return !*f.flag(e)
	case TypeChoice:
		code := *f.code(e)
		return code == 0 || code == f.Default
	case TypeScore:
		return *f.code(e) == 0
	}
	return e.Agent == Agent{}
}

func appendText(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			dst, _ = jsontext.AppendQuote(dst, s) // the error says that U+FFFD was put in
			return dst
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}
