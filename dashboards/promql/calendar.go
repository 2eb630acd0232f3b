package promql

import (
	"fmt"
	"strings"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// OverWeekdays divides by how often each day of the week occurred in the window, at least once. The label's values are
// the days from Monday on. PromQL counts days in UTC, so the two ends of the window are off by the zone's offset.
func (e Expr) OverWeekdays(l metric.Label, w Window) Expr {
	if e.err != nil {
		return e
	}
	if _, err := e.own([]metric.Label{l}); err != nil {
		return Expr{err: fmt.Errorf("over weekdays: %w", err)}
	}
	days := make([]string, len(l.Values))
	for i, v := range l.Values {
		hours := fmt.Sprintf("(count_over_time((day_of_week() == %d)[%s:1h]) or vector(0))", (i+1)%7, w.Text)
		days[i] = fmt.Sprintf(`label_replace(%s, %s, %s, "", "")`, hours, quote(l.Name), quote(v))
	}
	e.text = fmt.Sprintf("%s\n/ on (%s) group_left ()\nclamp_min(\n  (\n    %s\n  ) / 24, 1\n)", e.operand(bindMul, false), l.Name, strings.Join(days, "\n    or\n    "))
	e.bind = bindMul
	return e
}

// Days is the length of a window in days.
func Days(w Window) Expr {
	return Expr{text: "scalar(count_over_time(vector(1)[" + w.Text + ":1h])) / 24", bind: bindMul, scalar: true}
}
