package event

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"
)

// parseFast parses a payload whose keys are those of scope. It handles only what producers usually send: no escapes, no
// nested values except the known ones, at most maxUnknown unknown keys in an object. On everything else, malformed
// JSON included, it reports false and slowParser decides. So it may give up at any point, but what it accepts must be
// what slowParser accepts, with the same values. FuzzDecode checks that.
//
// The strings of r alias the payload.
func parseFast(payload []byte, scope *names, r *raw) bool {
	s := scanner{b: payload, r: r}
	if s.peek() != '{' {
		return false
	}
	r.root = '{'
	s.i++
	return s.object(scope) && s.peek() == 0 && s.i == len(s.b) &&
		(s.wide == 0 || utf8.Valid(payload)) // outside of strings there is ASCII only
}

const maxUnknown = 8

type scanner struct {
	b    []byte
	i    int    // next byte
	wide uint64 // not 0 once a string had a byte outside of ASCII
	r    *raw
}

// peek skips white space and gives the next byte, or 0 at the end.
func (s *scanner) peek() byte {
	for s.i < len(s.b) {
		c := s.b[s.i]
		if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
		s.i++
	}
	return 0
}

// object reads an object behind its brace.
func (s *scanner) object(scope *names) bool {
	var unknown [maxUnknown]string
	n := 0
	c := s.peek()
	if c == '}' {
		s.i++
		return true
	}
	for {
		if c != '"' {
			return false
		}
		key, ok := s.text()
		if !ok || s.peek() != ':' {
			return false
		}
		s.i++
		f := scope.find(key)
		if f == fUnknown {
			for _, u := range unknown[:n] {
				if u == key {
					return false
				}
			}
			if n == maxUnknown {
				return false
			}
			unknown[n] = key
			n++
		}
		if !s.value(f) {
			return false
		}
		switch s.peek() {
		case ',':
			s.i++
			c = s.peek()
		case '}':
			s.i++
			return true
		default:
			return false
		}
	}
}

// value reads the value of field f into r.
func (s *scanner) value(f uint8) bool {
	v, ok := value{}, false
	c := s.peek()
	switch c {
	case '"':
		v.s, ok = s.text()
	case 't':
		ok = s.literal("true")
	case 'f':
		ok = s.literal("false")
	case 'n':
		ok = s.literal("null")
	case '{':
		scope := inner(f)
		if scope == nil {
			return false
		}
		s.i++
		return s.r.put(f, value{kind: '{'}) && s.object(scope)
	default:
		v.s, ok = s.number()
		c = '0'
	}
	v.kind = jsontext.Kind(c)
	return ok && (f == fUnknown || s.r.put(f, v))
}

func (s *scanner) literal(l string) bool {
	if len(s.b)-s.i < len(l) || string(s.b[s.i:s.i+len(l)]) != l {
		return false
	}
	s.i += len(l)
	return true
}

// number reads a number's literal. What follows it is up to the caller, who finds the 1 of "01" there.
func (s *scanner) number() (string, bool) {
	from := s.i
	if s.at('-') {
		s.i++
	}
	if s.at('0') {
		s.i++
	} else if !s.digits() {
		return "", false
	}
	if s.at('.') {
		s.i++
		if !s.digits() {
			return "", false
		}
	}
	if s.at('e') || s.at('E') {
		s.i++
		if s.at('-') || s.at('+') {
			s.i++
		}
		if !s.digits() {
			return "", false
		}
	}
	return alias(s.b[from:s.i]), true
}

func (s *scanner) at(c byte) bool { return s.i < len(s.b) && s.b[s.i] == c }

func (s *scanner) digits() bool {
	from := s.i
	for s.i < len(s.b) && s.b[s.i]-'0' < 10 {
		s.i++
	}
	return s.i > from
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// text reads a string, from its opening to behind its closing quote, eight bytes at a time.
func (s *scanner) text() (string, bool) {
	b, from := s.b, s.i+1
	for i := from; ; i += 8 {
		if len(b)-i < 8 {
			return s.textEnd(from, i)
		}
		x := binary.LittleEndian.Uint64(b[i:])
		// The high bit of each byte that is a control character, a quote or a backslash. A borrow may set further
		// bits, but above the lowest true one only, and the lowest is all that is used.
		stop := ((x - ones*' ') | ((x ^ ones*'"') - ones) | ((x ^ ones*'\\') - ones)) &^ x & highs
		if stop == 0 {
			s.wide |= x & highs
			continue
		}
		s.wide |= x & highs & (stop&-stop - 1)
		i += bits.TrailingZeros64(stop) / 8
		s.i = i + 1
		return alias(b[from:i]), b[i] == '"'
	}
}

// textEnd is text for the last bytes of the payload, one at a time from i on.
func (s *scanner) textEnd(from, i int) (string, bool) {
	for ; i < len(s.b); i++ {
		switch c := s.b[i]; {
		case c == '"':
			s.i = i + 1
			return alias(s.b[from:i]), true
		case c < ' ' || c == '\\':
			return "", false
		case c >= utf8.RuneSelf:
			s.wide = 1
		}
	}
	return "", false
}

// alias makes a string without a copy: it lives as long as b, and b must not change.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
