package session

import (
	"slices"
	"sort"
)

// hourly counts users by the hour in which something last happened to them, and keeps the sum over each rolling
// window: at hour H a user is in a window of W hours when that hour is in (H-W, H].
type hourly struct {
	hours []hourCount // ascending; hours before the longest window are dropped
	sums  []uint32    // for each window, at the hour of the fold clock
	tails []int32     // for each window, the first of hours that is inside it
}

type hourCount struct{ hour, n uint32 }

func newHourly(windows []uint32) hourly {
	return hourly{sums: make([]uint32, len(windows)), tails: make([]int32, len(windows))}
}

// add counts one more at an hour that is not after that of the clock. An hour outside all windows is not kept:
// which hours are kept must depend on roll alone, so that a restored state keeps the same ones.
func (h *hourly) add(hour uint32, u *users) {
	if hour+u.windows[len(u.windows)-1] <= u.hour {
		return
	}
	i := len(h.hours)
	if i > 0 && h.hours[i-1].hour >= hour {
		i = h.find(hour)
	}
	inserted := i == len(h.hours) || h.hours[i].hour != hour
	if inserted {
		h.hours = slices.Insert(h.hours, i, hourCount{hour: hour})
	}
	h.hours[i].n++
	for w, width := range u.windows {
		switch {
		case hour+width > u.hour:
			h.sums[w]++
		case inserted:
			h.tails[w]++ // it stands before all that are inside
		}
	}
}

// find returns the index of an hour, or the one where it belongs.
func (h *hourly) find(hour uint32) int {
	return sort.Search(len(h.hours), func(i int) bool { return h.hours[i].hour >= hour })
}

// remove takes one away from an hour; an hour that all windows have left is no longer there.
func (h *hourly) remove(hour uint32) {
	i := h.find(hour)
	if i == len(h.hours) || h.hours[i].hour != hour || h.hours[i].n == 0 {
		return
	}
	h.hours[i].n--
	for w, tail := range h.tails {
		if i >= int(tail) {
			h.sums[w]--
		}
	}
}

// roll moves the windows to an hour.
func (h *hourly) roll(hour uint32, windows []uint32) {
	left := len(h.hours)
	for w, width := range windows {
		i := int(h.tails[w])
		for i < len(h.hours) && h.hours[i].hour+width <= hour {
			h.sums[w] -= h.hours[i].n
			i++
		}
		h.tails[w] = int32(i)
		left = min(left, i)
	}
	if left > 16 && left > len(h.hours)/2 {
		h.hours = append(h.hours[:0], h.hours[left:]...)
		for w := range h.tails {
			h.tails[w] -= int32(left)
		}
	}
}

// sum returns the number in a window at an hour that is not before that of the fold clock.
func (h *hourly) sum(window int, width, hour uint32) uint32 {
	n := h.sums[window]
	for i := int(h.tails[window]); i < len(h.hours) && h.hours[i].hour+width <= hour; i++ {
		n -= h.hours[i].n
	}
	return n
}
