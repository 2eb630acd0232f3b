package simulate

import "time"

// rhythm is the intensity of a week in hours from Monday 00:00, relative to its mean.
type rhythm struct {
	hours [7 * 24]float64
	peak  float64
}

// Relative intensities by weekday from Monday, and by hour. A shop peaks after dinner and has returns on Monday; a bank is
// busy in office hours and quiet at the weekend.
var rhythms = [...]rhythm{
	Shop: newRhythm(
		[7]float64{1.08, 1, 0.97, 1, 1.05, 0.86, 0.94},
		[24]float64{0.18, 0.10, 0.06, 0.05, 0.05, 0.08, 0.18, 0.40, 0.70, 0.95, 1.10, 1.15,
			1.20, 1.15, 1.10, 1.10, 1.15, 1.25, 1.45, 1.75, 2.05, 1.90, 1.30, 0.60}),
	Bank: newRhythm(
		[7]float64{1.25, 1.15, 1.10, 1.10, 1.15, 0.45, 0.30},
		[24]float64{0.06, 0.04, 0.03, 0.03, 0.04, 0.08, 0.25, 0.70, 1.35, 1.85, 1.95, 1.80,
			1.55, 1.45, 1.60, 1.65, 1.55, 1.40, 1.20, 1.00, 0.85, 0.60, 0.35, 0.15}),
}

// shifts are the hours in which operators are on duty: from the first until before the second.
var shifts = [...][2]int{Shop: {8, 22}, Bank: {8, 20}}

func newRhythm(days [7]float64, hours [24]float64) (r rhythm) {
	sum := 0.0
	for i := range r.hours {
		r.hours[i] = days[i/24] * hours[i%24]
		sum += r.hours[i]
	}
	for i := range r.hours {
		r.hours[i] /= sum / float64(len(r.hours))
		r.peak = max(r.peak, r.hours[i])
	}
	return r
}

// at returns the intensity at t, in t's zone. It interpolates between the middles of the hours: steps at full hours would
// show in every graph.
func (r *rhythm) at(t time.Time) float64 {
	hour, minute, sec := t.Clock()
	x := float64((int(t.Weekday())+6)%7*24+hour) + float64(minute*60+sec)/3600 - 0.5
	if x < 0 {
		x += float64(len(r.hours))
	}
	i := int(x)
	part := x - float64(i)
	return r.hours[i]*(1-part) + r.hours[(i+1)%len(r.hours)]*part
}
