package reference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Stream makes NDJSON for differential tests: the same seed and number of lines give the same bytes. Few bots, chats and users
// make everything collide; most lines are valid, and each rule of the definitions is provoked now and then.
func Stream(seed int64, lines int) []byte {
	return newGenerator(seed, false).stream(lines)
}

// WideStream makes a stream in which bots, channels, devices, browsers, agents, titles and custom events exceed their limits.
func WideStream(seed int64, lines int) []byte {
	return newGenerator(seed, true).stream(lines)
}

// generator knows just enough of what it wrote to hit boundaries exactly.
type generator struct {
	*rand.Rand
	wide   bool
	calm   bool // chats have time to grow: fewer jumps, less lateness
	stored time.Time
	wrong  time.Duration // how far ahead the next line is stored
	ids    []eventID     // of earlier events
	chat   members       // bot, channel and chat of the event before
}

func newGenerator(seed int64, wide bool) *generator {
	return &generator{
		Rand:   rand.New(rand.NewPCG(uint64(seed), 1)),
		wide:   wide,
		calm:   seed%2 == 0,
		stored: time.Date(2026, 2, 27, 22, 50, 0, 0, time.UTC),
	}
}

func (g *generator) stream(lines int) []byte {
	out := bytes.Buffer{}
	for i := range lines {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.Write(g.line(i))
	}
	if g.chance(50) {
		out.WriteByte('\n')
	}
	return out.Bytes()
}

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func (g *generator) pick(values ...string) string { return values[g.IntN(len(values))] }

// quoted picks one of the texts and writes it as JSON.
func (g *generator) quoted(values ...string) string { return quote(g.pick(values...)) }

func quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return string(quoted)
}

// member is one name and value of an object, as JSON.
type member struct{ name, value string }

type members []member

// optional adds a member to about half of the objects.
func (g *generator) optional(m *members, name, value string) {
	if g.chance(50) {
		*m = append(*m, member{name, value})
	}
}

func (m members) without(name string) members {
	return slices.DeleteFunc(slices.Clone(m), func(one member) bool { return one.name == name })
}

func (m members) line() []byte { return []byte(m.json()) }

func (m members) json() string {
	parts := []string{}
	for _, one := range m {
		parts = append(parts, quote(one.name)+":"+one.value)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// line makes one message: an event, possibly with one fault.
func (g *generator) line(i int) []byte {
	g.tick()
	kind := g.kind()
	data := g.data(kind)
	if i == 0 { // the first line sets the clock, which is far from 1970
		return append(g.envelope(i, kind)[:4], member{"storedtime", quote(g.timestamp(g.stored))}, member{"data", data.json()}).line()
	}
	if g.chance(7) {
		g.spoil(data)
	}
	envelope := g.envelope(i, kind)
	dataJSON := data.json()
	if g.chance(1) {
		dataJSON = g.pick("null", "[]", `"text"`, "5", "true", "{}")
	}
	switch {
	case g.chance(1):
	case g.chance(3):
		envelope = append(envelope.without("datacontenttype"), g.encoded(data)...)
	default:
		envelope = append(envelope, member{"data", dataJSON})
	}
	if g.chance(2) {
		g.spoil(envelope)
	}
	if g.chance(20) {
		g.Shuffle(len(envelope), func(a, b int) { envelope[a], envelope[b] = envelope[b], envelope[a] })
	}
	line := []byte(envelope.json())
	switch {
	case g.chance(5):
		return g.damage(line)
	case g.chance(2):
		return append([]byte(" \t"), append(line, " \t\r"...)...)
	}
	return line
}

// tick moves the stored time: mostly a little, sometimes over timeouts, ends of days and windows, sometimes back.
func (g *generator) tick() {
	exact := []time.Duration{
		30 * time.Minute, time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 400 * 24 * time.Hour,
	}
	n := g.IntN(1000)
	if g.calm && g.chance(85) {
		n = g.IntN(800)
	}
	switch {
	case n < 100: // the same moment
	case n < 750:
		g.stored = g.stored.Add(time.Duration(g.IntN(20_000)) * time.Millisecond)
	case n < 900:
		g.stored = g.stored.Add(time.Duration(g.IntN(600)) * time.Second)
	case n < 940:
		g.stored = g.stored.Add(time.Duration(g.IntN(90)) * time.Minute)
	case n < 960:
		g.stored = g.stored.Add(-time.Duration(g.IntN(7200)) * time.Second)
	case n < 980:
		g.stored = g.stored.Add(time.Duration(g.IntN(26)) * time.Hour)
	case n < 985:
		g.stored = g.stored.Add(time.Duration(g.IntN(9*24)) * time.Hour)
	case n < 987:
		g.stored = g.stored.Add(time.Duration(g.IntN(32*24)) * time.Hour)
	case n < 988:
		g.stored = g.stored.Add(time.Duration(390*24+g.IntN(20*24)) * time.Hour)
	case n < 991: // a wrong tick of the broker's clock: the next line goes on from here
		g.wrong = time.Duration(g.IntN(500*24)) * time.Hour
	default:
		step := exact[g.IntN(len(exact)-1)]
		if g.chance(3) {
			step = exact[len(exact)-1]
		}
		g.stored = g.stored.Truncate(time.Minute).Add(step)
	}
}

// eventTime is RFC 3339 near the stored time: a little before, late, exactly at a limit or beyond, in the future.
func (g *generator) eventTime() string {
	t := g.stored
	second := time.Second
	n := g.IntN(100)
	if g.calm && g.chance(85) {
		n = g.IntN(65)
	}
	switch {
	case n < 25:
	case n < 65:
		t = t.Add(-time.Duration(g.IntN(5000)) * time.Millisecond)
	case n < 75:
		t = t.Add(-time.Duration(g.IntN(3600)) * second)
	case n < 80:
		t = t.Add(-time.Duration(g.IntN(25*3600)) * second)
	case n < 88:
		t = t.Add(time.Duration(g.IntN(400)) * second)
	case n < 90:
		t = t.Add(-24 * time.Hour)
	case n < 92:
		t = t.Add(-24*time.Hour - 1)
	case n < 94:
		t = t.Add(5 * time.Minute)
	case n < 96:
		t = t.Add(5*time.Minute + 1)
	case n < 98:
		t = t.AddDate(-3, 0, 0)
	default: // not further: without a storedtime this moves the clock, and nothing stays open until the stream has caught up
		t = t.Add(30 * time.Hour)
	}
	return g.timestamp(t)
}

// timestamp writes a time in UTC or with an offset.
func (g *generator) timestamp(t time.Time) string {
	if g.chance(30) {
		t = t.In(time.FixedZone("", []int{7200, -12600, 20700, 50400}[g.IntN(4)]))
	}
	return t.Format(time.RFC3339Nano)
}

// envelope makes all attributes but data.
func (g *generator) envelope(i int, kind string) members {
	id := eventID{g.pick("/bots/a", "/bots/b", "urn:ü"), "e" + strconv.Itoa(i)}
	if len(g.ids) > 0 && g.chance(6) {
		id = g.ids[max(0, len(g.ids)-1-g.IntN(200))]
	}
	g.ids = append(g.ids, id)

	typ := "bot." + kind
	if g.chance(1) {
		typ = g.pick("bot.unheard", "bot.agent.finished", "bot.llm.called", "bot.tool.called",
			"chat.started", "bot.", "Bot.custom", "bot.custom ", "com.acme.bot.custom", strings.Repeat("t", 200))
	}
	m := members{
		{"specversion", `"1.0"`},
		{"id", quote(id.id)},
		{"source", quote(id.source)},
		{"type", quote(typ)},
	}
	if g.wrong > 0 || g.chance(90) {
		m = append(m, member{"storedtime", quote(g.timestamp(g.stored.Add(g.wrong)))})
		g.wrong = 0
	}
	if g.chance(75) {
		m = append(m, member{"time", quote(g.eventTime())})
	}
	if g.chance(20) {
		m = append(m, member{"subject", g.pick("null", `"s"`, "1")}, member{"datacontenttype", `"application/json"`})
	}
	return m
}

// number makes a name that is one of a few, or of many in a wide stream.
func (g *generator) number(prefix string, few, many int) string {
	if g.wide {
		return fmt.Sprint(prefix, g.IntN(many))
	}
	return fmt.Sprint(prefix, g.IntN(few))
}
