package collectors

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// flood is events with ever new values of every label.
func flood(from, to int) (list []event.Event) {
	for i := from; i < to; i++ {
		e := event.Event{
			Source: "s", ID: fmt.Sprint(i), Bot: fmt.Sprint("bot", i%50), Channel: fmt.Sprint("channel", i%6), Chat: fmt.Sprint(i), User: fmt.Sprint(i),
			Device: fmt.Sprint("device", i%9), Browser: fmt.Sprint("browser", i%11),
		}
		switch i % 4 {
		case 0:
			e.Kind, e.Input = event.MessageUser, event.InputText
		case 1:
			e.Kind, e.Element, e.Target, e.Title = event.ElementClicked, event.Link, event.TargetURL, fmt.Sprint("title", i%997)
		case 2:
			e.Kind, e.Agent = event.AgentTriggered, event.Agent{ID: fmt.Sprint("agent", i%1009), Kind: event.KindAgent}
		case 3:
			e.Kind, e.Key = event.Custom, fmt.Sprint("key", i%499)
		}
		list = append(list, e)
	}
	return list
}

// sums adds up each counter but that of overflows, and those separately.
func sums(s *Set) (sums map[string]float64, overflows float64) {
	sums = map[string]float64{}
	for _, f := range s.Families() {
		if f.Def().Type != metric.TypeCounter {
			continue
		}
		for _, v := range f.(metric.Scalars).Read(nil, s.Clock()) {
			sums[f.Def().Name] += v
		}
	}
	overflows = sums[LabelOverflow.Name]
	delete(sums, LabelOverflow.Name)
	return sums, overflows
}

// Beyond the limit on all series, new values of any label become Other; nothing is lost, and it is counted.
func TestBudget(t *testing.T) {
	fold := func(cfg Config) *Set {
		s := New(cfg)
		for i, e := range flood(0, 20_000) {
			s.Fold(int64(i)*1e6+1e18, &e, nil)
		}
		return s
	}
	free := Defaults()
	free.MaxSeries = 1e9
	want, before := sums(fold(free))
	for _, limit := range []int{1, 1_000, 5_000, 30_000, 60_000} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			cfg := Defaults()
			cfg.MaxSeries = limit
			s := fold(cfg)
			pairs := s.pairs.Len()
			// Rows of Other come on top: one pair of theirs, and for each pair one group, one new user, and one of each open label.
			require.LessOrEqual(t, s.Samples(), limit+New(cfg).Samples()+500+pairs*(len(cfg.Session.Windows)+4))
			have, overflows := sums(s)
			require.Equal(t, want, have)
			require.Greater(t, overflows, before)
			if limit > 5_000 {
				require.Greater(t, s.Samples(), limit-400, "the limit is made use of")
			}
		})
	}
}

// What is refused depends on the messages alone, not on where the state was saved and restored.
func TestBudgetAcrossRestore(t *testing.T) {
	cfg := Defaults()
	cfg.MaxSeries = 20_000
	events := flood(0, 6_000)
	whole := New(cfg)
	for i := range events {
		whole.Fold(int64(i)*1e6+1e18, &events[i], nil)
	}
	for _, at := range []int{1, 40, 900, 3_001} {
		s := New(cfg)
		for i := range events {
			if i == at {
				next := New(cfg)
				require.NoError(t, next.Restore(write(s.Sections())))
				require.Equal(t, s.Samples(), next.Samples())
				s = next
			}
			s.Fold(int64(i)*1e6+1e18, &events[i], nil)
		}
		require.Equal(t, write(whole.Sections()), write(s.Sections()))
	}
}
