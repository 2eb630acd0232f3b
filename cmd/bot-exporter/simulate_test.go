package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
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

// Nothing of negative or no size is taken for something else.
func TestSimulateAmounts(t *testing.T) {
	for _, flag := range []string{
		"--rate=0", "--rate=-1", "--rate=NaN", "--rate=+Inf", "--speed=0", "--speed=-2", "--events=0", "--events=-3", "--chats-per-hour=0", "--chats-per-hour=-1",
	} {
		code, out, text := ended(t, "", "simulate", "--output=-", flag)
		require.Equal(t, 2, code, flag)
		require.Empty(t, out)
		require.Contains(t, text, flag+" must be")
	}
	for _, flag := range []string{"--speed=0", "--speed=11", "--chats-per-hour=0"} {
		code, _, text := ended(t, "", "demo", flag)
		require.Equal(t, 2, code, flag)
		require.Contains(t, text, flag+" must be")
	}
}

// Events go where the flags say, and nowhere else.
func TestSimulateIntoStream(t *testing.T) {
	url, nc := broker(t)
	js, err := nc.JetStream()
	require.NoError(t, err)
	_, err = js.AddStream(&nats.StreamConfig{Name: "CHATS", Subjects: []string{"chat.>"}})
	require.NoError(t, err)
	into := func(flags ...string) (int, string) {
		code, _, text := ended(t, "", append([]string{"simulate", "--nats.url=" + url, "--events=20", "--rate=10000"}, flags...)...)
		return code, text
	}
	code, text := into("--nats.stream=CHATS", "--nats.subjects=chat.>")
	require.Equal(t, 0, code, text)
	require.Contains(t, text, `msg="published events" stream=CHATS events=20 took=`)
	info, err := js.StreamInfo("CHATS", &nats.StreamInfoRequest{SubjectsFilter: "chat.*.*"})
	require.NoError(t, err)
	require.EqualValues(t, 20, info.State.Msgs)
	require.Contains(t, info.State.Subjects, "chat.shop.web")

	code, text = into("--nats.stream=CHATS")
	require.Equal(t, 1, code)
	require.Contains(t, text, "another stream than CHATS stores the subject; set --nats.stream or --nats.subjects")
	code, text = into("--nats.subjects=nobody.>")
	require.Equal(t, 1, code)
	require.Contains(t, text, "no stream stores the subject")
	code, text = into("--nats.subjects=*.*.*")
	require.Equal(t, 2, code)
	require.Contains(t, text, "--nats.subjects")
	for name, messages := range map[string]uint64{"CHATS": 20, "BOT_EVENTS": 0} {
		info, err := js.StreamInfo(name)
		require.NoError(t, err)
		require.Equal(t, messages, info.State.Msgs, name)
	}
}
