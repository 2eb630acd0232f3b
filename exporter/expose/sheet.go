package expose

import (
	"io"
	"sync"
)

// sheet is the piece of a page that is being written. It keeps the first error of the writer; after it nothing more is
// rendered.
type sheet struct {
	to  io.Writer
	b   []byte
	err error

	prefix prefix // of the family at hand
}

// sheetSize is how much is rendered before it is written.
const sheetSize = 32 << 10

var sheets = sync.Pool{New: func() any { return &sheet{b: make([]byte, 0, 2*sheetSize)} }}

func newSheet(w io.Writer) *sheet {
	s := sheets.Get().(*sheet) //nolint:errcheck // nothing else is in the pool
	s.to, s.b, s.err = w, s.b[:0], nil
	return s
}

// close writes the rest and returns the first error.
func (s *sheet) close() error {
	s.flush()
	err := s.err
	s.to, s.prefix.write, s.prefix.ids = nil, nil, nil
	if cap(s.b) <= 4*sheetSize {
		sheets.Put(s)
	}
	return err
}

// more writes the piece when it is large enough, and reports whether anybody wants more.
func (s *sheet) more() bool {
	if len(s.b) >= sheetSize {
		s.flush()
	}
	return s.err == nil
}

func (s *sheet) flush() {
	if s.err == nil && len(s.b) > 0 {
		_, s.err = s.to.Write(s.b)
	}
	s.b = s.b[:0]
}

// Write makes a sheet fit for the encoders of the client library.
func (s *sheet) Write(p []byte) (int, error) {
	s.b = append(s.b, p...)
	return len(p), nil
}
