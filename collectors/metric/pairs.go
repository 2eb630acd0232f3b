package metric

import "github.com/bot-exporter/bot-exporter/collectors/codec"

// Pair is the index of an interned bot and channel.
type Pair uint16

// Pairs interns the label values of bots and channels. Every table of a Set shares one, so that a closed metric's
// series of a new pair exist from zero in all of them at once.
type Pairs struct {
	Origin int64 // fold clock in Unix nanoseconds at the first message of the stream: the start of stream counters

	bots     *Limit
	channels *Limit
	index    map[[2]string]Pair // by values as sent
	known    map[[2]string]Pair // by label values
	list     []pairInfo
	budget   *Budget // nil without a limit
}

type pairInfo struct {
	bot, channel string
	start        int64
}

// NewPairs returns an empty list with the given limits.
func NewPairs(maxBots, maxChannels int) *Pairs {
	return &Pairs{
		bots: NewLimit(maxBots), channels: NewLimit(maxChannels),
		index: map[[2]string]Pair{}, known: map[[2]string]Pair{},
	}
}

// Len returns the number of pairs.
func (p *Pairs) Len() int { return len(p.list) }

// Labels returns the label values of a pair.
func (p *Pairs) Labels(i Pair) (bot, channel string) { return p.list[i].bot, p.list[i].channel }

// Start returns the fold clock, in Unix nanoseconds, at the first event of the pair.
func (p *Pairs) Start(i Pair) int64 { return p.list[i].start }

// maxRaw bounds the cache of values as sent: beyond it a lookup sanitises and admits again, with the same result.
const maxRaw = 1 << 14

// Intern returns the pair of a bot and a channel, and which of the two went to Other. The strings are not kept.
func (p *Pairs) Intern(bot, channel string, clock int64) (pair Pair, otherBot, otherChannel bool) {
	pair, ok := p.index[[2]string{bot, channel}]
	if !ok {
		key := [2]string{p.bots.Admit(Clean(bot)), p.channels.Admit(Clean(channel))}
		key = p.fits(key)
		if pair, ok = p.known[key]; !ok {
			pair = Pair(len(p.list))
			p.list = append(p.list, pairInfo{key[0], key[1], clock})
			p.known[key] = pair
		}
		if len(p.index) < maxRaw {
			p.index[[2]string{clone(bot), clone(channel)}] = pair
		}
	}
	i := &p.list[pair]
	return pair, i.bot == Other, i.channel == Other
}

// Save writes the pairs and the admitted values.
func (p *Pairs) Save(w *codec.Writer) {
	w.Int(p.Origin)
	p.bots.Save(w)
	p.channels.Save(w)
	w.Uint(uint64(len(p.list)))
	for _, i := range p.list {
		w.String(i.bot)
		w.String(i.channel)
		w.Int(i.start)
	}
}

// Load reads what Save wrote into empty Pairs.
func (p *Pairs) Load(r *codec.Reader) {
	p.Origin = r.Int()
	p.bots.Load(r)
	p.channels.Load(r)
	n := r.Len(3)
	if n > (p.bots.max+1)*(p.channels.max+1) { // each costs far more memory than its bytes here
		r.Fail()
		return
	}
	for i := range n {
		info := pairInfo{r.String(), r.String(), r.Int()}
		p.list = append(p.list, info)
		p.known[[2]string{info.bot, info.channel}] = Pair(i)
	}
}
