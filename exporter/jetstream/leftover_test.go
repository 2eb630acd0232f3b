package jetstream

import (
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// Processes that are killed leave their consumers behind. Where an account allows one only, the next process must not
// wait until the server has forgotten it.
func TestLeftOverConsumers(t *testing.T) {
	t.Parallel()
	n, _ := configured(t, fmt.Sprintf("accounts { A { users: [ { user: a, password: secret } ], jetstream: { max_consumers: %d } } }", 1))
	secret := writeFile(t, "secret", "secret")
	connect := func() *nats.Conn { return dial(t, Config{URLs: []string{n.URL()}, User: "a", PasswordFile: secret}) }
	s := create(t, connect())
	last := ""
	for range 5 {
		nc := connect()
		source, err := NewSource(nc, Options{Stream: streamName, Leftover: last, Creating: func(name string) { last = name }})
		require.NoError(t, err)
		source.timing = patient
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			_, err := source.Open(t.Context(), exporter.Position{})
			require.NoError(c, err)
		}, inactiveThreshold/2, tick)
		require.Equal(t, source.pull.consumer, last)
		source.pull.stop()
		nc.Close() // as a kill does: nobody deletes the consumer
	}
	left := 0
	for range s.ConsumerNames(t.Context()).Name() {
		left++
	}
	require.Equal(t, 1, left)
}

// So does one process that opens its source again and again.
func TestReopenedWithinLimit(t *testing.T) {
	t.Parallel()
	nc := client(t, serve(t))
	create(t, nc, func(c *jetstream.StreamConfig) { c.MaxConsumers = 1 })
	r := newReader(t, nc)
	for range 20 {
		require.EventuallyWithT(t, func(c *assert.CollectT) { require.NoError(c, r.open(t.Context())) }, inactiveThreshold/2, tick)
	}
}
