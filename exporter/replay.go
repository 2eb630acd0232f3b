package exporter

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/prometheus/common/expfmt"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/exporter/expose"
)

// Replayed is the result of a replay.
type Replayed struct {
	Lines    uint64
	Rejected map[event.Reason]uint64
}

// Replay folds lines of structured CloudEvents as if each were a message of a stream, and writes all KPIs in the text
// format as of the final fold clock. The line number is the sequence. The stored time of a line is its attribute
// storedtime if that is a valid time, else time, else the stored time of the previous line.
func Replay(cfg Config, in io.Reader, out io.Writer) (Replayed, error) {
	set := collectors.New(cfg.KPIs)
	decoder := event.NewDecoder(cfg.Events)
	result := Replayed{Rejected: map[event.Reason]uint64{}}
	stored := int64(0)
	var e event.Event
	err := eachLine(in, func(line []byte) error {
		result.Lines++
		var reject *event.Reject
		if errors.As(decoder.Decode(nil, line, &e), &reject) {
			result.Rejected[reject.Reason]++
		}
		if reject == nil || reject.Reason != event.Malformed {
			stored = storedTime(line, stored)
		}
		set.Fold(stored, &e, reject)
		return nil
	})
	if err != nil {
		return result, fmt.Errorf("read events: %w", err)
	}
	return result, WriteText(out, set, set.Clock())
}

// WriteText writes all KPIs in the text format, as of a time in Unix nanoseconds.
func WriteText(w io.Writer, set *collectors.Set, now int64) error {
	if err := expose.Of(set, now).Render(w, expose.Page{Format: expfmt.FmtText}); err != nil {
		return fmt.Errorf("write metrics: %w", err)
	}
	return nil
}

// eachLine calls f with each line, of any length, without its line feed. Text after the last line feed is a line too.
func eachLine(in io.Reader, f func([]byte) error) error {
	r := bufio.NewReaderSize(in, 1<<20)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if len(line) > 0 {
			if err := f(bytes.TrimSuffix(line, []byte("\n"))); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
	}
}

func storedTime(line []byte, before int64) int64 {
	var attributes struct {
		StoredTime jsontext.Value `json:"storedtime"`
		Time       jsontext.Value `json:"time"`
	}
	if json.Unmarshal(line, &attributes) != nil {
		return before
	}
	for _, v := range []jsontext.Value{attributes.StoredTime, attributes.Time} {
		var text string
		if len(v) > 0 && json.Unmarshal(v, &text) == nil {
			if t, ok := event.ParseTime(text); ok {
				return t
			}
		}
	}
	return before
}
