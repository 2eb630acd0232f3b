package metric

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxValue is the longest label value, in bytes.
const MaxValue = 128

// Clean makes a string fit for a label: runs of white space and control characters become one space, there is none at the
// ends, and what is longer than MaxValue bytes is cut between two characters. It may leave nothing. The input is valid
// UTF-8 already.
func Clean(s string) string {
	if !isTidy(s) {
		s = strings.Join(strings.FieldsFunc(s, IsBlank), " ")
	}
	if len(s) <= MaxValue {
		return s
	}
	cut := MaxValue
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return strings.TrimSuffix(s[:cut], " ")
}

// IsBlank reports whether r is white space or a control character.
func IsBlank(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// isTidy reports whether s has no blanks but single spaces between others. Nearly all values are so: it allocates nothing.
func isTidy(s string) bool {
	blank := true // before the first
	for _, r := range s {
		if r > ' ' && r < 0x7f {
			blank = false
			continue
		}
		if r != ' ' && IsBlank(r) || r == ' ' && blank {
			return false
		}
		blank = r == ' '
	}
	return !blank || s == ""
}
