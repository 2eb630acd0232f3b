package reference

import (
	"encoding/json"
	"slices"
)

// fieldReader reads fields of one object and keeps the first fault.
type fieldReader struct {
	object object
	fault  reason
}

func (r *fieldReader) fail(why reason) {
	if r.fault == "" {
		r.fault = why
	}
}

// text reads a string of any length. The second result is false when there is none.
func (r *fieldReader) text(field string, required bool) (string, bool) {
	value, present := r.object[field]
	if !present {
		if required {
			r.fail(missingField)
		}
		return "", false
	}
	text, ok := value.(string)
	if !ok {
		r.fail(invalidValue)
	}
	return text, ok
}

// name reads an id or a name: 1 to 128 bytes.
func (r *fieldReader) name(field string, required bool) string {
	name, present := r.text(field, required)
	switch {
	case !present:
	case name == "" && required:
		r.fail(missingField)
	case name == "" || len(name) > 128:
		r.fail(invalidValue)
	}
	return name
}

// oneOf reads a value of a closed list; otherwise is what an absent one means, and empty if the field is required.
//
// Decision: an empty string is a value outside the list (invalid_value) even where the field is required: it is no id or name.
func (r *fieldReader) oneOf(field, otherwise string, required bool, list []string) string {
	value, present := r.text(field, required)
	if !present {
		return otherwise
	}
	if !slices.Contains(list, value) {
		r.fail(invalidValue)
	}
	return value
}

func (r *fieldReader) flag(field string) bool {
	value, present := r.object[field]
	if !present {
		return false
	}
	flag, ok := value.(bool)
	if !ok {
		r.fail(invalidValue)
	}
	return flag
}

func (r *fieldReader) agent(required bool) *agent {
	value, present := r.object["agent"]
	if !present {
		if required {
			r.fail(missingField)
		}
		return nil
	}
	members, ok := value.(object)
	if !ok {
		r.fail(invalidValue)
		return nil
	}
	inner := &fieldReader{object: members}
	a := &agent{id: inner.name("id", true), name: inner.name("name", false), kind: inner.oneOf("kind", "agent", false, agentKinds)}
	if inner.fault != "" {
		r.fail(inner.fault)
	}
	return a
}

// score is one of the literals 1 to 5: 5.0 and 5e0 are other literals.
func (r *fieldReader) score() int {
	value, present := r.object["score"]
	if !present {
		r.fail(missingField)
		return 0
	}
	number, _ := value.(json.Number)
	if i := slices.Index([]json.Number{"1", "2", "3", "4", "5"}, number); i >= 0 {
		return i + 1
	}
	r.fail(invalidValue)
	return 0
}
