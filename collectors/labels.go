package collectors

import (
	"strconv"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// Labels that several modules share.
var (
	Device  = metric.Open("device", 20, metric.PerExporter)
	Browser = metric.Open("browser", 50, metric.PerExporter)
	Window  = metric.OneOf("window", "1d", "7d", "30d")
	Rating  = metric.Closed[event.Rating]("rating")
)

var messageBuckets = []float64{1, 2, 3, 5, 8, 13, 21, 34, 55, 100}

// windowName writes a window of whole hours in days where it can.
func windowName(hours uint32) string {
	if hours%24 == 0 {
		return strconv.Itoa(int(hours/24)) + "d"
	}
	return strconv.Itoa(int(hours)) + "h"
}

func windowNames(windows []time.Duration) []string {
	var names []string
	for _, w := range windows {
		names = append(names, windowName(uint32(w/time.Hour)))
	}
	return names
}
