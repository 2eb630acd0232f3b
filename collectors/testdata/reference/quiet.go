package reference

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// QuietStories are stories on a good day: all is stored when it happens, nothing is wrong, and each chat is of one person, whose
// messages are in the list of the same place. Where nothing happens for long, ticks move the clock.
func QuietStories(seed int64, lines int) (messages []Message, users []string) {
	s := newStories(seed)
	events := s.tell(lines)
	slices.SortStableFunc(events, func(a, b told) int { return a.at.Compare(b.at) })
	clock := events[0].at
	for i, ev := range events {
		for ; ev.at.Sub(clock) > 20*time.Hour; clock = clock.Add(20 * time.Hour) {
			messages, users = append(messages, Tick(clock.Add(20*time.Hour))), append(users, "")
		}
		clock = ev.at
		data := ev.data.without("env")
		for j, one := range data {
			if one.name == "chat" {
				data[j].value = strings.TrimSuffix(one.value, `"`) + "-" + ev.user + `"`
			}
		}
		line := members{
			{"specversion", `"1.0"`}, {"id", quote(fmt.Sprint("e", i))}, {"source", `"s"`}, {"type", quote("bot." + ev.kind)},
			{"time", quote(ev.at.Format(time.RFC3339Nano))}, {"data", data.json()},
		}
		messages, users = append(messages, Message{Stored: ev.at, Payload: line.line()}), append(users, ev.user)
	}
	return messages, users
}

// Tick is a message that moves the clock and does nothing else.
func Tick(stored time.Time) Message {
	return Message{Stored: stored, Header: map[string][]string{TickHeader: {"1"}}}
}
