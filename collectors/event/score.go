package event

import (
	"strconv"
	"strings"
)

// score reads the literal of a JSON number that is exactly 1, 2, 3, 4 or 5, however it is written: 5, 5.0, 50e-1. No
// float64 comes in between: it would take 5.00000000000000000001 for 5.
func score(literal string) (uint8, bool) {
	if len(literal) == 1 {
		return literal[0] - '0', '1' <= literal[0] && literal[0] <= '5'
	}
	power := 0 // of ten
	if e := strings.IndexAny(literal, "eE"); e >= 0 {
		var err error
		if power, err = strconv.Atoi(literal[e+1:]); err != nil {
			return 0, false // no payload has as many digits as it would take
		}
		literal = literal[:e]
	}
	whole, fraction, _ := strings.Cut(literal, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	digit := strings.TrimRight(digits, "0")
	power += len(digits) - len(digit) - len(fraction)
	if len(digit) != 1 || power != 0 {
		return 0, false
	}
	return digit[0] - '0', '1' <= digit[0] && digit[0] <= '5'
}
