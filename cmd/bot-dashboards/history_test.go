package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	"github.com/bot-exporter/bot-exporter/exporter/simulate"
)

// A history of scrapes: simulated events, folded, and exposed as OpenMetrics with timestamps.
const (
	every  = 4 * time.Minute
	length = 26 * time.Hour
	window = 6 * time.Hour // the range of panels; the one before lies in the history as well
)

// truth is the value of every counter, added up, at the ends of windows.
type truth map[string]float64

// history writes the scrapes of an exporter that moves to another address half-way, and of a replica that comes late,
// lags one scrape behind and never differs otherwise. It returns the truth at the end, one window before, and two.
func history(w io.Writer, end time.Time) [3]truth {
	start := end.Add(-length)
	sim := simulate.New(simulate.Config{
		Seed: 1, Start: start.Add(every), ChatsPerHour: 90, Duplicates: 0.01, Bots: []simulate.Bot{{Name: "shop"}},
	})
	set := collectors.New(collectors.Defaults())
	out := bufio.NewWriter(w)
	var known [3]truth
	var lagging []string
	var first, messages int64
	next, e := sim.Next()
	for at := start; !at.After(end); at = at.Add(every) {
		for ; next.Before(at); next, e = sim.Next() {
			if first == 0 {
				first = next.Unix()
			}
			messages++
			set.Fold(next.UnixNano(), e, nil)
		}
		scrape := scraped(set, at, at, first, messages)
		address := "a:9850"
		if at.After(start.Add(length / 2)) {
			address = "b:9850"
		}
		expose(out, scrape, address, at)
		if at.After(end.Add(-window - time.Hour)) {
			expose(out, lagging, "replica:9850", at)
		}
		lagging = scrape
		for i := range known {
			if at.Equal(end.Add(-time.Duration(i) * window)) {
				known[i] = totals(set)
			}
		}
	}
	fmt.Fprintln(out, "# EOF")
	out.Flush()
	return known
}

func expose(out io.Writer, samples []string, address string, at time.Time) {
	for _, s := range samples {
		fmt.Fprintf(out, s, address, at.Unix())
	}
}

// scraped returns a line for each sample, with verbs for the address and the time.
func scraped(set *collectors.Set, at, last time.Time, first, messages int64) []string {
	var lines []string
	add := func(name string, v float64, labels ...string) {
		line := name + `{job="bot-exporter",instance="%s"`
		for i := 0; i < len(labels); i += 2 {
			line += "," + labels[i] + "=" + strings.ReplaceAll(strconv.Quote(labels[i+1]), "%", "%%")
		}
		lines = append(lines, line+"} "+strconv.FormatFloat(v, 'g', -1, 64)+" %d\n")
	}
	if messages > 0 { // before, the exporter was not there
		for _, f := range set.Families() {
			family(f, at, add)
		}
	}
	for _, d := range append(self.Defs(), self.Foreign()...) {
		var labels []string
		for _, l := range d.Labels {
			labels = append(labels, l.Name, append(l.Values, "x")[0])
		}
		switch {
		case d.Type == metric.TypeHistogram:
			for i, b := range d.Buckets {
				add(d.Name+"_bucket", float64(messages)*math.Min(1, float64(i)/5), append(labels, "le", bound(b))...)
			}
			add(d.Name+"_bucket", float64(messages), append(labels, "le", "+Inf")...)
		case d == self.FirstEvent:
			add(d.Name, float64(first))
		case d == self.LastEvent:
			add(d.Name, float64(last.Unix()))
		case d == self.TimeZone:
			add(d.Name, 1, d.Labels[0].Name, "Europe/Berlin")
		case d == self.Series:
			add(d.Name, float64(set.Samples()))
		case d == self.SeriesLimit:
			add(d.Name, float64(collectors.Defaults().MaxSeries))
		case d == self.StartTime || d == self.ConfigReloadTime:
			add(d.Name, float64(first))
		case d == self.AppliedSequence:
			add(d.Name, float64(messages))
		case d == self.CPU:
			add(d.Name, float64(at.Unix()-first)/50)
		case d == self.Advice:
			add(d.Name, 1, d.Labels[0].Name, "replicas")
		case usual[d] != 0:
			add(d.Name, usual[d])
		case d == self.Mismatch || d == self.Lag || d == self.OriginLag || d == self.Epoch || d == self.ReplayRemaining || d == self.ReplayLeft || d == self.ReplayRate || d.Type == metric.TypeCounter:
			add(d.Name, 0, labels...)
		default:
			add(d.Name, 1, labels...)
		}
	}
	return lines
}

// usual are values of an exporter in good health.
var usual = map[*metric.Def]float64{
	self.ResidentMemory: 120e6, self.MemoryLimit: 512e6, self.OpenFiles: 18, self.MaxFiles: 1024, self.Goroutines: 42,
	self.CheckpointAge: 12, self.CheckpointDuration: 0.02, self.CheckpointSize: 4e6, self.BrokerClock: 0.002,
}

// family adds the samples of one metric.
func family(f metric.Family, at time.Time, add func(string, float64, ...string)) {
	d := f.Def()
	labels := func(i int) []string {
		var pairs []string
		for k, v := range f.Labels(nil, i) {
			pairs = append(pairs, d.Labels[k].Name, v)
		}
		return pairs
	}
	if s, ok := f.(metric.Scalars); ok {
		for i, v := range s.Read(nil, at.UnixNano()) {
			add(d.Name, v, labels(i)...)
		}
		return
	}
	var h metric.HistogramValue
	for i := range f.Len() {
		f.(metric.Histograms).Read(i, &h)
		sum := uint64(0)
		for k, n := range h.Classic {
			sum += n
			le := "+Inf"
			if k < len(d.Buckets) {
				le = bound(d.Buckets[k])
			}
			add(d.Name+"_bucket", float64(sum), append(labels(i), "le", le)...)
		}
		add(d.Name+"_sum", h.Sum, labels(i)...)
		add(d.Name+"_count", float64(h.Count), labels(i)...)
	}
}

// bound writes a bucket's bound as Prometheus stores it.
func bound(v float64) string {
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}

func totals(set *collectors.Set) truth {
	t := truth{}
	for _, f := range set.Families() {
		if s, ok := f.(metric.Scalars); ok {
			for _, v := range s.Read(nil, set.Clock()) {
				t[f.Def().Name] += v
			}
			continue
		}
		var h metric.HistogramValue
		for i := range f.Len() {
			f.(metric.Histograms).Read(i, &h)
			t[f.Def().Name] += float64(h.Count)
		}
	}
	return t
}
