package promql

import (
	"fmt"
	"slices"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// WithLabel adds a label of another metric of the same process. Both must keep the labels of the process; see Each.
func (e Expr) WithLabel(l metric.Label, o Expr) Expr {
	if e.err != nil || o.err != nil {
		return binary(e, "*", o, bindMul)
	}
	e.text = fmt.Sprintf("%s * on (%s, %s) group_left (%s) %s", e.operand(bindMul, false), Job.Name, Instance.Name, l.Name, o.operand(bindMul, true))
	e.bind, e.labels, e.defs = bindMul, append(e.labels[:len(e.labels):len(e.labels)], l.Name), union(e.defs, o.defs)
	return e
}

// Labelled adds a label with a fixed value.
func (e Expr) Labelled(l metric.Label, value string) Expr {
	if e.err != nil {
		return e
	}
	e.text, e.bind = fmt.Sprintf(`label_replace(%s, %s, %s, "", "")`, e.text, quote(l.Name), quote(value)), bindAtom
	e.labels = append(slices.Clone(e.labels), l.Name)
	slices.Sort(e.labels)
	return e
}

// Filled gives a label that is empty a value.
func (e Expr) Filled(l metric.Label, value string) Expr {
	if e.err != nil {
		return e
	}
	e.text, e.bind = fmt.Sprintf(`label_replace(%s, %s, %s, %s, "")`, e.text, quote(l.Name), quote(value), quote(l.Name)), bindAtom
	return e
}
