package collectors

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/testdata/reference"
)

// at makes an event of one bot, with a time of its own that is also its stored time. The id is not said twice.
func at(time, kind, chat, more string) []byte {
	id++
	return fmt.Appendf(nil, `{"specversion":"1.0","id":"%d","source":"s","type":"bot.%s","time":"%s","data":{"bot":"b","channel":"web","chat":"%s"%s}}`,
		id, kind, time, chat, more)
}

var id int

// TestEdges has what random streams do not hit.
func TestEdges(t *testing.T) {
	for name, list := range map[string][][]byte{
		"the zero time, never clamped when it is the stored time too": {
			at("2026-03-02T09:00:00Z", "message.user", "c", `,"user":"u"`),
			at("0001-01-01T00:00:00Z", "element.clicked", "d", `,"user":"u","element":"link"`),
			at("2026-03-02T09:00:01Z", "message.bot", "c", ``),
		},
		"the end of time": {
			at("2026-03-02T09:00:00Z", "message.user", "c", `,"user":"u"`),
			at("9999-12-31T23:59:59Z", "element.clicked", "d", `,"element":"link"`),
			at("9999-12-31T23:59:59Z", "handover.requested", "d", ``),
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFolder(Defaults())
			f.foldAll(list)
			require.Zero(t, series(f.set, 0)[`bot_events_rejected_total{reason="malformed"}`])
			compare(t, reference.Fold(bytes.Join(list, []byte("\n")), reference.Options{}), series(f.set, f.set.Clock()))
		})
	}
}
