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

// Shrink makes a list on which two folds differ short: the shortest such prefix, and then as little of it as still differs. The
// predicate reports whether they differ on a list; it must do so on the one given. It is called about as often as the result is
// long, times the logarithm of that prefix.
func Shrink[T any](list []T, differ func([]T) bool) []T {
	kept := slices.Clone(prefix(list, differ))
	for size := len(kept); size > 0; {
		removed := false
		for from := 0; from+size <= len(kept); {
			without := slices.Concat(kept[:from], kept[from+size:])
			if differ(without) {
				kept, removed = without, true
			} else {
				from += size
			}
		}
		if size == 1 && removed {
			continue // what was needed before may not be any more
		}
		size /= 2
	}
	return kept
}

// prefix finds the shortest prefix on which two folds differ, if they do on all that are longer.
func prefix[T any](list []T, differ func([]T) bool) []T {
	same, other := 0, min(64, len(list)) // they are the same on the first so many, and not on so many
	for other < len(list) && !differ(list[:other]) {
		same, other = other+1, min(2*other, len(list))
	}
	for same < other {
		if middle := (same + other) / 2; differ(list[:middle]) {
			other = middle
		} else {
			same = middle + 1
		}
	}
	return list[:other]
}
