package collectors

import (
	"slices"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Erase removes every entry of a user of a bot from the state, in each of the channels; totals stay. Bot and channels
// are as in the events, not as in labels.
func (s *Set) Erase(bot string, channels []string, user string) (e session.Erased) {
	for _, c := range channels {
		e.Add(s.sessions.Erase(bot, c, user))
	}
	return e
}

// Rekey continues with another key for the hashes of ids; totals stay. See session.Table.
func (s *Set) Rekey(key [16]byte) { s.sessions.Rekey(key) }

// Channels returns the names of the channels that were seen, sorted, and whether these are all: names beyond the limit
// are not kept.
func (s *Set) Channels() (names []string, all bool) {
	all = true
	for p := range s.pairs.Len() {
		_, channel := s.pairs.Labels(metric.Pair(p))
		if channel == metric.Other {
			all = false
		} else {
			names = append(names, channel)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), all
}
