// Package promql writes PromQL from metric definitions: a metric or label that is not in the catalogue is an error when
// dashboards and rules are generated, and a renamed one does not compile.
//
// # Adding up exporters
//
// Every expression first merges replicas, then adds up:
//
//	sum by (channel) (max without (instance, pod) (bot_chats_started_total{…}))
//
// Exporters that read the same stream fold the same numbers, so they are replicas: they differ in nothing but the
// labels of the scope's Replica list (instance, pod), the most advanced one counts, and neither a second replica nor a
// restart under a new address doubles anything. Exporters that read different streams or partitions share no event and
// have to be added. They are told apart by any other label: by bot, if each bot is in one partition; else by job, or by
// a target label such as partition or namespace.
//
// # Totals
//
// Counters of the stream survive restarts and start from zero, so the growth over a window is the difference of two
// values and needs no extrapolation: Total is exact, rate and increase are estimates. See Selector.Total.
//
// The package knows no thresholds, panels or rules, and does no I/O.
package promql

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// Expr is an expression that gives a vector. Its error, if any, is that of the first part that does not fit.
type Expr struct {
	text   string
	bind   binding
	labels []string // sorted; without those of the target
	target bool     // has the labels of the target as well
	scalar bool
	defs   []*metric.Def
	err    error
}

// binding is how strongly the outermost operator binds.
type binding int

const (
	bindOr binding = iota
	bindAnd
	bindCompare
	bindAdd
	bindMul
	bindAtom
)

// PromQL returns the text of the expression.
func (e Expr) PromQL() (string, error) { return e.text, e.err }

// Labels returns the labels of the result, without those of the target.
func (e Expr) Labels() []string { return e.labels }

// Defs returns the metrics that the expression shows.
func (e Expr) Defs() []*metric.Def { return e.defs }

// Number is a constant.
func Number(v float64) Expr {
	return Expr{text: fmt.Sprint(v), bind: bindAtom, scalar: true}
}

// Time is the time of evaluation, as Unix time in seconds.
func Time() Expr { return Expr{text: "time()", bind: bindAtom, scalar: true} }

func fail(format string, args ...any) Expr { return Expr{err: fmt.Errorf(format, args...)} }

// Sum adds up everything that has the same values of these labels.
func (e Expr) Sum(by ...metric.Label) Expr { return e.aggregate("sum", by) }

// Max keeps the largest value for each combination of these labels.
func (e Expr) Max(by ...metric.Label) Expr { return e.aggregate("max", by) }

// Min keeps the smallest value for each combination of these labels.
func (e Expr) Min(by ...metric.Label) Expr { return e.aggregate("min", by) }

// ByTarget adds up the metric's own labels and keeps those of the target: one result for each exporter or partition.
func (e Expr) ByTarget(op string) Expr {
	if e.err != nil || len(e.labels) == 0 {
		return e
	}
	return Expr{
		text: op + " without (" + strings.Join(e.labels, ", ") + ") " + paren(e.text),
		bind: bindAtom, target: true, defs: e.defs,
	}
}

func (e Expr) aggregate(op string, by []metric.Label) Expr {
	if e.err != nil {
		return e
	}
	names, err := e.own(by)
	if err != nil {
		return Expr{err: fmt.Errorf("%s by: %w", op, err)}
	}
	if len(names) > 0 {
		op += " by (" + strings.Join(names, ", ") + ")"
	}
	return Expr{text: op + " " + paren(e.text), bind: bindAtom, labels: slices.Sorted(slices.Values(names)), defs: e.defs}
}

// own returns the names of labels that the expression has.
func (e Expr) own(labels []metric.Label) ([]string, error) {
	var names []string
	for _, l := range labels {
		if !slices.Contains(e.labels, l.Name) {
			return nil, fmt.Errorf("no label %q in %v", l.Name, e.labels)
		}
		names = append(names, l.Name)
	}
	return names, nil
}

// Top keeps the n largest.
func (e Expr) Top(n int) Expr {
	if e.err != nil {
		return e
	}
	e.text, e.bind = fmt.Sprintf("topk(%d, %s)", n, e.text), bindAtom
	return e
}

// Func applies a function of one vector, such as clamp_min, with further scalar arguments.
func (e Expr) Func(function string, args ...float64) Expr {
	if e.err != nil {
		return e
	}
	text := e.text
	for _, a := range args {
		text += fmt.Sprintf(", %v", a)
	}
	e.text, e.bind = function+"("+text+")", bindAtom
	return e
}

// Weighted multiplies each result by the weight of its values of closed labels. PromQL cannot read a number from a label,
// so the weights become a vector of constants; results of weight 0 are left out.
func (e Expr) Weighted(weight func(values ...string) float64, labels ...metric.Label) Expr {
	if e.err != nil {
		return e
	}
	names, err := e.own(labels)
	if err != nil {
		return Expr{err: fmt.Errorf("weighted by: %w", err)}
	}
	combinations := [][]string{{}}
	for _, l := range labels {
		var longer [][]string
		for _, c := range combinations {
			for _, v := range l.Values {
				longer = append(longer, append(slices.Clone(c), v))
			}
		}
		combinations = longer
	}
	var constants []string
	for _, values := range combinations {
		w := weight(values...)
		if w == 0 {
			continue
		}
		constant := fmt.Sprintf("vector(%v)", w)
		for i, v := range values {
			constant = fmt.Sprintf(`label_replace(%s, %s, %s, "", "")`, constant, quote(names[i]), quote(v))
		}
		constants = append(constants, constant)
	}
	if len(constants) == 0 {
		return fail("weighted by %v: no label has a closed list of values, or all weights are 0", names)
	}
	e.text = fmt.Sprintf("%s\n* on (%s) group_left ()\n%s", e.operand(bindMul, false), strings.Join(names, ", "), paren(strings.Join(constants, "\nor\n")))
	e.bind = bindMul
	return e
}

// Quantile estimates a quantile from the buckets of a histogram, after Sum(LE, …).
func (e Expr) Quantile(q float64) Expr {
	if e.err != nil {
		return e
	}
	i := slices.Index(e.labels, LE.Name)
	if i < 0 {
		return fail("quantile: no label %q in %v", LE.Name, e.labels)
	}
	e.text, e.bind = fmt.Sprintf("histogram_quantile(%v, %s)", q, e.text), bindAtom
	e.labels = slices.Delete(slices.Clone(e.labels), i, i+1)
	return e
}

// Before is the same expression one window earlier, to the second.
func (e Expr) Before(w Window) Expr {
	if e.err != nil {
		return e
	}
	e.text, e.bind = "last_over_time("+paren(e.text)+"[1s:1s] offset "+w.Text+")", bindAtom
	return e
}

// MaxOver is the largest value in the window, as of each step of it.
func (e Expr) MaxOver(w Window, step time.Duration) Expr {
	if e.err != nil {
		return e
	}
	e.text, e.bind = "max_over_time("+paren(e.text)+"["+w.Text+":"+Duration(step)+"])", bindAtom
	return e
}

// AtEnd is the expression as of the end of the time range, the same for each step of a chart.
func (e Expr) AtEnd() Expr {
	if e.err != nil {
		return e
	}
	e.text, e.bind = "last_over_time("+paren(e.text)+"[1s:1s] @ end())", bindAtom
	return e
}

// OrZero is 0 where the expression has no result. It must have no labels.
func (e Expr) OrZero() Expr {
	if e.err == nil && (len(e.labels) > 0 || e.target) {
		return fail("or vector(0): the expression has labels")
	}
	return binary(e, "or", Expr{text: "vector(0)", bind: bindAtom, err: e.err}, bindOr)
}

// Add adds an expression with the same labels, or a Number. So do Sub, Mul and the others.
func (e Expr) Add(o Expr) Expr { return binary(e, "+", o, bindAdd) }

// Sub subtracts.
func (e Expr) Sub(o Expr) Expr { return binary(e, "-", o, bindAdd) }

// Mul multiplies.
func (e Expr) Mul(o Expr) Expr { return binary(e, "*", o, bindMul) }

// Or is o where e has no result.
func (e Expr) Or(o Expr) Expr { return binary(e, "or", o, bindOr) }

// And keeps what has a counterpart in o.
func (e Expr) And(o Expr) Expr { return binary(e, "and", o, bindAnd) }

// Unless keeps what has no counterpart in o.
func (e Expr) Unless(o Expr) Expr { return binary(e, "unless", o, bindAnd) }

// Where keeps what compares (">", "<=", …) with o.
func (e Expr) Where(op string, o Expr) Expr { return binary(e, op, o, bindCompare) }

// Over divides. Where the divisor is 0 there is no result, rather than NaN.
func (e Expr) Over(o Expr) Expr { return binary(e, "/", o.Where(">", Number(0)), bindMul) }

// OverLeast divides where the divisor is at least the given number, which must be above 0.
func (e Expr) OverLeast(o Expr, least float64) Expr {
	return binary(e, "/", o.Where(">=", Number(least)), bindMul)
}

// Change is the growth relative to an earlier value: 0.1 for 10 % more. No result where that was 0.
func (e Expr) Change(before Expr) Expr { return e.Over(before).Sub(Number(1)) }

func binary(a Expr, op string, b Expr, bind binding) Expr {
	if err := errors.Join(a.err, b.err); err != nil {
		return Expr{err: err}
	}
	if !a.scalar && !b.scalar && (!slices.Equal(a.labels, b.labels) || a.target != b.target) {
		return fail("%s: labels %v (target %v) and %v (target %v) differ:\n%s\n%s",
			op, a.labels, a.target, b.labels, b.target, a.text, b.text)
	}
	labels, target := a.labels, a.target
	if a.scalar {
		labels, target = b.labels, b.target
	}
	return Expr{
		text: a.operand(bind, false) + " " + op + " " + b.operand(bind, true), bind: bind,
		labels: labels, target: target, scalar: a.scalar && b.scalar, defs: union(a.defs, b.defs),
	}
}

func union(a, b []*metric.Def) []*metric.Def {
	all := slices.Clone(a)
	for _, d := range b {
		if !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	return all
}

// operand puts parentheses where the operator around binds more strongly.
func (e Expr) operand(around binding, right bool) string {
	if e.bind > around || e.bind == around && !right {
		return e.text
	}
	return paren(e.text)
}

// paren sets long expressions on lines of their own.
func paren(text string) string {
	if len(text) < 90 && !strings.Contains(text, "\n") {
		return "(" + text + ")"
	}
	return "(\n  " + strings.ReplaceAll(text, "\n", "\n  ") + "\n)"
}

func name(l metric.Label, op, value string) string { return l.Name + op + quote(value) }

// quote writes a string literal of PromQL.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsControl(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
