package reference

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Differences lists the series that are not equal, in order. Sums of histograms are floating point additions, and may differ in the
// last digits.
func Differences(want, have map[string]float64) []string {
	all := maps.Clone(want)
	maps.Copy(all, have)
	different := []string{}
	for _, k := range slices.Sorted(maps.Keys(all)) {
		w, wanted := want[k]
		h, had := have[k]
		name, _, _ := strings.Cut(k, "{")
		near := h == w || strings.HasSuffix(name, "_sum") && math.Abs(h-w) <= 1e-9*math.Max(1, math.Abs(w))
		switch {
		case !had:
			different = append(different, fmt.Sprintf("%s is missing, want %v", k, w))
		case !wanted:
			different = append(different, fmt.Sprintf("%s is %v, want no such series", k, h))
		case !near:
			different = append(different, fmt.Sprintf("%s is %v, want %v", k, h, w))
		}
	}
	return different
}

// Shrink makes a list on which two folds differ short: the shortest such prefix, and then as little of it as still differs. It
// takes as many runs of both folds as the list is long, or fewer. The predicate reports whether they differ on a list; it must do so on
// the one given.
func Shrink[T any](list []T, differ func([]T) bool) []T {
	n := 0
	for low, high := 0, len(list); low < high; { // counters do not come together again, mostly
		n = (low + high) / 2
		if differ(list[:n]) {
			high = n
		} else {
			low = n + 1
		}
		n = high
	}
	kept := slices.Clone(list[:n])
	if !differ(kept) {
		kept = slices.Clone(list)
	}
	for size := len(kept) / 2; size > 0; {
		removed := false
		for from := 0; from+size <= len(kept); {
			without := slices.Concat(kept[:from], kept[from+size:])
			if differ(without) {
				kept, removed = without, true
			} else {
				from += size
			}
		}
		if size == 1 && !removed {
			break
		}
		size = max(1, size/2)
	}
	return kept
}
