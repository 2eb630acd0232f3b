package session

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
)

// TestHourly compares the rolling windows with a list of users and an hour, which may come late.
func TestHourly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		windows := rapid.SampledFrom([][]uint32{{1}, {1, 2, 5}, {3, 30}, {24, 168, 720}}).Draw(t, "windows")
		longest := windows[len(windows)-1]
		h, hour := newHourly(windows), rapid.Uint32Range(1, 100).Draw(t, "hour")
		last := map[int]uint32{}
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			hour += rapid.SampledFrom([]uint32{0, 0, 1, 1, 2, longest - 1, longest}).Draw(t, "hours")
			h.roll(hour, windows)
			user := rapid.IntRange(0, 5).Draw(t, "user")
			at := hour - min(hour-1, rapid.SampledFrom([]uint32{0, 0, 1, 2, longest - 1, longest, 3 * longest}).Draw(t, "hours late"))
			if before, known := last[user]; known {
				h.remove(before)
			}
			h.add(at, &users{hour: hour, windows: windows})
			last[user] = at

			now := hour + rapid.SampledFrom([]uint32{0, 0, 1, longest}).Draw(t, "ahead")
			for w, width := range windows {
				want := uint32(0)
				for _, at := range last {
					if at+width > now { // in (now-width, now]
						want++
					}
				}
				require.Equal(t, want, h.sum(w, width, now), "window of %d hours at %d", width, now)
			}
			require.LessOrEqual(t, len(h.hours), 2*int(longest)+17, "hours that no window needs are dropped")
		}
		requireReloaded(t, h, hour, windows)
	})
}

func requireReloaded(t *rapid.T, h hourly, hour uint32, windows []uint32) {
	w := codec.NewWriter(nil)
	h.save(w)
	reloaded := newHourly(windows)
	reloaded.load(codec.NewReader(w.Bytes()), &users{hour: hour, windows: windows})
	if len(h.hours) == 0 {
		h.hours = nil // as in one that never had any
	}
	require.Equal(t, h, reloaded)
}
