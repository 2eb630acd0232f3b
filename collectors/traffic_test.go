package collectors

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestLocalHour compares the remembered minute with a look-up each time, also where the zone's clocks change.
func TestLocalHour(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe"}).Draw(t, "zone"))
		require.NoError(t, err)
		at := time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(-10_000, 10_000).Draw(t, "start")) * time.Hour)
		if rapid.Bool().Draw(t, "before 1970") {
			at = at.AddDate(-60, 0, 0)
		}
		l := localHour{zone: zone, from: 1}
		for range 50 {
			at = at.Add(time.Duration(rapid.SampledFrom([]int64{0, 1, -1, 1e9, -1e9, 59e9, 60e9, 600e9, -600e9, 3600e9}).Draw(t, "step")))
			day, hour := l.at(at.UnixNano())
			local := at.In(zone)
			require.Equal(t, local.Format("15"), hour.String())
			require.Equal(t, local.Weekday(), time.Weekday(day%7), "%s", local)
		}
	})
	require.Equal(t, [3]string{"", "1", ""}, [3]string{weekday(0).String(), weekday(1).String(), weekday(8).String()})
	require.Equal(t, [3]string{"", "23", ""}, [3]string{dayHour(0).String(), dayHour(24).String(), dayHour(25).String()})
}
