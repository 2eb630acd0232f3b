package simulate

import (
	"bufio"
	"fmt"
	"io"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// NDJSON writes the next n events, for a negative n all until w fails, as lines of CloudEvents in structured mode. Each
// has its stored time in the extension attribute storedtime (RFC 3339).
func (s *Simulator) NDJSON(w io.Writer, n int) error {
	out := bufio.NewWriterSize(w, 64<<10)
	var text []byte
	for i := 0; i != n; i++ {
		at, e := s.Next()
		text = append(AppendLine(text[:0], at, e, ""), '\n')
		if _, err := out.Write(text); err != nil {
			return fmt.Errorf("writing events: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing events: %w", err)
	}
	return nil
}

// AppendLine appends e as NDJSON has it, without the line break. prefix stands before the kind in the attribute type;
// empty means the default.
func AppendLine(dst []byte, at time.Time, e *event.Event, prefix string) []byte {
	dst = e.AppendJSON(dst, prefix)
	dst = append(dst[:len(dst)-1], `,"storedtime":"`...)
	dst = at.UTC().AppendFormat(dst, time.RFC3339Nano)
	return append(dst, `"}`...)
}
