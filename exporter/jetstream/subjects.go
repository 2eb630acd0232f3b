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

// inForce returns the filter that the consumer needs. It is nil when the whole stream is read, so that each gap in its
// sequences is a loss; the puller then skips what the filter does not take.
func inForce(filter []string, c *jetstream.StreamConfig) []string {
	switch {
	case sparse(c): // has holes by design
		if len(filter) == 0 {
			return []string{">"}
		}
		return filter
	case covers(filter, c), fed(c) && coversAll(filter, stored(c)):
		return nil // what comes from other streams counts as ours until it is seen
	}
	return filter
}

// covers reports whether the filter leaves out nothing that the stream can hold. What comes from other streams may have
// any subject.
func covers(filter []string, c *jetstream.StreamConfig) bool {
	return len(filter) == 0 || !fed(c) && len(c.Subjects) > 0 && coversAll(filter, stored(c))
}

func coversAll(filter, subjects []string) bool {
	return len(filter) == 0 || !slices.ContainsFunc(subjects, func(s string) bool {
		return !slices.ContainsFunc(filter, func(f string) bool { return subset(s, f) })
	})
}

// missed returns the subjects of the filter that overlap none of those that the stream can hold.
func missed(filter, held []string) (out []string) {
	for _, f := range filter {
		if !slices.ContainsFunc(held, func(s string) bool { return overlap(s, f) }) {
			out = append(out, f)
		}
	}
	return out
}

// held returns the subjects that the stream can hold: its own and those that come from its origins. origin returns the
// configuration of one, and nil when that is not known.
func held(c *jetstream.StreamConfig, origin func(name string) *jetstream.StreamConfig) []string {
	if !fed(c) {
		return stored(c)
	}
	list, out := c.Sources, slices.Clone(c.Subjects)
	if c.Mirror != nil {
		list = []*jetstream.StreamSource{c.Mirror}
	}
	for _, o := range list {
		from := []string{">"}
		if known := origin(o.Name); known != nil && o.External == nil && !fed(known) {
			from = stored(known)
		}
		out = append(out, copied(o, from)...)
	}
	return through(c.SubjectTransform, out)
}

// copied returns the subjects under which what an origin holds arrives.
func copied(o *jetstream.StreamSource, from []string) (out []string) {
	transforms := o.SubjectTransforms
	if len(transforms) == 0 {
		transforms = []jetstream.SubjectTransformConfig{{Source: o.FilterSubject}}
	}
	for _, t := range transforms {
		taken := or(t.Source, ">")
		for _, s := range from {
			switch {
			case !overlap(s, taken):
			case t.Destination != "":
				out = append(out, transformed(t.Destination))
			case subset(taken, s):
				out = append(out, taken)
			default:
				out = append(out, s)
			}
		}
	}
	return out
}

// fed reports whether messages come from other streams.
func fed(c *jetstream.StreamConfig) bool { return c.Mirror != nil || len(c.Sources) > 0 }

// sparse reports whether the stream is a mirror of a part of its origin. It keeps the origin's sequences.
func sparse(c *jetstream.StreamConfig) bool {
	return c.Mirror != nil && (c.Mirror.FilterSubject != "" || len(c.Mirror.SubjectTransforms) > 0)
}

// stored returns the subjects under which the stream keeps what is published to it.
func stored(c *jetstream.StreamConfig) []string {
	return through(c.SubjectTransform, c.Subjects)
}

func through(t *jetstream.SubjectTransformConfig, subjects []string) []string {
	if t == nil {
		return subjects
	}
	var out []string
	for _, s := range subjects {
		source := or(t.Source, ">")
		if !subset(s, source) {
			out = append(out, s) // a part of it at least stays what it is
		}
		if overlap(s, source) {
			out = append(out, transformed(t.Destination))
		}
	}
	return out
}

// transformed returns the subjects that the destination of a transform stands for.
func transformed(destination string) string {
	tokens := strings.Split(destination, ".")
	for i, token := range tokens {
		switch {
		case strings.HasPrefix(token, "$"), strings.HasPrefix(token, "{{"):
			tokens[i] = "*"
			if name := strings.ToLower(strings.TrimLeft(token, "{ ")); strings.HasPrefix(name, "s") { // split and slice make several
				return strings.Join(append(tokens[:i], ">"), ".")
			}
		case strings.Contains(token, "{{"):
			tokens[i] = "*"
		}
	}
	return strings.Join(tokens, ".")
}

// sameFilter reports whether two filters read the same messages of the stream.
func sameFilter(a, b []string, c *jetstream.StreamConfig) bool {
	return slices.Equal(a, b) || covers(a, c) && covers(b, c)
}

// matches reports whether the filter takes a message with the subject.
func matches(filter []string, subject string) bool {
	return len(filter) == 0 || slices.ContainsFunc(filter, func(f string) bool { return below(subject, f) || subset(subject, f) })
}

// below reports whether a filter without * that ends in > takes the subject: the usual case, and one comparison.
func below(subject, filter string) bool {
	n := len(filter) - 1
	return len(subject) > n && filter[n] == '>' && subject[:n] == filter[:n]
}

// subset reports whether every subject that s stands for is one that filter stands for. Both may have wildcards.
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

// overlap reports whether some subject is one that both stand for.
func overlap(a, b string) bool {
	for {
		s, moreA, hasA := strings.Cut(a, ".")
		t, moreB, hasB := strings.Cut(b, ".")
		switch {
		case s == ">", t == ">":
			return true
		case s != t && s != "*" && t != "*":
			return false
		case !hasA || !hasB:
			return hasA == hasB
		}
		a, b = moreA, moreB
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
