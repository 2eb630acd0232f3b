package simulate

import "github.com/bot-exporter/bot-exporter/collectors/event"

// role is what an assistant can do.
type role struct {
	topics  []topic
	common  wheel    // how common each topic is
	outside []string // custom events that happen outside of chats
}

// topic is one intent of the users, and the agent or workflow that serves it.
type topic struct {
	agent     event.Agent
	weight    float64
	latency   float64   // median seconds until the answer
	fallback  float64   // factor on Behavior.FallbackShare
	elements  []element // what can be clicked in the answers
	converted string    // custom event when all went well; "" for none
}

// quickReply returns the first one that a topic's answers offer; nil when they offer none.
func (t *topic) quickReply() *element {
	if len(t.elements) > 0 && t.elements[0].kind == event.QuickReply {
		return &t.elements[0]
	}
	return nil
}

type element struct {
	kind        event.Element
	title       string
	target      event.Target
	destination string
}

func workflow(id, name string) event.Agent {
	return event.Agent{ID: "wf-" + id, Name: name, Kind: event.KindWorkflow}
}

func agent(id, name string) event.Agent {
	return event.Agent{ID: "ag-" + id, Name: name, Kind: event.KindAgent}
}

func reply(title, answer string) element {
	return element{event.QuickReply, title, event.TargetAnswer, answer}
}

func link(title string, to event.Target, destination string) element {
	return element{event.Link, title, to, destination}
}

// operatorButton asks for a human; nothing else in the catalog does.
var operatorButton = element{event.QuickReply, "Talk to an operator", event.TargetOther, "operator"}

// desk confirms tickets.
var desk = topic{agent: workflow("ticket", "Support ticket"), latency: 0.5}

// General answers are slow (a language model) and fail often, workflows are quick and safe. Some links carry a query, which
// the exporter must not show.
var roles = [...]role{
	Shop: newRole([]string{"newsletter_signup", "back_in_stock_alert"},
		topic{workflow("order-status", "Order status"), 30, 0.5, 0.4, []element{
			reply("Track my parcel", "order-tracking"), reply("It is late", "delivery-delay"),
			link("Open my orders", event.TargetURL, "https://shop.example/account/orders?utm_source=bot"),
		}, ""},
		topic{agent("product-advisor", "Product advisor"), 20, 1.9, 1.3, []element{
			reply("Show me cheaper ones", "advisor-cheaper"), reply("More like this", "advisor-similar"),
			link("See the product", event.TargetURL, "https://shop.example/p/running-shoe-42?ref=bot#reviews"),
			link("Add to basket", event.TargetURL, "https://shop.example/basket"),
		}, "purchase"},
		topic{workflow("returns", "Returns"), 16, 0.6, 0.7, []element{
			reply("Print a label", "return-label"), reply("Where is my refund?", "refund-status"),
			link("Return policy", event.TargetURL, "https://shop.example/help/returns"),
			link("Write to us", event.TargetEmail, "returns@shop.example"),
		}, "return_registered"},
		topic{agent("faq", "FAQ"), 14, 1.6, 1.8, []element{
			reply("Yes, that helped", "faq-helped"), reply("No", "faq-more"),
			link("Help center", event.TargetURL, "https://shop.example/help"),
			link("Call us", event.TargetPhone, "+44 20 7946 0117"),
		}, ""},
		topic{workflow("opening-hours", "Opening hours"), 8, 0.4, 0.3, []element{
			reply("Nearest store", "store-finder"),
			link("Show on the map", event.TargetOther, "geo:51.5072,-0.1276"),
		}, ""},
		topic{workflow("voucher", "Voucher"), 7, 0.5, 0.9, []element{
			link("Use my voucher", event.TargetURL, "https://shop.example/checkout?code=WELCOME"),
		}, "voucher_redeemed"},
		topic{agent("size-guide", "Size guide"), 4, 1.4, 1.1, []element{
			reply("Size table", "size-table"),
		}, ""},
		topic{event.Agent{ID: "ag-smalltalk", Kind: event.KindAgent}, 2, 1.2, 2, nil, ""}, // nobody named it
	),
	Bank: newRole([]string{"branch_visit_reminder", "document_requested"},
		topic{workflow("balance", "Account balance"), 24, 0.5, 0.4, []element{
			reply("Last transactions", "transactions"), reply("Savings account", "balance-savings"),
			link("Open the app", event.TargetOther, "bankapp://accounts"),
		}, ""},
		topic{workflow("card-blocked", "Card blocked"), 18, 0.6, 0.6, []element{
			reply("Unblock my card", "card-unblock"), reply("Order a new card", "card-replacement"),
			link("Emergency line", event.TargetPhone, "+44 20 7946 0118"),
		}, "card_ordered"},
		topic{agent("general", "General enquiries"), 16, 1.8, 1.9, []element{
			reply("Ask something else", "start"),
			link("Help center", event.TargetURL, "https://bank.example/help?channel=bot"),
		}, ""},
		topic{workflow("login", "Online banking login"), 14, 0.7, 1, []element{
			reply("Reset my password", "password-reset"), reply("New phone", "device-change"),
			link("Login", event.TargetURL, "https://user@bank.example/login?session=none"),
		}, ""},
		topic{workflow("appointment", "Appointment"), 10, 0.6, 0.6, []element{
			reply("Tomorrow", "appointment-tomorrow"), reply("Next week", "appointment-next-week"),
			link("Find a branch", event.TargetURL, "https://bank.example/branches"),
		}, "appointment_booked"},
		topic{agent("mortgage", "Mortgage advisor"), 7, 2.2, 1.3, []element{
			reply("Calculate my rate", "mortgage-rate"),
			link("Mortgage calculator", event.TargetURL, "https://bank.example/mortgage#calculator"),
			link("Write to an advisor", event.TargetEmail, "mortgages@bank.example"),
		}, "lead_created"},
		topic{workflow("fees", "Fees and limits"), 7, 0.5, 0.7, []element{
			reply("Transfer limit", "transfer-limit"), reply("Fees abroad", "fees-abroad"),
		}, ""},
		topic{workflow("opening-hours", "Opening hours"), 4, 0.4, 0.3, []element{
			link("Find a branch", event.TargetURL, "https://bank.example/branches"),
		}, ""},
	),
}

func newRole(outside []string, topics ...topic) role {
	r := role{topics: topics, outside: outside}
	for i := range topics {
		r.common = append(r.common, topics[i].weight)
	}
	r.common = weights(r.common...)
	return r
}
