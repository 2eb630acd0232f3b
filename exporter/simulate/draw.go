package simulate

import (
	"math"
	"math/rand/v2"
)

// dice draws from the distributions of human affairs.
type dice struct{ *rand.Rand }

func newDice(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 0x626f74))} }

func (d dice) chance(p float64) bool { return d.Float64() < p }

// wait draws nanoseconds from a log-normal distribution with its median in seconds, cut off at a hundred times that.
func (d dice) wait(median, sigma float64) int64 {
	return int64(median * min(math.Exp(sigma*d.NormFloat64()), 100) * float64(second))
}

// between draws nanoseconds from a range in seconds.
func (d dice) between(low, high float64) int64 {
	return int64((low + (high-low)*d.Float64()) * float64(second))
}

// wheel holds cumulative weights that end at 1.
type wheel []float64

func weights(w ...float64) wheel {
	sum := 0.0
	for i := range w {
		sum += w[i]
		w[i] = sum
	}
	for i := range w {
		w[i] /= sum
	}
	return w
}

func (d dice) turn(w wheel) int { return w.at(d.Float64()) }

func (w wheel) at(x float64) int {
	for i, up := range w {
		if x < up {
			return i
		}
	}
	return len(w) - 1
}

// mix is a hash of x (splitmix64), for draws that must be the same each time.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// ids numbers things in an order that looks random. No id repeats within chars*5 bits of numbers: the mapping is a
// bijection.
type ids struct {
	prefix byte
	chars  uint // at most 12
	key    uint64
	next   uint64
}

func (s *ids) new() string {
	s.next++
	return s.of(s.next)
}

func (s *ids) of(n uint64) string {
	bits := 5 * s.chars
	mask := uint64(1)<<bits - 1
	n = (n + s.key) & mask
	for range 2 {
		n = n * 0x9e3779b97f4a7c15 & mask
		n ^= n >> (bits / 2)
	}
	var b [14]byte
	b[0], b[1] = s.prefix, '-'
	for i := range s.chars {
		b[2+i] = "0123456789abcdefghjkmnpqrstvwxyz"[n>>(5*i)&31]
	}
	return string(b[:2+s.chars])
}

// scores holds, for means from 1 to 5 in steps of a twentieth, the distribution of survey scores. People vote in a J:
// mostly 5, then 4, then 1. Tilting these weights exponentially reaches any mean.
var scores = func() (table [81]wheel) {
	shape := [5]float64{0.10, 0.05, 0.10, 0.27, 0.48}
	tilt := func(by float64) (w []float64, mean float64) {
		sum := 0.0
		for i, p := range shape {
			p *= math.Exp(by * float64(i))
			w = append(w, p)
			sum += p
			mean += p * float64(i+1)
		}
		return w, mean / sum
	}
	for i := range table {
		low, high := -20.0, 20.0
		for range 50 {
			if _, mean := tilt((low + high) / 2); mean < 1+float64(i)/20 {
				low = (low + high) / 2
			} else {
				high = (low + high) / 2
			}
		}
		w, _ := tilt(low)
		table[i] = weights(w...)
	}
	return table
}()

// score draws a vote of 1 to 5 with the given mean.
func (d dice) score(mean float64) int {
	i := math.Round((mean - 1) * 20)
	return 1 + d.turn(scores[int(min(max(i, 0), 80))])
}
