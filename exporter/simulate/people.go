package simulate

import (
	"math"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// people are the users of one bot on one channel. No user is stored: what must stay the same is a hash of the number.
type people struct {
	ids   ids
	count uint64 // users so far, numbered from 0 in the order in which they came
	key   uint64
}

// pick draws who begins a chat: somebody new, a recent user, or one of all by Zipf's law, which makes the first users the
// regulars. It is flattened at the top, or one person would chat every few minutes.
func (p *people) pick(d dice) uint64 {
	switch x := d.Float64(); {
	case p.count == 0, x < newShare:
		p.count++
		return p.count - 1
	case x < newShare+recentShare:
		return p.count - 1 - min(uint64(100*d.ExpFloat64()), p.count-1)
	}
	n := float64(p.count)
	top := 1 + n/20
	return min(uint64(top*(math.Pow(1+n/top, d.Float64())-1)), p.count-1)
}

// traits returns a user's hash; each trait uses bits of its own.
func (p *people) traits(n uint64) uint64 { return mix(p.key + n) }

// device draws what a user comes on: everybody has a first device, some a second that is used now and then.
func (p *people) device(traits uint64, list []device, w wheel, d dice) *device {
	at := traits
	if traits>>60 < 5 && d.chance(0.25) {
		at = mix(traits)
	}
	return &list[w.at(float64(at&0xffff)/0x10000)]
}

func language(traits uint64) string {
	return [...]string{"en", "en", "en", "it", "it", "de", "fr", "es"}[traits>>56&7]
}

// device is what a user comes on.
type device struct {
	kind, browser string
	header        string // User-Agent, from which the exporter must derive the same kind and browser
}

// tell puts the device into an event, in one of the two ways that the contract has.
func (v *device) tell(e *event.Event, header bool) {
	if header && v.header != "" {
		e.UserAgent = v.header
		return
	}
	e.Device, e.Browser = v.kind, v.browser
}

// devices by channel, and how common they are. Labels are spelled like those that a User-Agent gives: "chrome" besides
// "Chrome" would make two users of one.
var devices = [numChannels][]device{
	web: {
		{"mobile", "Chrome", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36"},
		{"mobile", "Safari", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"},
		{"desktop", "Chrome", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"},
		{"desktop", "Edge", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0"},
		{"desktop", "Safari", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15"},
		{"desktop", "Firefox", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"},
		{"mobile", "Samsung Browser", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36"},
		{"tablet", "Safari", "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"},
		{"mobile", "Firefox", "Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0"},
		{"", "", ""}, // blocked by an extension
	},
	whatsapp: {{kind: "mobile", browser: "WhatsApp"}, {kind: "desktop", browser: "WhatsApp"}},
	voice:    {{kind: "phone"}, {kind: "smart speaker"}},
}

var deviceWeights = [numChannels]wheel{
	web:      weights(30, 24, 18, 8, 6, 4, 4, 3, 2, 1),
	whatsapp: weights(93, 7),
	voice:    weights(88, 12),
}
