package simulate

import (
	"fmt"
	"slices"
	"strings"
)

// Subject is where an event is published: bot.events.<bot>.<channel>, with an underscore for each character that a token
// of a NATS subject may not or should not hold.
func Subject(bot, channel string) string {
	return "bot.events." + token(bot) + "." + token(channel)
}

// SubjectsLike returns a Pace.Subject whose subjects match a pattern with NATS wildcards: > stands for bot and channel, *
// for the bot, and a second * for the channel. A pattern without wildcards is the subject of all events.
func SubjectsLike(pattern string) (func(bot, channel string) string, error) {
	tokens := strings.Split(pattern, ".")
	wild := 0
	for i, t := range tokens {
		switch {
		case t == "*":
			wild++
		case t == ">" && i == len(tokens)-1:
			wild += 2
		case t == "" || strings.ContainsAny(t, "*> \t\r\n"):
			return nil, fmt.Errorf("subject %q is not valid: one looks like bot.events.>", pattern)
		}
	}
	if wild > 2 {
		return nil, fmt.Errorf("subject %q has too many wildcards: bot and channel fill a > at the end, or two *", pattern)
	}
	return func(bot, channel string) string {
		out, fill := slices.Clone(tokens), []string{token(bot), token(channel)}
		for i, t := range out {
			switch t {
			case "*":
				out[i], fill = fill[0], fill[1:]
			case ">":
				out[i] = strings.Join(fill, ".")
			}
		}
		return strings.Join(out, ".")
	}, nil
}

func token(s string) string {
	if s == "" {
		return "_"
	}
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_':
			return r
		}
		return '_'
	}, s)
}
