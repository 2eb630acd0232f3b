package reference

import (
	"fmt"
	"slices"
	"time"
)

var (
	opening  = []string{"chat.started", "message.user", "message.bot", "message.operator", "handover.requested", "element.clicked", "agent.triggered"}
	activity = append([]string{"handover.accepted"}, opening...)
	sighting = []string{"chat.started", "message.user", "element.clicked", "feedback.given", "csat.submitted", "handover.requested"}

	activityOnWhatsapp = []string{"chat.started", "message.user", "element.clicked"}
)

func isActivity(ev event) bool {
	if ev.channel == "whatsapp" {
		return slices.Contains(activityOnWhatsapp, ev.kind)
	}
	return slices.Contains(activity, ev.kind)
}

// apply counts a valid event that is no duplicate.
func (f *fold) apply(ev event) {
	f.series.add("bot_events_total", labels{"kind": ev.kind}, 1)
	// Decision: only applied events are counted as clamped, not rejected, ignored or duplicate ones.
	if ev.clamped != "" {
		f.series.add("bot_events_clamped_total", labels{"direction": ev.clamped}, 1)
	}
	p := f.pairOf(ev.bot, ev.channel)
	if !f.pairs[p] {
		f.pairs[p] = true
		f.series.zeroPair(p)
	}

	k := chatKey{ev.bot, ev.channel, ev.chat}
	c := f.chats[k] // nil if it is not open
	if c != nil && ev.kind == "chat.started" {
		return
	}
	if c == nil && slices.Contains(opening, ev.kind) {
		c = f.open(ev, k, p)
	}
	if c != nil && isActivity(ev) {
		c.lastActivity = ev.at
	}
	who := f.identify(ev, c)
	f.count(ev, c, who, p)
}

// identify finds user, device and browser of an event, and lets its open chat remember what the event itself says.
//
// Decision: every kind of event of an open chat is remembered this way, also custom, csat.offered and handover.accepted.
func (f *fold) identify(ev event, c *chat) identity {
	who := identity{user: ev.user}
	who.device, who.browser = ev.deviceAndBrowser()
	if c != nil {
		inherit := func(mine, chats *string) {
			if *mine == "" {
				*mine = *chats
			}
			*chats = *mine
		}
		inherit(&who.user, &c.known.user)
		inherit(&who.device, &c.known.device)
		inherit(&who.browser, &c.known.browser)
	}
	who.device = orUnknown(who.device)
	who.browser = orUnknown(who.browser)
	return who
}

// count counts what the event means. The chat is nil if it is not open.
func (f *fold) count(ev event, c *chat, who identity, p pair) {
	var id userKey
	var seen *user
	if who.user != "" && slices.Contains(sighting, ev.kind) {
		id, seen = f.see(ev, c, who, p)
	}
	switch ev.kind {
	case "chat.ended":
		if c != nil {
			f.closeChat(c, "explicit", ev.resolved)
		}
	case "message.user":
		f.series.add("bot_message_inputs_total", p.labels(labels{"input": ev.input}), 1)
		f.days[dayKey{id, f.dayOf(), p}]++
		f.countMessage(ev, p, "user")
		c.userMessages++
		if !c.isUnanswered {
			c.isUnanswered, c.unanswered = true, ev.at
		}
		c.lastUserAskedHelp = false
	case "message.bot":
		f.countMessage(ev, p, "bot")
		f.answer(ev, c, "bot")
		f.countBotMessage(ev, c, p)
	case "message.operator":
		f.countMessage(ev, p, "operator")
		f.answer(ev, c, "operator")
	case "handover.requested":
		f.countHandover(ev, c, seen, p)
	case "handover.accepted":
		if c != nil && c.isWaiting {
			f.series.observe("bot_handover_wait_seconds", p.labels(nil), secondsBetween(c.waitingSince, ev.at))
			c.isWaiting = false
		}
	case "feedback.given":
		f.countFeedback(ev, c, p)
	case "csat.offered":
		f.series.add("bot_csat_offered_total", p.labels(nil), 1)
	case "csat.submitted":
		f.series.observe("bot_csat_score", p.labels(nil), float64(ev.score))
	case "element.clicked":
		f.countClick(ev, p)
		c.lastUserAskedHelp = ev.operator
	case "agent.triggered":
		f.series.add("bot_agent_views_total", p.labels(f.agentLabels("bot_agent_views_total", *ev.agent, p)), 1)
	case "custom":
		name, over := f.limits.limited("event", ev.customEventKey, f.opt.MaxEvents)
		f.series.add("bot_custom_events_total", p.labels(labels{"event": name}), 1)
		if over {
			f.overflow("bot_custom_events_total", "event")
		}
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

// answer answers all user messages that wait; the time runs from the first of them. A proactive message answers like any other.
func (f *fold) answer(ev event, c *chat, sender string) {
	if c.isUnanswered {
		f.series.observe("bot_response_seconds", c.pair.labels(labels{"sender": sender}), secondsBetween(c.unanswered, ev.at))
		c.isUnanswered = false
	}
}

// countBotMessage counts what only messages of the bot have. Its agent is no view: that is what agent.triggered is for.
//
// Decision: of several messages with one id, the last that names an agent gives the agent.
func (f *fold) countBotMessage(ev event, c *chat, p pair) {
	c.lastBotFallback = ev.fallback
	if ev.fallback {
		f.series.add("bot_fallbacks_total", p.labels(nil), 1)
	}
	if ev.reviewable {
		f.series.add("bot_reviewable_responses_total", p.labels(nil), 1)
	}
	if ev.message != "" && ev.agent != nil {
		c.agents[ev.message] = *ev.agent
	}
}

func (f *fold) countHandover(ev event, c *chat, seen *user, p pair) {
	cause := ev.cause
	switch {
	case cause != "":
	case c.lastUserAskedHelp:
		cause = "operator_button"
	case c.lastBotFallback:
		cause = "after_fallback"
	default:
		cause = "direct"
	}
	f.series.add("bot_handover_requests_total", p.labels(labels{"cause": cause, "via": ev.via}), 1)
	if !c.handover {
		c.handover = true
		f.series.add("bot_handover_chats_total", p.labels(nil), 1)
	}
	if ev.via == "takeover" && !c.isWaiting {
		c.isWaiting, c.waitingSince = true, ev.at
	}
	if seen != nil { // a ticket is a request too
		seen.lastHandover = hourOf(f.clock)
	}
}

func (f *fold) countFeedback(ev event, c *chat, p pair) {
	a := ev.agent
	if c != nil {
		before, rated := c.ratings[ev.message]
		c.ratings[ev.message] = ev.rating
		if rated && before != ev.rating {
			f.series.add("bot_feedback_changes_total", p.labels(labels{"from": before, "to": ev.rating}), 1)
		}
		if rated {
			return
		}
		if answered, ok := c.agents[ev.message]; ok && a == nil {
			a = &answered
		}
	}
	f.series.add("bot_feedback_total", p.labels(labels{"rating": ev.rating}), 1)
	if a != nil {
		l := p.labels(f.agentLabels("bot_agent_feedback_total", *a, p))
		l["rating"] = ev.rating
		f.series.add("bot_agent_feedback_total", l, 1)
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
	destination := cleanLabel(cleanDestination(ev.destination, ev.target))
	if !f.limits.allow(p.scope("click"), fmt.Sprintf("%q %q", title, destination), f.opt.MaxClicks) {
		title, destination = other, other
		f.overflow("bot_clicks_total", "title")
		f.overflow("bot_clicks_total", "destination")
	}
	f.series.add("bot_clicks_total", p.labels(labels{
		"element": ev.element, "title": title, "target": ev.target, "destination": destination,
	}), 1)
}
