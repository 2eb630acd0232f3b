package metric

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	model = Open("model", 2, PerBotAndChannel)
	tool  = Open("tool", 2, PerExporter)
	kind  = OneOf("kind", "in", "out")
	test  = StreamCounter("bot_test_overflow_total", "Test.", Label{Name: "metric"}, Label{Name: "label"})
)

// opened are two families with two limits of their own, of which they share one.
type opened struct {
	pairs    *Pairs
	overflow *Overflow
	calls    *OpenCounterVec
	seconds  *OpenHistogramVec
	limits   []*LabelLimit
}

func newOpened() *opened {
	p := NewPairs(10, 10)
	o := &opened{pairs: p, overflow: NewOverflow(test, p)}
	models, tools := NewLabelLimit("models", 2, model), NewLabelLimit("tools", 2, tool)
	o.calls = NewOpenCounterVec(Counter("bot_test_total", "Test.", model, kind, tool), p, o.overflow, models, tools)
	o.seconds = NewOpenHistogramVec(Histogram("bot_test_seconds", "Test.", []float64{1, 2}, model), p, o.overflow, models)
	o.limits = []*LabelLimit{models, tools}
	return o
}

func (o *opened) overflowed() map[string]float64 {
	m := map[string]float64{}
	for i, v := range o.overflow.Read(nil, 0) {
		l := o.overflow.Labels(nil, i)
		m[l[0]+" "+l[1]] = v
	}
	return m
}

func rows(f Scalars) map[string]float64 {
	m := map[string]float64{}
	for i, v := range f.Read(nil, 0) {
		m[fmt.Sprint(f.Labels(nil, i))] = v
	}
	return m
}

// TestOpen: each limit goes by itself, families share what a limit has admitted, and what goes to Other is counted by
// metric and label. A restart changes nothing.
func TestOpen(t *testing.T) {
	o := newOpened()
	web, _, _ := o.pairs.Intern("shop", "web", 1)
	app, _, _ := o.pairs.Intern("shop", "app", 2)
	o.calls.Inc(web, 10, "small", "in", "search")
	o.calls.Add(web, 11, 5, " small\n", "in", "search")
	o.seconds.ObserveNanos(web, 12, 1_500_000_000, "large")
	o.calls.Inc(web, 13, "third", "out", "search") // small and large have the places
	o.calls.Inc(app, 14, "third", "out", "mail")   // another bot and channel; the second tool
	o.calls.Inc(app, 15, "third", "out", "chart")  // the third tool of the exporter
	o.seconds.Observe(web, 16, 3, "third")
	want := map[string]float64{
		"[shop web small in search]":      6,
		"[shop web __other__ out search]": 1,
		"[shop app third out mail]":       1,
		"[shop app third out __other__]":  1,
	}
	require.Equal(t, want, rows(o.calls))
	require.Equal(t, map[string]float64{"bot_test_total model": 1, "bot_test_total tool": 1, "bot_test_seconds model": 1}, o.overflowed())
	require.EqualValues(t, 10, o.calls.Start(0))

	next := newOpened()
	reload(t, o.pairs, next.pairs)
	reload(t, o.calls, next.calls)
	reload(t, o.seconds, next.seconds)
	for i := range o.limits {
		reload(t, o.limits[i], next.limits[i])
	}
	require.Equal(t, want, rows(next.calls))
	var h, again HistogramValue
	require.Equal(t, 2, next.seconds.Len())
	o.seconds.Read(0, &h)
	next.seconds.Read(0, &again)
	require.Equal(t, h, again)
	require.Equal(t, HistogramValue{Classic: []uint64{0, 1, 0}, Count: 1, Sum: 1.5, First: h.First, Native: []uint64{1}}, h)
	require.Equal(t, []string{"shop", "web", Other}, next.seconds.Labels(nil, 1))
	next.calls.Inc(web, 20, "fourth", "in", "chart")
	require.Equal(t, 1.0, rows(next.calls)["[shop web __other__ in __other__]"])
}

// TestOpenLimitedElsewhere: a family without a limit counts what somebody else has sent to Other.
func TestOpenLimitedElsewhere(t *testing.T) {
	p := NewPairs(1, 1)
	overflow := NewOverflow(test, p)
	c := NewOpenCounterVec(Counter("bot_test_total", "Test.", model, tool), p, overflow)
	pair, _, _ := p.Intern("shop", "web", 1)
	c.Inc(pair, 1, "small", Other)
	c.Inc(pair, 1, "small", "search")
	require.Equal(t, []float64{0, 1}, overflow.Read(nil, 0))
}

// TestOpenWithoutRoom: a series beyond the limit on all of them goes to Other; a histogram takes more room than a counter.
func TestOpenWithoutRoom(t *testing.T) {
	o := newOpened()
	pair, _, _ := o.pairs.Intern("shop", "web", 1)
	o.pairs.SetBudget(NewBudget(6, 1, []Family{o.calls, o.seconds}))
	o.seconds.Observe(pair, 1, 1, "small") // 5 samples: two buckets, +Inf, sum and count
	o.calls.Inc(pair, 1, "small", "in", "search")
	o.calls.Inc(pair, 1, "small", "in", "mail")
	o.calls.Inc(pair, 1, "small", "in", "mail")
	o.seconds.Observe(pair, 1, 1, "large")
	require.Equal(t, map[string]float64{"[shop web small in search]": 1, "[shop web __other__ in __other__]": 2}, rows(o.calls))
	require.Equal(t, []string{"shop", "web", Other}, o.seconds.Labels(nil, 1))
	require.Equal(t, map[string]float64{"bot_test_total model": 2, "bot_test_total tool": 2, "bot_test_seconds model": 1}, o.overflowed())
}

// TestLabelLimit: two labels together, for each bot and channel or for all.
func TestLabelLimit(t *testing.T) {
	for _, scope := range []string{PerBotAndChannel, PerExporter} {
		first, second := Open("first", 2, scope), Open("second", 2, scope)
		fresh := func() *LabelLimit { return NewLabelLimit("both", 2, first, second) }
		admit := func(l *LabelLimit, p Pair, a, b string) bool {
			return l.admit(&openKey{pair: p, values: [maxOpen]string{a, b}}, []int{0, 1})
		}
		l := fresh()
		require.True(t, admit(l, 1, "a", "x"))
		require.True(t, admit(l, 1, "a", "y"), "another pair of values")
		require.False(t, admit(l, 1, "ax", ""), "the third; not the first, run together")
		require.True(t, admit(l, 1, " a", "x\n"), "for good, when it is clean")
		require.False(t, admit(l, 3, Other, ""), "takes no place")
		require.Equal(t, scope == PerBotAndChannel, admit(l, 2, "b", ""), "another bot and channel")
		require.True(t, admit(l, 2, "a", "x"), "its second, or known already")
		again := fresh()
		reload(t, l, again)
		require.False(t, admit(again, 1, "c", ""))
		require.True(t, admit(again, 1, "a", "y"))
	}
}
