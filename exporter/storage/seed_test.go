package storage_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// seeds calls f with n seeds, a tenth of them in a short run. STORAGE_SEED repeats one of them, STORAGE_RUNS
// multiplies their number.
func seeds(t *testing.T, n int, f func(t *testing.T, seed uint64)) {
	t.Helper()
	if v := os.Getenv("STORAGE_SEED"); v != "" {
		seed, err := strconv.ParseUint(v, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		f(t, seed)
		return
	}
	if testing.Short() {
		n = (n + 9) / 10
	}
	if v := os.Getenv("STORAGE_RUNS"); v != "" {
		times, err := strconv.Atoi(v)
		if err != nil {
			t.Fatal(err)
		}
		n *= times
	}
	first := rand.Uint64()
	done := uint64(0)
	defer func() {
		if t.Failed() || t.Skipped() {
			t.Logf("repeat with STORAGE_SEED=%d", first+done)
		} else {
			t.Logf("%d runs, STORAGE_SEED=%d and following", n, first)
		}
	}()
	for ; done < uint64(n); done++ {
		f(t, first+done)
	}
}

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }
