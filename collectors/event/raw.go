package event

import "github.com/go-json-experiment/json/jsontext"

// value is a JSON value of a known field as it stood in the message. Nothing has been judged yet but its syntax.
type value struct {
	s    string        // a string's content or a number's literal; empty for all others
	kind jsontext.Kind // 0 for an absent field
}

// isNone reports whether v counts as absent.
func (v value) isNone() bool { return v.kind == 0 || v.kind == 'n' }

// isEmpty is isNone for a text: an empty one counts as absent, too.
func (v value) isEmpty() bool { return v.isNone() || v.kind == '"' && v.s == "" }

// invalid is the kind of an attribute that cannot be read, such as a header that is not UTF-8: like one of the wrong
// JSON type.
const invalid jsontext.Kind = '['

// raw is a parsed message. The fast and the slow parser produce it and only judge evaluates it, so that a rule exists once
// and the order of keys in the JSON cannot matter.
type raw struct {
	root   jsontext.Kind // kind of the whole payload
	seen   uint64        // bit f: field f is there; other elements of values are left from earlier messages
	values [len(fields)]value
}

// One bit of raw.seen for each field.
const _ = uint(64 - len(fields))

// put reports false for a field that is already there.
func (r *raw) put(f uint8, v value) bool {
	if r.seen>>f&1 != 0 {
		return false
	}
	r.seen |= 1 << f
	r.values[f] = v
	return true
}

func (r *raw) get(f uint8) value {
	if r.seen>>f&1 == 0 {
		return value{}
	}
	return r.values[f]
}

// inner gives the keys of the object in field f, or nil where nothing in it is of interest.
func inner(f uint8) *names {
	switch f {
	case fData:
		return dataNames
	case fAgent:
		return agentNames
	}
	return nil
}
