package jetstream

import (
	"slices"
	"strings"
	"unicode"

	"github.com/nats-io/nats.go/jetstream"
)

// canonical returns the subjects sorted, without those that others include. What reads everything is nil.
func canonical(subjects []string) []string {
	var out []string
	for i, s := range subjects {
		included := slices.ContainsFunc(subjects[:i], func(o string) bool { return subset(s, o) }) ||
			slices.ContainsFunc(subjects[i+1:], func(o string) bool { return o != s && subset(s, o) })
		if !included {
			out = append(out, s)
		}
	}
	if slices.Equal(out, []string{">"}) {
		return nil
	}
	slices.Sort(out)
	return out
}

// covers tells whether the filter leaves out nothing that the stream can hold. With sources, a mirror or a transform
// the stored subjects are not those of the configuration, so that only the empty filter is sure to.
func covers(filter []string, c *jetstream.StreamConfig) bool {
	if len(filter) == 0 {
		return true
	}
	if len(c.Subjects) == 0 || c.Mirror != nil || len(c.Sources) > 0 || c.SubjectTransform != nil {
		return false
	}
	for _, s := range c.Subjects {
		if !slices.ContainsFunc(filter, func(f string) bool { return subset(s, f) }) {
			return false
		}
	}
	return true
}

// sameFilter tells whether two filters read the same messages of the stream.
func sameFilter(a, b []string, c *jetstream.StreamConfig) bool {
	return slices.Equal(a, b) || covers(a, c) && covers(b, c)
}

// matches tells whether the filter takes a message with the subject.
func matches(filter []string, subject string) bool {
	return len(filter) == 0 || slices.ContainsFunc(filter, func(f string) bool { return below(subject, f) || subset(subject, f) })
}

// below tells whether a filter without * that ends in > takes the subject: the usual case, told by one comparison.
func below(subject, filter string) bool {
	n := len(filter) - 1
	return len(subject) > n && filter[n] == '>' && subject[:n] == filter[:n]
}

// subset tells whether every subject that s stands for is one that filter stands for. Both may have wildcards.
func subset(s, filter string) bool {
	for {
		f, moreF, hasF := strings.Cut(filter, ".")
		if f == ">" {
			return true
		}
		t, moreS, hasS := strings.Cut(s, ".")
		if t != f && (f != "*" || t == ">") {
			return false
		}
		if !hasF || !hasS {
			return hasF == hasS
		}
		filter, s = moreF, moreS
	}
}

func validSubject(s string) bool {
	for s != "" {
		token, rest, more := strings.Cut(s, ".")
		switch {
		case token == "", more && (token == ">" || rest == ""):
			return false
		case strings.ContainsFunc(token, unicode.IsSpace), len(token) > 1 && strings.ContainsAny(token, "*>"):
			return false
		case !more:
			return true
		}
		s = rest
	}
	return false
}
