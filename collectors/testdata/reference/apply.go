package reference

import (
	"fmt"
	"slices"
	"time"
)

var (
	userActs = []string{"chat.started", "message.user", "element.clicked", "handover.requested"}
	// opening kinds open a chat that is not open; no other kind does.
	opening = append([]string{"message.bot", "message.operator", "agent.triggered"}, userActs...)
	// activity is, on an open chat, every kind that can open one, and these.
	activity = append([]string{"handover.accepted"}, opening...)
	// sightings are the kinds by which a user is seen.
	sightings = append([]string{"feedback.given", "csat.submitted"}, userActs...)
)

// apply counts a valid event that is no duplicate.
func (f *fold) apply(ev event) {
	f.series.add("bot_events_total", labels{"kind": ev.kind}, 1)
	p := f.pairOf(ev.bot, ev.channel)
	if !f.pairs[p] {
		f.pairs[p] = true
		f.series.zeroPair(p)
	}
	switch {
	case ev.clamped != "":
		f.series.add("bot_events_clamped_total", labels{"direction": ev.clamped}, 1)
	case ev.time != nil:
		f.series.observe("bot_event_delay_seconds", p.labels(nil), ev.delay.Seconds())
	}
	if ev.kind == "custom" { // touches neither chats nor users
		f.countCustom(ev, p)
		return
	}

	key := ChatKey{ev.bot, ev.channel, ev.chat}
	c := f.find(key) // nil if it is not open
	if c != nil && f.isTooLateFor(c, ev) {
		f.closeChat(c, "idle", false)
		c = nil
	}
	switch {
	case c == nil && slices.Contains(opening, ev.kind):
		c = f.open(ev, key, p)
	case c != nil && slices.Contains(f.activities(ev.channel), ev.kind):
		f.active(c, ev)
	}
	if c != nil && !c.started && slices.Contains(userActs, ev.kind) {
		f.start(c, ev)
	}
	who := f.identify(ev, c)
	var seen *sighting
	if who.user != "" && slices.Contains(sightings, ev.kind) {
		seen = f.see(ev, c, who, p)
	}
	f.count(ev, key, c, seen, p)
}

// activities are the kinds that keep an open chat of a channel open: on whatsapp, and what else is configured, only user acts.
func (f *fold) activities(channel string) []string {
	if slices.Contains(f.opt.UserSessions, channel) {
		return userActs
	}
	return activity
}

// count counts what the event means. The chat is nil if it is not open, the sighting if nobody was seen.
func (f *fold) count(ev event, key ChatKey, c *chat, seen *sighting, p pair) {
	switch ev.kind {
	case "chat.ended":
		if c != nil {
			f.closeChat(c, "explicit", ev.resolved)
		}
	case "message.user":
		f.countMessage(ev, p, "user")
		f.series.add("bot_message_inputs_total", p.labels(labels{"input": ev.input}), 1)
		f.days[dayKey{seen.id, f.dayOf(), p}]++
		f.userWrote(c, ev)
		if ev.input != "button" { // the echo of a click is no action
			c.clickedForHelp = false
		}
	case "message.bot":
		f.countMessage(ev, p, "bot")
		f.countBotMessage(ev, p)
		f.sent(key, ev)
		if ev.proactive {
			c.proactive = c.proactive || !c.started
		} else {
			f.answer(c, ev, "bot")
		}
	case "message.operator":
		f.countMessage(ev, p, "operator")
		f.operatorWrote(c, ev)
	case "handover.requested":
		f.request(c, ev, seen)
	case "handover.accepted":
		if c != nil {
			f.accept(c, ev)
		}
	case "feedback.given":
		f.rate(key, c, ev, p)
	case "csat.offered":
		f.series.add("bot_csat_offered_total", p.labels(nil), 1)
	case "csat.submitted":
		f.vote(key, ev, p)
	case "element.clicked":
		f.countClick(ev, p)
		c.run.ended = true
		c.clickedForHelp = ev.operator
	case "agent.triggered":
		f.series.add("bot_agent_views_total", p.labels(f.agentLabels("bot_agent_views_total", *ev.agent, p)), 1)
	}
}

func (f *fold) countCustom(ev event, p pair) {
	name, over := f.limits.limited("event", ev.customEventKey, f.opt.MaxEvents)
	f.series.add("bot_custom_events_total", p.labels(labels{"event": name}), 1)
	if over {
		f.overflow("bot_custom_events_total", "event")
	}
}

// countMessage counts a message of any sender.
func (f *fold) countMessage(ev event, p pair, sender string) {
	f.series.add("bot_messages_total", p.labels(labels{"sender": sender}), 1)
	local := ev.at.In(f.opt.Location)
	weekday := int(local.Weekday())
	if local.Weekday() == time.Sunday {
		weekday = 7
	}
	f.series.add("bot_traffic_messages_total", p.labels(trafficLabels(weekday, local.Hour())), 1)
}

func trafficLabels(weekday, hour int) labels {
	return labels{"weekday": fmt.Sprint(weekday), "hour": fmt.Sprintf("%02d", hour)}
}

// countBotMessage counts what only messages of the bot have, proactive ones too. Their agent is no view: that is what
// agent.triggered is for.
func (f *fold) countBotMessage(ev event, p pair) {
	if ev.fallback {
		f.series.add("bot_fallbacks_total", p.labels(nil), 1)
	}
	if ev.reviewable {
		f.series.add("bot_reviewable_responses_total", p.labels(nil), 1)
	}
}

func (f *fold) agentLabels(metric string, a agent, p pair) labels {
	name, over := f.limits.limited(p.scope("agent"), a.label(), f.opt.MaxAgents)
	if over {
		f.overflow(metric, "agent")
	}
	return labels{"agent": name, "kind": a.kind}
}

func (f *fold) countClick(ev event, p pair) {
	title := cleanLabel(ev.title)
	destination := cleanDestination(ev.destination)
	if !f.limits.allow(p.scope("click"), fmt.Sprintf("%q %q", title, destination), f.opt.MaxClicks) {
		title, destination = other, other
		f.overflow("bot_clicks_total", "title")
		f.overflow("bot_clicks_total", "destination")
	}
	f.series.add("bot_clicks_total", p.labels(labels{
		"element": ev.element, "title": title, "target": ev.target, "destination": destination,
	}), 1)
}
