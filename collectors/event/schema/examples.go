package schema

import "github.com/bot-exporter/bot-exporter/collectors/event"

// examples tell one chat: a customer looks for a parcel, does not get along with the bot and talks to an operator.
var examples = []event.Event{
	{Kind: event.ChatStarted, UserAgent: "Mozilla/5.0 (Android 16; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0", Language: "en"},
	{Kind: event.MessageUser, Message: "m-1", Input: event.InputText},
	{Kind: event.AgentTriggered, Agent: tracking},
	{Kind: event.MessageBot, Message: "m-2", Reviewable: true, Agent: tracking},
	{Kind: event.FeedbackGiven, Message: "m-2", Rating: event.Negative, Agent: tracking},
	{Kind: event.ElementClicked, Element: event.QuickReply, Title: "Talk to a human", Target: event.TargetOther, Operator: true},
	{Kind: event.HandoverRequested, Cause: event.CauseOperatorButton, Via: event.ViaTakeover},
	{Kind: event.HandoverAccepted},
	{Kind: event.MessageOperator, Message: "m-3"},
	{Kind: event.Custom, Key: "parcel_found"},
	{Kind: event.ChatEnded, Resolved: true},
	{Kind: event.CSATOffered},
	{Kind: event.CSATSubmitted, Score: 4},
}

var tracking = event.Agent{ID: "parcel-tracking", Name: "Parcel tracking", Kind: event.KindWorkflow}

// example is a structured event of kind k without line breaks.
func example(k event.Kind) []byte {
	for i := range examples {
		e := examples[i]
		if e.Kind != k {
			continue
		}
		e.ID = "01K6Z3F8Q2-" + string(rune('a'+i))
		e.Source = "/bots/shop"
		e.Time, e.HasTime = 1772442000e9+int64(i)*8_250_000_000, true // 2026-03-02 09:00 UTC, a Monday
		e.Bot, e.Channel, e.Chat, e.User = "shop", "web", "c-20260302-17", "u-4711"
		return e.AppendJSON(nil, "")
	}
	panic("BUG: no example of " + k.String())
}
