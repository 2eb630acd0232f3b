package exporter

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/codec"
	"github.com/bot-exporter/bot-exporter/collectors/self"
)

// digesting is an engine with its marks closer together than usual, and none left out for its pace.
func digesting(t *testing.T, every uint64, source Source, store Store) *running {
	t.Helper()
	return runWith(t, quick(often), source, store, func(e *Engine) { e.digests.every, e.digests.restFactor = every, 0 })
}

func TestDigests(t *testing.T) {
	all := stored(1000)
	b := newBroker(all[:150])
	b.batch = 7
	r := digesting(t, 100, b, &shelf{})
	at := func(mark uint64) (found Digest) {
		t.Helper()
		r.until("digest is there", func() bool {
			i := slices.IndexFunc(r.digests.all(), func(d Digest) bool { return d.Sequence == mark })
			if i >= 0 {
				found = r.digests.all()[i]
			}
			return i >= 0
		})
		return found
	}
	r.live(150)
	require.Empty(t, r.digests.all(), "none of a replay")
	b.publish(all[150:250]...)
	require.Equal(t, Digest{200, digestOf(oracle(quick(), all[:200]).Sections())}, at(200))
	b.publish(all[250:300]...)
	require.Equal(t, Digest{300, digestOf(oracle(quick(), all[:300]).Sections())}, at(300), "as soon as the message at the mark is folded")

	b.publish(all[300:390]...) // 391 to 499 are deleted
	b.publish(all[499])
	want := Digest{400, digestOf(oracle(quick(), all[:390]).Sections())}
	require.Equal(t, want, at(400), "the state as it was before the message that comes next")
	r.live(500)
	r.made()

	page := r.Digests()
	require.Equal(t, "TEST", page.Stream)
	require.Equal(t, "key", page.KeyID)
	require.Equal(t, r.cfg.countingSettings(), page.Config)
	digests, sequences := r.metrics()[self.Digest.Name].Metric, r.metrics()[self.DigestSequence.Name].Metric
	require.Len(t, digests, len(page.Digests))
	require.Len(t, sequences, len(page.Digests))
	for i, m := range sequences {
		d := page.Digests[slices.IndexFunc(page.Digests, func(d Digest) bool { return float64(d.Sequence) == m.GetGauge().GetValue() })]
		require.Equal(t, strconv.FormatUint(d.Sequence/r.digests.every%digestsKept, 10), label(m, "slot"))
		require.Equal(t, d.SHA256[:12], fmt.Sprintf("%012x", uint64(digests[i].GetGauge().GetValue())))
		require.Equal(t, label(m, "slot"), label(digests[i], "slot"))
	}
	basis := label(digests[0], "basis")
	require.Regexp(t, "^[0-9a-f]{8}$", basis)
	for name, change := range map[string]func(*Engine){
		"key":           func(e *Engine) { e.cfg.KeyID = "another" },
		"configuration": func(e *Engine) { e.cfg.KPIs.MaxClicks++ },
		"stream":        func(e *Engine) { e.position.Stream += "2" },
		"created":       func(e *Engine) { e.position.Created = e.position.Created.Add(1) },
		"epoch":         func(e *Engine) { e.position.Epoch++ },
		"subjects":      func(e *Engine) { e.position.Subjects = []string{"x"} },
	} {
		other := &Engine{cfg: r.cfg, position: r.Position()}
		require.Equal(t, basis, other.basis())
		change(other)
		require.NotEqual(t, basis, other.basis(), name)
	}
}

// Only the last few are kept, and they do not follow one another without a rest.
func TestDigestsAreFew(t *testing.T) {
	all := stored(300)
	for _, v := range []struct {
		rest time.Duration
		want int
	}{{0, digestsKept}, {1e9, 1}} {
		b := newBroker(nil)
		r := runWith(t, quick(), b, &shelf{}, func(e *Engine) { e.digests.every, e.digests.restFactor = 10, v.rest })
		for i := 0; i < 300; i += 10 {
			b.publish(all[i : i+10]...)
			r.live(uint64(i + 10))
			r.made()
		}
		require.Len(t, r.digests.all(), v.want)
		if v.want > 1 {
			require.EqualValues(t, 300, r.digests.all()[v.want-1].Sequence)
		}
	}
}

// made waits for a digest that is being made.
func (r *running) made() {
	r.t.Helper()
	r.until("digest is made", func() bool { r.digests.mu.Lock(); defer r.digests.mu.Unlock(); return !r.digests.busy })
}

// States that differ in one bit of any section have other digests.
func TestDigestsTellStatesApart(t *testing.T) {
	saved := written(oracle(quick(), stored(2000)).Sections())
	require.NotEmpty(t, saved)
	sections := func(change func(list []collectors.RawSection)) (list []codec.Section) {
		copies := slices.Clone(saved)
		for i := range copies {
			copies[i].Data = slices.Clone(copies[i].Data)
		}
		change(copies)
		for _, s := range copies {
			list = append(list, codec.Section{Name: s.Name, Version: s.Version, Write: func(w *codec.Writer) { w.Raw(s.Data) }})
		}
		return list
	}
	same := digestOf(sections(func([]collectors.RawSection) {}))
	require.Len(t, same, 64)
	require.Equal(t, digestOf(oracle(quick(), stored(2000)).Sections()), same)
	for i, s := range saved {
		for name, change := range map[string]func(list []collectors.RawSection){
			"a bit":   func(list []collectors.RawSection) { d := list[i].Data; d[len(d)/2] ^= 1 },
			"name":    func(list []collectors.RawSection) { list[i].Name += "x" },
			"version": func(list []collectors.RawSection) { list[i].Version++ },
		} {
			if len(s.Data) > 0 || name != "a bit" {
				require.NotEqual(t, same, digestOf(sections(change)), "%s of %s", name, s.Name)
			}
		}
	}
}

// The digest of another state is not kept over a reset.
func TestDigestsAfterReset(t *testing.T) {
	b := newBroker(nil)
	r := runWith(t, quick(watchful, onMismatch(Reset)), b, &shelf{}, func(e *Engine) { e.digests.every, e.digests.restFactor = 10, 0 })
	r.live(0)
	b.publish(stored(100)...)
	r.until("there is one", func() bool { return len(r.digests.all()) > 0 })
	b.recreate(other(15))
	r.until("new stream is followed", func() bool {
		s := r.Status()
		return s.Position.Epoch == 1 && s.Phase == PhaseLive && s.Position.Seq == 15
	})
	require.Empty(t, r.digests.all())
	b.publish(other(25)[15:]...)
	r.until("and has one", func() bool { return len(r.digests.all()) > 0 })
	require.Equal(t, []Digest{{20, digestOf(oracle(quick(), other(20)).Sections())}}, r.digests.all())
}

// F22: replicas that read in other batches, on other numbers of processors, with restarts, have the same digests.
func TestReplicasAgree(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	const n, every = 20_000, 1000
	all := stored(n)
	for range 40 { // holes
		i := 1 + random.IntN(len(all)-10)
		all = slices.Delete(all, i, i+random.IntN(5))
	}
	want := map[uint64]string{}
	for mark := uint64(every); mark <= n; mark += every {
		upto, _ := slices.BinarySearchFunc(all, mark+1, func(m Message, seq uint64) int { return int(m.Seq) - int(seq) })
		set := oracle(quick(), all[:upto])
		set.Lost(gapsIn(all[:upto]))
		want[mark] = digestOf(set.Sections())
	}
	for _, procs := range []int{1, 16} {
		was := runtime.GOMAXPROCS(procs)
		found, b, store := 0, newBroker(nil), &shelf{}
		b.batch = 1 + random.IntN(300)
		for upto := 0; upto < len(all); {
			upto = min(len(all), upto+1+random.IntN(len(all)/4))
			r := digesting(t, every, b, store)
			for len(b.messages) < upto {
				b.publish(all[len(b.messages):min(upto, len(b.messages)+1+random.IntN(every*9/10))]...) // one mark at a time
				r.live(b.last())
				r.made()
				for _, d := range r.digests.all() {
					require.Equal(t, want[d.Sequence], d.SHA256, "at %s", strconv.FormatUint(d.Sequence, 10))
					found++
				}
			}
			require.NoError(t, r.close())
		}
		require.Greater(t, found, n/every/2)
		runtime.GOMAXPROCS(was)
	}
}

func gapsIn(list []Message) (n uint64) {
	for i := 1; i < len(list); i++ {
		n += list[i].Seq - list[i-1].Seq - 1
	}
	return n
}
