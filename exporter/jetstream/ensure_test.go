package jetstream

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// A missing stream is created for who may, but never again in place of one that was counted: it would be another one,
// and nobody would learn that the first is gone.
func TestMissingStream(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	var advice []exporter.Advice
	advised := 0
	opened := func(create *StreamSettings) (*Source, exporter.StreamInfo, error) {
		s := newSource(t, nc)
		s.opts.Create, s.opts.Report = create, func(r Report) { advice = r.Advice; advised++ }
		info, err := s.Open(t.Context(), exporter.Position{})
		return s, info, err
	}
	settings := &StreamSettings{Name: streamName, Subjects: []string{"bot.events.>"}}
	_, _, err := opened(nil)
	require.ErrorIs(t, err, exporter.ErrNoStream)
	require.Zero(t, advised)

	source, info, err := opened(settings)
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
