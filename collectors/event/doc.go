// Package event is the contract between the bots and the exporter: what a bot publishes, and how a message becomes
// an Event or is rejected for one reason of a closed list.
//
// Events are CloudEvents 1.0 in structured or binary mode. The package depends on no other package of this module,
// so that producers may import it; it reads no clock, does no I/O and keeps nothing between two calls.
//
// # Modes
//
// In structured mode the payload is the whole event, in binary mode the attributes are headers named ce-<attribute> and
// the payload is data. Content-Type: application/cloudevents (with any suffix or parameter) makes a message structured;
// else a header ce-specversion makes it binary; a message with neither is structured. A Content-Type of
// application/cloudevents-batch is not_cloudevent.
//
// Header names are matched in any case; of several values the first counts, of several spellings lower case. Values are
// percent-decoded, as the CloudEvents draft wants it, where all of a value is validly percent-encoded UTF-8; else they
// stand for themselves, as the Go SDK wants it. An empty payload in binary mode is no data.
//
// # Checks
//
// A message is judged by the first of these that applies, whatever the order of keys in its JSON:
//
//	too_large       the payload has more than Config.MaxSize bytes
//	malformed       the payload is not exactly one JSON value by the rules of encoding/json/v2 (syntax, UTF-8, no lone
//	                surrogates, no name twice in an object), or it is nested deeper than 64 levels
//	not_cloudevent  it is not an object, or specversion is not "1.0"
//	missing_field,  for id, then source, then type: it is absent,
//	invalid_value   or it is no string, or id or source is too long
//	unknown_type    type is not Config.TypePrefix followed by a kind
//	invalid_value   time is not RFC 3339
//	invalid_value   data_base64 is no string, or it stands for data and is not base64 of one JSON value
//	missing_field   data is absent
//	invalid_value   data is not an object
//	missing_field,  for each field of data, in the order below: it is required and absent,
//	invalid_value   or its value is not of its type
//
// Serializers write something for what is not there: null counts as absent everywhere, and so does the empty string in a
// field whose values are strings. A required field that is absent in this way is missing_field.
//
// Keys and values are case-sensitive. Unknown fields, and fields that the kind does not have, may hold anything.
//
// data_base64 stands for data in structured mode where data is absent and datacontenttype is absent or that of JSON.
// Otherwise it is not decoded. It is standard base64 with padding and without line ends.
//
// # Types
//
//	name    string of 1 to 128 bytes of UTF-8, after unescaping
//	text    string
//	choice  one of the strings listed
//	score   a number with a whole value from 1 to 5, such as 5, 5.0 or 5e0; not "5"
//	time    RFC 3339; digits behind nanoseconds are cut off, the leap second :60 is the second after it
//
// # Fields
//
// A star marks kinds of events that require the field.
//
//	specversion       "1.0"; all*
//	                  Version of CloudEvents.
//	id                name; all*
//	                  Identifies the event within its source; an event with the same source and id is counted once.
//	source            name; all*
//	                  Names the producer, as a URI reference such as /bots/shop.
//	type              prefix and kind; all*
//	                  A prefix, bot. unless configured, and the kind of event.
//	time              time; all
//	                  When it happened; where absent or implausible (24 h before, 5 min after) the moment counts at which the server stored the message.
//	data              object; all*
//	                  The fields below; unknown ones are ignored.
//	data_base64       base64 of an object; all
//	                  Stands for data where that is absent and datacontenttype is JSON: the same object, as base64 of its JSON.
//	datacontenttype   media type; all
//	                  Says whether data_base64 is JSON, of whatever media type that ends in /json or +json; it is where absent. With data it says nothing.
//	data.bot          name; all*
//	                  The assistant's id.
//	data.channel      name; all*
//	                  Where the chat takes place: web, whatsapp, voice or another name.
//	data.chat         name; all*, custom
//	                  Id of the chat.
//	data.user         name; all, chat.started*, message.user*
//	                  Id of the end user as the channel knows it, kept as a keyed hash only; the open chat's where absent.
//	data.device       name; all
//	                  The end user's kind of device; where absent derived from user_agent, else the one last named.
//	data.browser      name; all
//	                  The end user's browser; where absent derived from user_agent, else the one last named.
//	data.user_agent   text; all
//	                  User-Agent header of the end user's browser.
//	data.topic        name; all
//	                  What the chat is about; it keeps the last topic named.
//	data.env          text; all
//	                  Events with the value test are ignored unless the operator includes them.
//	data.language     text; all
//	                  Language of the chat, such as de-CH.
//	data.resolved     true or false; false when absent; chat.ended
//	                  The user's matter was resolved.
//	data.message      name; message.user, message.bot, message.operator, feedback.given*
//	                  Id of the message sent or rated.
//	data.input        text | button | voice | attachment | other; text when absent; message.user
//	                  How the user entered the message.
//	data.fallback     true or false; false when absent; message.bot
//	                  The bot did not understand.
//	data.reviewable   true or false; false when absent; message.bot
//	                  The user is offered thumbs for this response.
//	data.proactive    true or false; false when absent; message.bot
//	                  The bot writes first, unasked, such as a reminder: the message answers nothing and starts no chat.
//	data.rating       positive | negative | neutral; feedback.given*
//	                  Thumbs up, thumbs down or neither.
//	data.cause        direct | after_fallback | operator_button; handover.requested
//	                  Why the user asks for a human; derived from the chat where absent.
//	data.via          takeover | ticket; takeover when absent; handover.requested
//	                  What the user asks for: a human in the chat, or a ticket.
//	data.score        1 to 5; csat.submitted*
//	                  The user's vote, 1 (very unsatisfied) to 5 (very satisfied).
//	data.element      quick_reply | link; element.clicked*
//	                  What was clicked.
//	data.title        text; element.clicked
//	                  Text on the element.
//	data.target       answer | url | phone | email | other; other when absent; element.clicked
//	                  What kind of thing the element leads to.
//	data.destination  text; element.clicked
//	                  Where the element leads to; it loses everything from the first ?, # or ; on, and a URL its user info.
//	data.operator     true or false; false when absent; element.clicked
//	                  The element is the button that asks for a human.
//	data.agent        object; message.bot, feedback.given, agent.triggered*
//	                  The AI agent or workflow that answered, is rated or ran.
//	data.event        name; custom*
//	                  Key of the business event.
//	data.agent.id     name; message.bot*, feedback.given*, agent.triggered*
//	                  Id of the agent.
//	data.agent.name   name; message.bot, feedback.given, agent.triggered
//	                  What dashboards call it instead of its id.
//	data.agent.kind   agent | workflow; agent when absent; message.bot, feedback.given, agent.triggered
//	                  An AI agent, or a workflow of fixed steps.
//
// # Kinds
//
//	chat.started        A user opened a chat; a second window is a second chat id.
//	chat.ended          The chat was closed explicitly.
//	message.user        A message from the user to the bot.
//	message.bot         A message from the bot to the user.
//	message.operator    A message from a human operator to the user.
//	handover.requested  The user asks for a human.
//	handover.accepted   An operator took over the chat.
//	feedback.given      Thumbs on one response of the bot.
//	csat.offered        The satisfaction survey was shown.
//	csat.submitted      The user's answer to the satisfaction survey.
//	element.clicked     A click on a quick reply or a link; operator marks the button that asks for a human.
//	agent.triggered     An AI agent or a workflow ran.
//	custom              A business event that the bot's author defined.
package event

//go:generate go test . -run ^TestDoc$ -update
