package reference

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"
)

const maxDepth = 64

// object is a JSON object. Values are string, json.Number, bool, nil, object or []any.
type object map[string]any

// parse reads one JSON text strictly: valid UTF-8, nothing behind it, no name twice in an object (compared after unescaping), and
// at most 64 objects and arrays in each other.
//
// Decision: an escaped half of a surrogate pair ("\ud800") is valid UTF-8 and JSON, so it is no fault; it reads as U+FFFD.
func parse(line []byte) (any, error) {
	if !utf8.Valid(line) {
		return nil, errors.New("invalid UTF-8")
	}
	if !json.Valid(line) {
		return nil, errors.New("not exactly one JSON text")
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	return parseValue(dec, 1)
}

func parseValue(dec *json.Decoder, depth int) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	if token != json.Delim('{') && token != json.Delim('[') {
		return token, nil
	}
	if depth > maxDepth {
		return nil, errors.New("nested too deep")
	}
	if token == json.Delim('[') {
		return parseArray(dec, depth)
	}
	return parseObject(dec, depth)
}

func parseArray(dec *json.Decoder, depth int) (any, error) {
	array := []any{}
	for dec.More() {
		value, err := parseValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		array = append(array, value)
	}
	_, err := dec.Token() // the closing bracket
	return array, err
}

func parseObject(dec *json.Decoder, depth int) (any, error) {
	members := object{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name, ok := token.(string)
		if !ok {
			return nil, fmt.Errorf("name is %v", token)
		}
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("name %q twice", name)
		}
		if members[name], err = parseValue(dec, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token() // the closing brace
	return members, err
}

var rfc3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// parseTime reads RFC 3339, which time.Parse alone does not: it takes a comma before fractions and an hour of one digit.
//
// Decision: T and Z are in upper case and no second is a leap second, though the RFC allows these.
func parseTime(text string) (time.Time, error) {
	if !rfc3339.MatchString(text) {
		return time.Time{}, fmt.Errorf("%q is not RFC 3339", text)
	}
	return time.Parse(time.RFC3339, text)
}
