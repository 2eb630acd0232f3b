package session

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/table"
)

// talk is a state with hashes of everything that is hashed, and the hashes.
func talk(t *testing.T) (state *Table, hashes []uint64) {
	t.Helper()
	tt := New(Defaults(), metric.NewPairs(100, 20))
	clock := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).UnixNano()
	for i := range 50 {
		for k, kind := range []event.Kind{event.MessageUser, event.MessageBot, event.FeedbackGiven, event.CSATSubmitted} {
			e := event.Event{
				Kind: kind, ID: fmt.Sprint(i, k), Source: "/s", Bot: "b", Channel: "web", Chat: fmt.Sprint("c", i), User: fmt.Sprint("u", i),
				Message: fmt.Sprint("m", i), Device: "mobile", Rating: event.Positive, Score: 5, Agent: event.Agent{ID: "faq"},
			}
			clock++
			tt.Advance(clock)
			require.False(t, tt.Duplicate(&e))
			tt.Apply(&e, clock)
			user := tt.hash.of('u', e.Bot, e.Channel, e.User)
			add := func(k table.Key) { hashes = append(hashes, k.Hi, k.Lo) }
			add(tt.hash.of('e', e.Source, e.ID))
			add(user)
			add(tt.hash.identity(user, 1, 1))
			chat := tt.hash.of('c', e.Bot, e.Channel, e.Chat).Hi
			hashes = append(hashes, chat, tt.hash.message(chat, e.Message))
		}
	}
	return tt, hashes
}

func bytesOf(t *Table) []byte {
	w := codec.NewWriter(nil)
	for _, s := range t.Sections() {
		s.Write(w)
	}
	return w.Bytes()
}

func found(state []byte, hashes []uint64) (n int) {
	for _, h := range hashes {
		if bytes.Contains(state, binary.LittleEndian.AppendUint64(nil, h)) {
			n++
		}
	}
	return n
}

// TestRekeyLeavesNoHash looks for every hash of the old key in the bytes of the state.
func TestRekeyLeavesNoHash(t *testing.T) {
	state, hashes := talk(t)
	require.Len(t, hashes, 50*4*8)
	require.Equal(t, len(hashes), found(bytesOf(state), hashes))
	require.Equal(t, 50, state.chats.Len())
	state.Rekey([16]byte{1})
	require.Zero(t, found(bytesOf(state), hashes))
	require.Equal(t, 50, state.chats.Len())
	require.Zero(t, state.ratings.messages.Len())
	require.Zero(t, state.ratings.votes.Len())
	require.Zero(t, state.users.persons.Len())
	for i := range 50 {
		require.NotZero(t, state.chats.Get(state.chats.Key(uint32(i+1))))
	}
}

// TestEraseLeavesNoHash looks for the hashes of one user.
func TestEraseLeavesNoHash(t *testing.T) {
	state, _ := talk(t)
	key := state.hash.of('u', "b", "web", "u7")
	id := state.hash.identity(key, 1, 1)
	hashes := []uint64{key.Hi, key.Lo, id.Hi, id.Lo}
	require.Equal(t, 4, found(bytesOf(state), hashes))
	require.Equal(t, Erased{Users: 1, Days: 1, Chats: 1, Persons: 1}, state.Erase("b", "web", "u7"))
	require.Zero(t, found(bytesOf(state), hashes))
	require.Equal(t, 49, state.users.known.Len())
}
