package promql

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
)

// Labels that are not part of a definition: LE is that of a histogram's buckets, Job and Instance are those of Each.
var (
	LE       = metric.Label{Name: "le"}
	Job      = metric.Label{Name: "job"}
	Instance = metric.Label{Name: "instance"}
)

// Lookback is how long the last value of a counter holds when scrapes fail.
const Lookback = time.Hour

// Selector is the series of one metric.
type Selector struct {
	scope  Scope
	def    *metric.Def
	suffix string
	own    []string // matchers
	offset string
	err    error
}

// Of selects a metric.
func (s Scope) Of(d *metric.Def) Selector { return Selector{scope: s, def: d} }

// Def returns the metric.
func (s Selector) Def() *metric.Def { return s.def }

// Is keeps series whose label has one of the values.
func (s Selector) Is(l metric.Label, values ...string) Selector { return s.values(l, "=", values) }

// Not leaves out series whose label has one of the values.
func (s Selector) Not(l metric.Label, values ...string) Selector { return s.values(l, "!=", values) }

func (s Selector) values(l metric.Label, op string, values []string) Selector {
	for _, v := range values {
		if closed := s.label(l).Values; closed != nil && !slices.Contains(closed, v) {
			return s.fail("label %s has no value %q but %q", l.Name, v, closed)
		}
	}
	if len(values) == 1 {
		return s.match(l, op, values[0])
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = regexp.QuoteMeta(v)
	}
	return s.match(l, strings.Replace(op, "=", "=~", 1), strings.Join(quoted, "|"))
}

// Like keeps series whose label matches a regular expression, such as a variable of a dashboard.
func (s Selector) Like(l metric.Label, regex string) Selector { return s.match(l, "=~", regex) }

func (s Selector) match(l metric.Label, op, value string) Selector {
	if s.label(l).Name == "" {
		return s.fail("no label %q", l.Name)
	}
	s.own = append(slices.Clone(s.own), name(l, strings.Replace(op, "!=~", "!~", 1), value))
	return s
}

func (s Selector) fail(format string, args ...any) Selector {
	if s.err == nil {
		s.err = fmt.Errorf(s.def.Name+": "+format, args...)
	}
	return s
}

// label returns the metric's own definition of a label: the argument may be that of another metric.
func (s Selector) label(l metric.Label) metric.Label {
	for _, own := range s.def.Labels {
		if own.Name == l.Name {
			return own
		}
	}
	return metric.Label{}
}

// Sum is the sum of all observations of a histogram.
func (s Selector) Sum() Selector { return s.part("_sum") }

// Count is the number of observations of a histogram.
func (s Selector) Count() Selector { return s.part("_count") }

// Buckets are the cumulative counts of a histogram, with the label LE.
func (s Selector) Buckets() Selector { return s.part("_bucket") }

// UpTo is the number of observations of a histogram that are at most bound, which must be that of a bucket.
func (s Selector) UpTo(bound float64) Selector {
	if !slices.Contains(s.def.Buckets, bound) {
		return s.fail("no bucket %v in %v", bound, s.def.Buckets)
	}
	s = s.part("_bucket")
	// Prometheus 2 stores the bound as exposed ("1"), Prometheus 3 as a float ("1.0").
	text := strconv.FormatFloat(bound, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		s.own = append(slices.Clone(s.own), name(LE, "=~", text+`(\.0)?`))
	} else {
		s.own = append(slices.Clone(s.own), name(LE, "=", text))
	}
	return s
}

func (s Selector) part(suffix string) Selector {
	if s.def.Type != metric.TypeHistogram || s.suffix != "" {
		return s.fail("has no %s", suffix)
	}
	s.suffix = suffix
	return s
}

// Ago is what was selected one window earlier.
func (s Selector) Ago(w Window) Selector {
	s.offset = " offset " + w.Text
	return s
}

// series writes the selector without window and offset.
func (s Selector) series() string {
	matchers := slices.Clone(s.scope.Target)
	if s.def.PerPair() {
		matchers = append(matchers, s.scope.Pair...)
	}
	matchers = append(matchers, s.own...)
	if len(matchers) == 0 {
		return s.def.Name + s.suffix
	}
	return s.def.Name + s.suffix + "{" + strings.Join(matchers, ",") + "}"
}

// merged wraps what was read from one target, so that replicas count once.
func (s Selector) merged(op, text string) Expr {
	if s.err != nil {
		return Expr{err: s.err}
	}
	if s.def.Type == metric.TypeHistogram && s.suffix == "" {
		return fail("%s: a histogram is read by its Sum, Count, Buckets or UpTo", s.def.Name)
	}
	labels := s.def.LabelNames()
	if s.suffix == "_bucket" {
		labels = append(labels, LE.Name)
	}
	slices.Sort(labels)
	return Expr{
		text: fmt.Sprintf("%s without (%s) (%s)", op, strings.Join(s.scope.Replica, ", "), text),
		bind: bindAtom, labels: labels, target: true, defs: []*metric.Def{s.def},
	}
}

// Now is the present value of a gauge, or of a counter since it began.
func (s Selector) Now() Expr { return s.merged("max", s.series()+s.offset) }

// Each is the present value in every process, replicas included.
func (s Selector) Each() Expr { return s.process(s.series() + s.offset) }

// EachOver is Each for a function of a window, such as increase.
func (s Selector) EachOver(function string, w Window) Expr {
	return s.process(function + "(" + s.series() + "[" + w.Text + "]" + s.offset + ")")
}

func (s Selector) process(text string) Expr {
	e := s.merged("max", "")
	if e.err != nil {
		return e
	}
	e.text, e.target = text, false
	e.labels = append(slices.Clone(e.labels), Job.Name, Instance.Name)
	slices.Sort(e.labels)
	return e
}

// Last is the last value within Lookback. It bridges failed scrapes, restarts and moves to another address.
func (s Selector) Last() Expr { return s.LastOver(For(Lookback)) }

// LastOver is the last value within the window, for what is to be remembered after its target is gone.
func (s Selector) LastOver(w Window) Expr { return s.over("max", "last_over_time", w) }

// Began is what is there now and was not one window earlier, for marks on a chart. The series is one that Prometheus wrote itself.
func (s Selector) Began(w Window, by ...metric.Label) Expr {
	now := s.within(w).aggregate("max", by)
	return now.Unless(s.Ago(w).within(w).aggregate("max", by))
}

// within is whatever was there in the window, of a series that no target exposes.
func (s Selector) within(w Window) Expr {
	e := s.Recorded()
	if e.err == nil {
		e.text = "max_over_time(" + s.series() + "[" + w.Text + "]" + s.offset + ")"
	}
	return e
}

// Rate is the growth per second.
func (s Selector) Rate(w Window) Expr { return s.counting().over("max", "rate", w) }

// Increase is the growth over the window as Prometheus estimates it: extrapolated, and without the first value of a
// series. For counters of the process, which start again with it; otherwise see Total.
func (s Selector) Increase(w Window) Expr { return s.counting().over("max", "increase", w) }

func (s Selector) counting() Selector {
	if s.def.Type == metric.TypeGauge {
		return s.fail("a gauge does not count")
	}
	return s
}

func (s Selector) over(op, function string, w Window) Expr {
	return s.merged(op, function+"("+s.series()+"["+w.Text+"]"+s.offset+")")
}

// Total is the exact growth of a counter over the window: its last value less its value at the window's start, which is
//
//  1. zero, if the first event ever counted is not older than the window: then all of them lie in it;
//  2. the last value before the start, if the counter did not fall since;
//  3. zero, if there was no such series but the exporter was scraped then: the series was born in the window, at zero;
//  4. the first value in the window, if Prometheus knows nothing older: then only the growth that it saw is counted.
//
// Unlike increase it is an integer, includes the first increment of a series, and adds up: the totals of the parts
// of a window are the total of the window. It is for counters of the stream, which keep their values over a restart.
func (s Selector) Total(w Window) Expr {
	s = s.counting()
	if slices.Contains(self.Defs(), s.def) {
		s = s.fail("counts in the process and starts again with it; use Increase")
	}
	if s.offset != "" {
		s = s.fail("Total after Ago; use Before")
	}
	end := s.Last()
	if end.err != nil {
		return end
	}
	start := s.Ago(w).Last().text
	first := s.scope.Of(self.FirstEvent).Last()
	seen := s.scope.Of(collectors.Events).Ago(w).Last().ByTarget("max")
	const zero = "0 * %s\n  and ignoring (%s)\n    %s"
	own := strings.Join(end.labels, ", ")
	end.text = fmt.Sprintf("%s\n-\n(\n  "+zero+" >= time() - %s\nor\n  %s <= %s\nor\n  "+zero+"\n  unless\n    %s\nor\n  %s\n)",
		end.text,
		end.text, own, first.text, w.Seconds,
		start, end.text,
		end.text, own, seen.text, start,
		s.over("min", "min_over_time", w).text)
	end.bind = bindAdd
	return end
}

// Counted is there when the first event ever counted is older than the window: a part of a window says little.
func (s Scope) Counted(w Window) Expr {
	e := s.Of(self.FirstEvent).Last().Min()
	e.text, e.bind = e.text+" <= time() - "+w.Seconds, bindCompare
	return e
}

// TotalBy is the sum of Total by these labels, for panels, which read many series at once: it adds up the values first
// and takes their difference then, which reads and compares less. The two are the same as long as all series of an
// exporter begin, fall and vanish together, which they do.
func (s Selector) TotalBy(w Window, by ...metric.Label) Expr {
	total := s.Total(w) // for its errors
	names, err := total.own(by)
	if err != nil || total.err != nil {
		return Expr{err: errors.Join(total.err, err)}
	}
	var rest []string
	for _, l := range total.labels {
		if !slices.Contains(names, l) {
			rest = append(rest, l)
		}
	}
	sum := func(e Expr) string {
		if len(rest) == 0 {
			return e.text
		}
		return "sum without (" + strings.Join(rest, ", ") + ") " + paren(e.text)
	}
	end, start, least := sum(s.Last()), sum(s.Ago(w).Last()), sum(s.over("min", "min_over_time", w))
	first := s.scope.Of(self.FirstEvent).Last().text + " >= time() - " + w.Seconds
	seen := s.scope.Of(collectors.Events).Ago(w).Last().ByTarget("max").text
	if len(names) == 0 {
		total.text = fmt.Sprintf("%s\n-\n(\n  %s <= %s unless %s\nor\n  0 * (%s)\nor\n  0 * %s\nor\n  %s\n)", end, start, end, first, first, seen, least)
	} else {
		own := strings.Join(names, ", ")
		total.text = fmt.Sprintf("%s\n-\n(\n  %s <= %s unless ignoring (%s) %s\nor\n  0 * %s and ignoring (%s) (%s or %s)\nor\n  %s\n)",
			end, start, end, own, first, end, own, first, seen, least)
	}
	total.labels = slices.Sorted(slices.Values(names))
	return total.Sum(by...)
}
