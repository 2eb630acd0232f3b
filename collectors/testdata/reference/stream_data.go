package reference

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

var userAgents = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Linux; Android 14; SM-X710 Tablet) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Safari/537.36",
	"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
	"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
	"curl/8.6.0", "nonsense", "", "\u0007(;)/ü", "ClientName" + strings.Repeat("é", 80) + "/1.0",
}

var titles = []string{
	"Yes", "No", "", " Yes", "Yes\n", "a  \t b", "a\u00a0b", "a\u2003\u0000b", "Größe \"XL\" \\ 20 €", "line\nbreak\ttab\u0000\u0085end", "日本語のボタン", "\u0007",
	strings.Repeat("x", 128), strings.Repeat("x", 127) + "é", strings.Repeat("日", 60), strings.Repeat("\u0001y", 100),
	"a\u2028b<&>",
}

var destinations = []string{
	"", "answer-7", "+39 02 1234", "mailto:help@example.com?subject=hi", "help@example.com", "https://example.com",
	"https://example.com/", "https://user:secret@example.com:8443/path?token=1#top", "https://a@b@example.com/x", "HTTPS://U@Example.COM/%7Ex?y",
	"https://example.com#frag?not", "https://example.com/path@home?x=1", "https://user@example.com", "//u:p@cdn.example.com/a?b",
	"/relative/path?q=1#f", "example.com/x?q", "user@example.com/x", "tel:+391234", "custom+scheme.1-x://u@host?q", "1ttp://u@host?q",
	"see https://u:p@example.com?q", "https://example.com/è ü?z", "https://u@[::1]:80/?a", "://u@host?q", "https://", "https://@?",
	"sms:+390000?body=x", "/account?token=1", "https://example.com/a;jsessionid=1", " https://u:p@example.com/a b ?q", "tel:1;ext=2", "?", "#f",
	"\u0007https://u@example.com", "https://" + strings.Repeat("u", 130) + "@example.com/x",
	"https://example.com/" + strings.Repeat("p", 120) + "?q=1", "https://u@example.com/" + strings.Repeat("ß", 70),
}

// kind picks a kind; chat.started is rarer than its messages.
func (g *generator) kind() string {
	return g.pick(append([]string{
		"message.user", "message.user", "message.user", "message.user", "message.user", "message.bot", "message.bot", "message.bot",
		"message.bot", "message.operator", "handover.requested", "handover.accepted", "feedback.given", "feedback.given", "feedback.given",
		"element.clicked", "element.clicked", "chat.started",
	}, kinds...)...)
}

// place picks bot, channel and chat: mostly those of the event before, so that chats have a course.
func (g *generator) place() members {
	if g.chat != nil && g.chance(90) {
		return g.chat
	}
	bot, channel := g.number("shop", 2, 300), g.pick("web", "web", "web", "whatsapp", "whatsapp", "voice", "tele\"gram\\")
	if g.wide {
		channel = g.pick("web", "web", "whatsapp", g.number("channel", 1, 40))
	}
	if g.wide && g.chance(50) { // or most bots would have nothing but new chats
		bot = "shop1"
	}
	g.chat = members{{"bot", quote(bot)}, {"channel", quote(channel)}, {"chat", quote(g.number("c", 4, 40))}}
	return g.chat
}

// data makes the fields of an event.
func (g *generator) data(kind string) members {
	m := slices.Clone(g.place())
	if kind == "custom" && g.chance(50) {
		m = m[:2]
		g.rarely(&m, 20, "chat", g.pick(`""`, "null"))
	}
	if kind == "chat.started" || kind == "message.user" || g.chance(35) {
		m = append(m, member{"user", quote(g.number("u", 3, 60))})
	}
	g.rarely(&m, 12, "device", quote(g.number("device", 3, 40)))
	g.rarely(&m, 12, "browser", g.quoted("Chrome", "Fire\u0007fox", g.number("browser", 3, 90)))
	g.rarely(&m, 15, "user_agent", g.quoted(userAgents...))
	g.rarely(&m, 8, "topic", g.quoted("billing", "", strings.Repeat("t", 128+g.IntN(2))))
	g.rarely(&m, 4, "env", g.quoted("test", "test", "production", ""))
	g.rarely(&m, 10, "language", g.quoted("it", "", strings.Repeat("l", 300)))
	g.rarely(&m, 5, "unheard", g.pick(`{"bot":"x","a":[1,2,{"bot":null}]}`, "1e999", "null", `"\ud83d\ude00"`))
	m = append(m, g.further(kind)...)
	if g.chance(5) { // fields of another kind mean nothing
		m = append(m, member{"score", "9"}, member{"rating", "7"}, member{"cause", "null"}, member{"resolved", "0"})
		m = m.withoutRepeats()
	}
	return m
}

func (g *generator) rarely(m *members, percent int, name, value string) {
	if g.chance(percent) {
		*m = append(*m, member{name, value})
	}
}

// withoutRepeats keeps the first member of each name.
func (m members) withoutRepeats() members {
	kept := members{}
	names := map[string]bool{}
	for _, one := range m {
		if !names[one.name] {
			names[one.name] = true
			kept = append(kept, one)
		}
	}
	return kept
}

// further makes the fields that only this kind has.
func (g *generator) further(kind string) members {
	m := members{}
	boolean := func() string { return g.pick("true", "true", "false") }
	message := quote(g.number("m", 4, 30))
	switch kind {
	case "chat.ended":
		g.optional(&m, "resolved", boolean())
	case "message.user":
		g.optional(&m, "message", message)
		g.optional(&m, "input", g.quoted(inputs...))
	case "message.bot":
		g.rarely(&m, 90, "message", message)
		g.rarely(&m, 30, "fallback", boolean())
		g.optional(&m, "reviewable", boolean())
		g.optional(&m, "proactive", boolean())
		g.optional(&m, "agent", g.agent())
	case "message.operator":
		g.optional(&m, "message", message)
	case "handover.requested":
		g.rarely(&m, 30, "cause", g.quoted(causes...))
		g.optional(&m, "via", g.quoted(vias...))
	case "feedback.given":
		m = members{{"message", message}, {"rating", g.quoted(ratings...)}}
		g.rarely(&m, 30, "agent", g.agent())
	case "csat.submitted":
		m = members{{"score", strconv.Itoa(1 + g.IntN(5))}}
		if g.chance(5) {
			m[0].value = g.pick("0", "6", "-1", "5.0", "5e0", "0.5e1", "30e-1", "-0", `"5"`, "4.5", "1E0", "50", "100000000000000000000", "1e400", "true")
		}
	case "element.clicked":
		m = members{{"element", g.quoted(elements...)}}
		g.optional(&m, "title", g.quoted(append([]string{g.number("title", 3, 900)}, titles...)...))
		g.optional(&m, "target", g.quoted(append([]string{"url", "url"}, targets...)...))
		g.optional(&m, "destination", g.quoted(destinations...))
		g.optional(&m, "operator", boolean())
	case "agent.triggered":
		m = members{{"agent", g.agent()}}
	case "custom":
		m = members{{"event", quote(g.number("order placed ", 3, 300))}}
	}
	return m
}

func (g *generator) agent() string {
	m := members{{"id", quote(g.number("agent", 3, 1200))}}
	g.rarely(&m, 30, "name", g.quoted("Billing", g.number("agent", 3, 1200), "näme\u0000"))
	g.optional(&m, "kind", g.quoted(agentKinds...))
	g.rarely(&m, 4, "other", "[{}]")
	if g.chance(4) {
		g.spoil(m)
	}
	return m.json()
}

// spoil replaces one value by one that is empty, too long, just short enough, of another type or null, or drops the member.
func (g *generator) spoil(m members) {
	one := &m[g.IntN(len(m))]
	if g.chance(15) {
		one.name = "not_" + one.name
		return
	}
	one.value = g.pick(`""`, `""`, "null", "null", "7", "1.0", "true", `"true"`, "[]", "{}", `{"id":"x"}`, `"nowhere"`, `"2026-03-01"`, `" "`,
		`"2026-03-01T10:00:00,5Z"`, `"2026-03-01 10:00:00Z"`, `"2026-13-01T10:00:00Z"`,
		quote(strings.Repeat("n", 128)), quote(strings.Repeat("n", 129)), quote(strings.Repeat("é", 64)), quote(strings.Repeat("é", 64)+"n"))
}

// damage makes a line of an event no event, or just keeps it one.
func (g *generator) damage(line []byte) []byte {
	text := string(line)
	inner := strings.TrimPrefix(text, "{")
	switch g.IntN(16) {
	case 0:
		return line[:g.IntN(len(line))]
	case 1:
		return append(line, g.pick("x", "{}", " 1", ",", "\x00", "]")...)
	case 2:
		return []byte(`{"id":"first",` + inner)
	case 3: // one name written in two ways, below the envelope
		return []byte(`{"ext":{"deep":[{"a":1,"\u0061":2}]},` + inner)
	case 4:
		at := g.IntN(len(line))
		return bytes.Join([][]byte{line[:at], []byte("\xff"), line[at:]}, nil)
	case 5:
		return []byte(`{"ext":"\xed\xa0\x80",` + inner)
	case 6: // with the envelope, exactly 64 deep
		return []byte(`{"ext":` + nested(63) + "," + inner)
	case 7:
		return []byte(`{"ext":` + nested(64) + "," + inner)
	case 8:
		return []byte(nested(64 + g.IntN(2)))
	case 9:
		return []byte(g.pick("", " ", "\r", "not json", "\ufeff"+text, "{", "[1,]", `{"a":1,}`, "{'a':1}", "nul", "NaN", "01", `"\x"`, "[1 2]", "// {}"))
	case 10:
		return []byte(g.pick("[]", "["+text+"]", `"text"`, "0", "-1.5e3", "true", "null", "{}", ` {"specversion":"1.0"} `))
	case 11:
		return []byte(strings.Replace(text, `"specversion":"1.0"`, `"specversion":`+g.pick(`"1.1"`, `"0.3"`, "1.0", "null", `"1.0 "`, `"\u0031.0"`), 1))
	case 12: // exactly as large as allowed, or one byte more
		return padded(inner, 65536+g.IntN(2))
	case 13:
		return padded(inner, 65536+1+g.IntN(5000))
	case 14:
		return []byte(`{"Type":"bot.custom","DATA":{},"dat\u0061contentencoding":"\/\u00e9",` + inner)
	default: // other names for the same attribute
		return []byte(strings.Replace(text, `"data":`, `"d\u0061ta":`, 1))
	}
}

func nested(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }

func padded(inner string, size int) []byte {
	head := `{"pad":"`
	tail := `",` + inner
	return []byte(head + strings.Repeat("p", max(0, size-len(head)-len(tail))) + tail)
}
