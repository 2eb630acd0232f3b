package web

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors"
)

// none stands for a missing number.
const none = "–"

// write formats a headline for people.
func write(h collectors.Headline) string {
	switch {
	case h.Unit == collectors.UnitText && h.Text != "":
		return h.Text
	case h.Unit == collectors.UnitText || math.IsNaN(h.Value):
		return none
	case h.Unit == collectors.UnitRatio:
		return fmt.Sprintf("%.1f\u202f%%", 100*h.Value)
	case h.Unit == collectors.UnitSeconds:
		return time.Duration(h.Value * float64(time.Second)).Round(time.Second).String()
	case h.Unit == collectors.UnitScore:
		return fmt.Sprintf("%.2f", h.Value)
	default:
		return grouped(h.Value)
	}
}

// grouped formats a whole number with narrow spaces between thousands.
func grouped(v float64) string {
	s := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}
