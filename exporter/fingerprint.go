package exporter

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// settings is everything beside the stream and the key that decides about the numbers, by the names that a person
// gives it.
func (c Config) settings() map[string]string {
	k, s := c.KPIs, c.KPIs.Session
	m := map[string]string{}
	for name, v := range map[string]any{
		"events.type_prefix":     cmp.Or(c.Events.TypePrefix, event.DefaultTypePrefix),
		"events.max_bytes":       cmp.Or(max(c.Events.MaxSize, 0), event.DefaultMaxSize),
		"events.include_test":    k.IncludeTest,
		"chats.idle_timeout":     s.IdleTimeout,
		"chats.idle_timeouts":    s.IdleTimeouts,
		"chats.operator_timeout": s.OperatorTimeout,
		"chats.user_sessions":    fmt.Sprintf("%q", s.UserSessions),
		"chats.max_open":         s.MaxChats,
		"feedback.window":        s.FeedbackWindow,
		"feedback.max_messages":  s.MaxMessages,
		"users.windows":          s.Windows,
		"users.visit_gap":        s.VisitGap,
		"users.retention":        s.Retention,
		"dedup.window":           s.DedupWindow,
		"dedup.max_ids":          s.DedupMax,
		"time.max_past":          s.MaxPast,
		"time.max_future":        s.MaxFuture,
		"time.max_jump":          s.MaxJump,
		"time.zone":              s.Location,
		"limits.bots":            k.MaxBots,
		"limits.channels":        k.MaxChannels,
		"limits.devices":         s.MaxDevices,
		"limits.browsers":        s.MaxBrowsers,
		"limits.clicks":          k.MaxClicks,
		"limits.agents":          k.MaxAgents,
		"limits.custom_events":   k.MaxCustom,
		"limits.series":          k.MaxSeries,
	} {
		m[name] = fmt.Sprint(v)
	}
	return m
}

// Fingerprint is equal for configurations that give the same numbers for the same stream.
func (c Config) Fingerprint() string {
	b, err := json.Marshal(c.settings())
	if err != nil {
		panic("BUG: settings cannot be encoded: " + err.Error())
	}
	return string(b)
}

// differences names the settings that are not those of a fingerprint, and whose that is; empty when there are none.
func (c Config) differences(fingerprint, whose string) string {
	var theirs map[string]string
	if json.Unmarshal([]byte(fingerprint), &theirs) != nil {
		return "configuration of " + whose + " is not readable"
	}
	ours := c.settings()
	names := maps.Clone(theirs)
	maps.Copy(names, ours)
	var list []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if ours[name] != theirs[name] {
			list = append(list, fmt.Sprintf("%s is %s, %s has %s", name, cmp.Or(ours[name], "not known"), whose, cmp.Or(theirs[name], "none")))
		}
	}
	return strings.Join(list, "; ")
}
