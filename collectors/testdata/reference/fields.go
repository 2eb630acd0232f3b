package reference

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// fieldReader reads fields of one object and keeps the first fault. A field that is null is absent.
type fieldReader struct {
	object object
	fault  reason
}

func (r *fieldReader) fail(why reason) {
	if r.fault == "" {
		r.fault = why
	}
}

// value reads a field of any type. The second result is false when there is none.
func (r *fieldReader) value(field string, required bool) (any, bool) {
	value := r.object[field]
	if value == nil && required {
		r.fail(missingField)
	}
	return value, value != nil
}

// text reads a string of any length; an empty one in an optional field is absent.
func (r *fieldReader) text(field string, required bool) (string, bool) {
	value, present := r.value(field, required)
	if !present {
		return "", false
	}
	text, ok := value.(string)
	if !ok {
		r.fail(invalidValue)
		return "", false
	}
	return text, text != "" || required
}

// name reads an id or a name: 1 to 128 bytes, else an invalid value; empty where required, a missing field.
func (r *fieldReader) name(field string, required bool) string {
	name, present := r.text(field, required)
	switch {
	case !present:
	case name == "":
		r.fail(missingField)
	case len(name) > 128:
		r.fail(invalidValue)
	}
	return name
}

// oneOf reads a value of a closed list; otherwise is what an absent one means, and empty if the field is required.
//
// Decision: an empty string in a required field is a missing field, as with ids and names.
func (r *fieldReader) oneOf(field, otherwise string, required bool, list []string) string {
	value, present := r.text(field, required)
	switch {
	case !present:
		return otherwise
	case value == "":
		r.fail(missingField)
	case !slices.Contains(list, value):
		r.fail(invalidValue)
	}
	return value
}

func (r *fieldReader) flag(field string) bool {
	value, present := r.value(field, false)
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
	value, present := r.value("agent", required)
	if !present {
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

// score is a JSON number with a whole value from 1 to 5, however it is written: 5, 5.0, 0.5e1.
func (r *fieldReader) score() int {
	value, present := r.value("score", true)
	if !present {
		return 0
	}
	number, _ := value.(json.Number)
	digits, exponent := scientific(number.String())
	if exponent != 0 || len(digits) != 1 || digits < "1" || digits > "5" {
		r.fail(invalidValue)
		return 0
	}
	return int(digits[0] - '0')
}

// scientific takes a JSON number apart: digits, with the sign but without zeros at either end, times 10 to the exponent.
func scientific(number string) (digits string, exponent int) {
	mantissa, power, _ := strings.Cut(strings.ToLower(number), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits = strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "", 0
	}
	exponent, err := strconv.Atoi(power)
	if err != nil && power != "" {
		return digits, exponent // beyond an int: never whole and small
	}
	exponent -= len(fraction)
	for strings.HasSuffix(digits, "0") {
		digits = strings.TrimSuffix(digits, "0")
		exponent++
	}
	return digits, exponent
}
