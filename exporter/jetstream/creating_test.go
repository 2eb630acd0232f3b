package jetstream

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// A missing stream is created for who may, but never again in place of one that was counted: it would be another one,
// and nobody would learn that the first is gone.
func TestTended(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	var advice []Advice
	advised := 0
	tend := func(create *StreamSettings) *Tended {
		return Tend(newSource(t, nc), create, func(r Report) { advice = r.Advice; advised++ }, slog.New(slog.DiscardHandler))
	}
	settings := &StreamSettings{Name: streamName, Subjects: []string{"bot.events.>"}}
	_, err := tend(nil).Open(t.Context(), exporter.Position{})
	require.ErrorIs(t, err, exporter.ErrNoStream)
	require.Zero(t, advised)

	source := tend(settings)
	info, err := source.Open(t.Context(), exporter.Position{})
	require.NoError(t, err)
	require.Equal(t, 1, advised)
	require.NotEmpty(t, advice, "one server holds it")
	at := exporter.Position{Stream: info.Name, Created: info.Created, Subjects: info.Filter}

	require.NoError(t, api(t, nc).DeleteStream(t.Context(), streamName))
	_, err = source.Open(t.Context(), at)
	require.ErrorIs(t, err, exporter.ErrNoStream)
	_, err = api(t, nc).Stream(t.Context(), streamName)
	require.Error(t, err, "it stays away")
}
