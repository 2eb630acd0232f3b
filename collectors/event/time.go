package event

// ParseTime reads a time as the contract defines it, RFC 3339, as Unix nanoseconds.
func ParseTime(s string) (nanos int64, ok bool) { return parseTime(s) }
