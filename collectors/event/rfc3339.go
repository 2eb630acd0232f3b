package event

import "math"

// ParseTime reads an RFC 3339 date-time, as the attribute time holds it, as Unix nanoseconds. Digits behind the ninth
// of a fraction are cut off; the leap second :60 is the first of the next minute; a time outside of what an int64 holds
// (years 1677 to 2262) becomes the nearest that it does, which no clock will find plausible.
//
// time.Parse accepts more (a comma as decimal mark) and less (lower-case t and z, leap seconds), and it is slower.
func ParseTime(s string) (int64, bool) {
	// 2006-01-02T15:04:05
	if len(s) < 20 || s[4] != '-' || s[7] != '-' || s[10]|0x20 != 't' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	var t [6]int // year to second, -1 for what is no number
	t[0] = 100*number(s[0:2]) + number(s[2:4])
	for i := range t[1:] {
		t[i+1] = number(s[5+3*i : 7+3*i])
	}
	if number(s[0:2]) < 0 || number(s[2:4]) < 0 ||
		t[1] < 1 || t[1] > 12 || t[2] < 1 || t[2] > daysIn(t[0], t[1]) ||
		t[3] < 0 || t[3] > 23 || t[4] < 0 || t[4] > 59 || t[5] < 0 || t[5] > 60 {
		return 0, false
	}
	s = s[19:]
	nanos, s, ok := fraction(s)
	if !ok {
		return 0, false
	}
	offset, ok := zone(s)
	if !ok {
		return 0, false
	}
	seconds := int64(days(t[0], t[1], t[2]))*86400 + int64(t[3]*3600+t[4]*60+t[5]-offset)
	return saturate(seconds, nanos), true
}

// number reads two digits, or gives a negative number.
func number(s string) int {
	a, b := s[0]-'0', s[1]-'0'
	if a > 9 || b > 9 {
		return -1
	}
	return int(a)*10 + int(b)
}

// fraction reads the optional fraction of a second before the zone.
func fraction(s string) (nanos int64, rest string, ok bool) {
	if s == "" || s[0] != '.' {
		return 0, s, true
	}
	i, unit := 1, int64(100_000_000)
	for ; i < len(s) && s[i]-'0' <= 9; i++ {
		nanos += int64(s[i]-'0') * unit
		unit /= 10
	}
	return nanos, s[i:], i > 1
}

// zone reads the offset from UTC in seconds.
func zone(s string) (seconds int, ok bool) {
	if len(s) == 1 {
		return 0, s[0]|0x20 == 'z'
	}
	if len(s) != 6 || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return 0, false
	}
	h, m := number(s[1:3]), number(s[4:6])
	if h < 0 || h > 23 || m < 0 || m > 59 {
		return 0, false
	}
	seconds = h*3600 + m*60
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// days counts from 1 January 1970, in the Gregorian calendar throughout. A year begins in March here, so that the day
// by which leap years differ is its last.
func days(year, month, day int) int {
	if month <= 2 {
		year--
		month += 12
	}
	year += 400 // not negative: what follows rounds towards zero
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - (719468 + 146097)
}

func saturate(seconds, nanos int64) int64 {
	const e9 = 1_000_000_000
	switch {
	case seconds > math.MaxInt64/e9 || seconds == math.MaxInt64/e9 && nanos > math.MaxInt64%e9:
		return math.MaxInt64
	case seconds < math.MinInt64/e9-1 || seconds == math.MinInt64/e9-1 && nanos < e9+math.MinInt64%e9:
		return math.MinInt64
	}
	return seconds*e9 + nanos // may pass through an overflow that nanos takes back
}
