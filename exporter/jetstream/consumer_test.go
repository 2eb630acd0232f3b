package jetstream

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

func TestDelivery(t *testing.T) {
	t.Parallel()
	for reply, ok := range map[string]bool{
		"$JS.ACK.EV.c.1.22.3.1795354223411000001.5":                true,
		"$JS.ACK._.ABCDEF.EV.c.1.22.3.1795354223411000001.5":       true,
		"$JS.ACK.hub.ABCDEF.EV.c.1.22.3.1795354223411000001.5.rnd": true,
		"$JS.ACK.EV.c.1.22.3.1795354223411000001":                  false,
		"$JS.ACK.EV.c.1.22.3.1795354223411000001.":                 false,
		"$JS.ACK.EV.c.1..3.1795354223411000001.5":                  false,
		"$JS.ACK.EV.c.1.x.3.1795354223411000001.5":                 false,
		"$JS.ACK.EV.c.1.22.-3.1795354223411000001.5":               false,
		"$JS.ACK.EV.c.1.22.3.17953542234110000010.5":               false,
		"$JS.ACK.EV.c.1.22.3.1795354223411000001.5.6":              false,
		"$JS.FC.EV.c.1.22.3.1795354223411000001.5":                 false,
		"_INBOX.1": false,
		"":         false,
	} {
		prefix := deliveryPrefix(reply)
		var d delivery
		good := prefix != ""
		if good {
			d, good = parseDelivery(reply[len(prefix):])
		}
		require.Equal(t, ok, good, reply)
		if ok {
			require.Equal(t, delivery{streamSeq: 22, consumerSeq: 3, time: 1795354223411000001, pending: 5}, d, reply)
		}
	}
}

// FuzzDelivery compares with the client library.
func FuzzDelivery(f *testing.F) {
	f.Add("$JS.ACK.EV.c.1.22.3.1795354223411000001.5")
	f.Add("$JS.ACK.hub.ABCDEF.EV.c.1.22.3.1795354223411000001.5.rnd")
	f.Fuzz(func(t *testing.T, reply string) {
		prefix := deliveryPrefix(reply)
		if prefix == "" {
			return
		}
		d, ok := parseDelivery(reply[len(prefix):])
		if !ok {
			return
		}
		m, err := (&nats.Msg{Reply: reply, Sub: &nats.Subscription{}}).Metadata()
		require.NoError(t, err)
		require.Equal(t, delivery{m.Sequence.Stream, m.Sequence.Consumer, m.Timestamp.UnixNano(), m.NumPending}, d)
	})
}

func BenchmarkDelivery(b *testing.B) {
	reply := fmt.Sprintf("$JS.ACK.BOT_EVENTS.bot-exporter-KZQ63D2IJ3XANQEF3CZSGLYRLM.1.12345678.12345678.%d.1234567", time.Now().UnixNano())
	prefix := deliveryPrefix(reply)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := parseDelivery(reply[len(prefix):]); !ok {
			b.Fatal(reply)
		}
	}
}
