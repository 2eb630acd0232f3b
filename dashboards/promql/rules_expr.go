package promql

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// What only rules need: series of recording rules, and expressions that keep labels of the target.

// Recorded is the present value of what a recording rule stores. Its definition lists all labels that it has, those of
// the target included; replicas were merged when it was recorded.
func (s Selector) Recorded() Expr {
	if s.err != nil {
		return Expr{err: s.err}
	}
	return Expr{
		text: s.series() + s.offset, bind: bindAtom, defs: []*metric.Def{s.def},
		labels: slices.Sorted(slices.Values(s.def.LabelNames())),
	}
}

// Aggregate is sum, min, max or count by labels of the metric, and by Job.
func (e Expr) Aggregate(op string, by ...metric.Label) Expr {
	if e.target {
		e.labels = append(slices.Clone(e.labels), Job.Name)
	}
	e = e.aggregate(op, by)
	e.target = false
	return e
}

// Div divides by what is never 0. For anything else see Over.
func (e Expr) Div(o Expr) Expr { return binary(e, "/", o, bindMul) }

// Either is both, for expressions that differ in labels.
func (e Expr) Either(o Expr) Expr {
	if err := errors.Join(e.err, o.err); err != nil {
		return Expr{err: err}
	}
	return e.lines("or", o, bindOr)
}

// AndOn keeps what has a counterpart in o with the same values of these labels, or of all that both have.
func (e Expr) AndOn(o Expr, labels ...metric.Label) Expr { return e.match("and", o, labels) }

// UnlessOn keeps what has no such counterpart in o.
func (e Expr) UnlessOn(o Expr, labels ...metric.Label) Expr { return e.match("unless", o, labels) }

// UnlessAny keeps nothing where o has any result, else everything.
func (e Expr) UnlessAny(o Expr) Expr {
	if err := errors.Join(e.err, o.err); err != nil {
		return Expr{err: err}
	}
	return e.lines("unless on ()", o, bindAnd)
}

func (e Expr) match(op string, o Expr, on []metric.Label) Expr {
	if len(on) == 0 {
		if same := binary(e, op, o, bindAnd); same.err != nil {
			return same
		}
		return e.lines(op, o, bindAnd)
	}
	if err := errors.Join(e.err, o.err); err != nil {
		return Expr{err: err}
	}
	names := make([]string, len(on))
	for i, l := range on {
		if names[i] = l.Name; !slices.Contains(e.labels, l.Name) || !slices.Contains(o.labels, l.Name) {
			return fail("%s on (%s): labels %v and %v", op, l.Name, e.labels, o.labels)
		}
	}
	return e.lines(op+" on ("+strings.Join(names, ", ")+")", o, bindAnd)
}

// lines joins long expressions line by line.
func (e Expr) lines(op string, o Expr, bind binding) Expr {
	a, b := e.operand(bind, false), o.operand(bind, true)
	space := " "
	if strings.Contains(a+b, "\n") || len(a+op+b) > 90 {
		space = "\n"
	}
	e.text, e.bind, e.defs = a+space+op+" "+b, bind, union(e.defs, o.defs)
	return e
}

// Absent is 1 if there was no such series within the window, else nothing.
func (s Selector) Absent(w Window) Expr {
	if s.err != nil {
		return Expr{err: s.err}
	}
	text := fmt.Sprintf("absent(last_over_time(%s[%s]%s))", s.series(), w.Text, s.offset)
	return Expr{text: text, bind: bindAtom, defs: []*metric.Def{s.def}}
}

// Least is the smallest present value among replicas.
func (s Selector) Least() Expr { return s.merged("min", s.series()+s.offset) }
