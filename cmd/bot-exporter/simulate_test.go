package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Outages change when events are stored, and nothing else.
func TestSimulateOutages(t *testing.T) {
	type event struct {
		ID     string    `json:"id"`
		Time   time.Time `json:"time"`
		Stored time.Time `json:"storedtime"`
	}
	events := func(flags ...string) (list []event) {
		code, out, text := ended(t, "", append([]string{"simulate", "--output=-", "--events=9000", "--start=2026-03-02T12:00:00Z"}, flags...)...)
		require.Equal(t, 0, code, text)
		for _, line := range lines(out) {
			var e event
			require.NoError(t, json.Unmarshal([]byte(line), &e))
			list = append(list, e)
		}
		return list
	}
	usual, late := events(), events("--outage-every=15m", "--outage-length=5m")
	require.Len(t, late, len(usual))
	end := time.Date(2026, 3, 2, 12, 20, 0, 0, time.UTC)
	burst := 0
	for i, e := range late {
		require.Equal(t, usual[i].ID, e.ID)
		require.Equal(t, usual[i].Time, e.Time)
		require.False(t, e.Stored.After(end.Add(-5*time.Minute)) && e.Stored.Before(end), e)
		if e.Stored.Equal(end) {
			burst++
		}
	}
	require.Greater(t, burst, 100)
}

func TestSimulateOutageMistakes(t *testing.T) {
	for _, c := range []struct {
		flags []string
		says  string
	}{
		{[]string{"--outage-every=1h"}, "need each other"},
		{[]string{"--outage-length=1h"}, "need each other"},
		{[]string{"--outage-every=1h", "--outage-length=1h"}, "must be shorter"},
		{[]string{"--outage-every=-1h", "--outage-length=1m"}, "must not be negative"},
		{[]string{"--outage-every=1h", "--outage-length=1m", "--rate=10"}, "does not work with --rate"},
		{[]string{"--outage-every=soon"}, "try --help"},
	} {
		code, _, text := ended(t, "", append([]string{"simulate", "--output=-", "--events=1"}, c.flags...)...)
		require.Equal(t, 2, code, c.flags)
		require.Contains(t, text, c.says)
	}
}
