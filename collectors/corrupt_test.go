package collectors

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/testdata/reference"
)

// checkpoint is a state with something in every table, and what comes after it.
func checkpoint() (saved []RawSection, stored int64, rest [][]byte) {
	all := lines(reference.Stream(28, 600))
	f := newFolder(Defaults())
	f.foldAll(all[:501])
	return write(f.set.Sections()), f.stored, all[501:]
}

// tryRestore restores sections that may be damaged: it must not panic, nor take memory that the bytes are not worth. A
// state that was restored must be fit to go on.
func tryRestore(t *testing.T, saved []RawSection, stored int64, rest [][]byte) error {
	t.Helper()
	size := 0
	for _, s := range saved {
		size += len(s.Data)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f := newFolder(Defaults())
	err := f.set.Restore(saved)
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20+100*size), "memory")
	if err == nil {
		f.stored = stored
		f.foldAll(rest)
		write(f.set.Sections())
		var h metric.HistogramValue
		for _, family := range f.set.Families() {
			switch table := family.(type) {
			case metric.Scalars:
				table.Read(nil, f.set.Clock())
			case metric.Histograms:
				table.Read(0, &h)
			}
			for i := range family.Len() {
				family.Labels(nil, i)
				family.Start(i)
			}
		}
	}
	return err
}

// FuzzRestore replaces a piece of one section. The whole section as input would be too long for the fuzzer to minimise.
func FuzzRestore(f *testing.F) {
	saved, stored, rest := checkpoint()
	for i := range saved {
		f.Add(uint8(i), uint16(1), uint16(3), []byte{0x80, 1, 0})
	}
	f.Fuzz(func(t *testing.T, section uint8, at, remove uint16, insert []byte) {
		damaged := slices.Clone(saved)
		s := &damaged[int(section)%len(damaged)]
		i := int(at) % (len(s.Data) + 1)
		s.Data = slices.Replace(slices.Clone(s.Data), i, min(len(s.Data), i+int(remove)), insert...)
		_ = tryRestore(t, damaged, stored, rest)
	})
}

// TestRestoreDamaged damages one section at a time.
func TestRestoreDamaged(t *testing.T) {
	saved, stored, rest := checkpoint()
	require.NoError(t, tryRestore(t, saved, stored, rest))
	random := rand.New(rand.NewPCG(5, 6))
	times := 2000
	if testing.Short() {
		times = 300
	}
	refused := 0
	for range times {
		damaged := slices.Clone(saved)
		s := &damaged[random.IntN(len(damaged))]
		var what string
		s.Data, what = damage(random, s.Data)
		t.Run("", func(t *testing.T) {
			defer func() {
				if r := recover(); r != nil {
					t.Fatalf("section %s, %s: %v", s.Name, what, r)
				}
			}()
			if tryRestore(t, damaged, stored, rest) != nil {
				refused++
			}
		})
	}
	require.Greater(t, refused, times/4)
}

func damage(r *rand.Rand, b []byte) (damaged []byte, what string) {
	b = slices.Clone(b)
	i := r.IntN(len(b))
	switch r.IntN(5) {
	case 0:
		b[i] ^= 1 << r.IntN(8)
		return b, fmt.Sprintf("bit of byte %d", i)
	case 1:
		b[i] = []byte{0, 1, 0x7f, 0x80, 0xff}[r.IntN(5)]
		return b, fmt.Sprintf("byte %d is %x", i, b[i])
	case 2:
		return b[:i], fmt.Sprintf("cut at %d", i)
	case 3:
		n := min(len(b), i+1+r.IntN(20))
		return slices.Delete(b, i, n), fmt.Sprintf("without %d to %d", i, n)
	}
	big := binary.AppendUvarint(nil, 1<<r.IntN(64))
	return slices.Replace(b, i, i+1, big...), fmt.Sprintf("byte %d is %x", i, big)
}
