// Package codec is the encoding of state in a checkpoint: unsigned and signed varints, fixed 64-bit words and
// length-prefixed strings, one after the other, without names or padding. Equal state gives equal bytes.
//
// It knows nothing of what it encodes; versions belong to the sections that are made with it.
package codec

import (
	"encoding/binary"
	"errors"
	"io"
)

// Section is one named and versioned part of a checkpoint. Write may run while the fold goes on: it writes what was
// frozen when the section was made.
type Section struct {
	Name    string
	Version uint64
	Write   func(*Writer)
}

// Writer encodes values into an io.Writer. The first error sticks and is returned by Flush.
type Writer struct {
	w   io.Writer
	buf []byte
	err error
}

const flushAt = 1 << 16

// NewWriter returns a Writer into w; without w the bytes are kept and Bytes returns them.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Uint appends an unsigned varint.
func (w *Writer) Uint(v uint64) { w.buf = binary.AppendUvarint(w.buf, v); w.spill() }

// Int appends a signed varint.
func (w *Writer) Int(v int64) { w.buf = binary.AppendVarint(w.buf, v); w.spill() }

// Word appends eight bytes, little-endian.
func (w *Writer) Word(v uint64) { w.buf = binary.LittleEndian.AppendUint64(w.buf, v); w.spill() }

// Bool appends one byte, 0 or 1.
func (w *Writer) Bool(v bool) {
	if v {
		w.Uint(1)
	} else {
		w.Uint(0)
	}
}

// String appends the length and the bytes of s.
func (w *Writer) String(s string) {
	w.Uint(uint64(len(s)))
	w.buf = append(w.buf, s...)
	w.spill()
}

// Raw appends b as it is.
func (w *Writer) Raw(b []byte) { w.buf = append(w.buf, b...); w.spill() }

// Bytes returns what has not been flushed: everything, for a Writer without an io.Writer.
func (w *Writer) Bytes() []byte { return w.buf }

func (w *Writer) spill() {
	if w.w != nil && len(w.buf) >= flushAt {
		_ = w.Flush()
	}
}

// Flush hands the buffered bytes to the io.Writer and returns the first error of any write.
func (w *Writer) Flush() error {
	if w.err == nil && w.w != nil {
		_, w.err = w.w.Write(w.buf)
	}
	if w.w != nil {
		w.buf = w.buf[:0]
	}
	return w.err
}

// ErrCorrupt means that the bytes do not hold what a Writer wrote.
var ErrCorrupt = errors.New("corrupt or truncated section")

// Reader decodes what a Writer wrote. After the first error every read returns zero, and Err returns the error.
type Reader struct {
	b   []byte
	err error
}

// NewReader returns a Reader of b, which it does not change.
func NewReader(b []byte) *Reader { return &Reader{b: b} }

// Err returns ErrCorrupt once a read went wrong.
func (r *Reader) Err() error { return r.err }

// Close returns an error unless all bytes were read without one.
func (r *Reader) Close() error {
	if r.err == nil && len(r.b) > 0 {
		r.err = ErrCorrupt
	}
	return r.err
}

// Fail marks the section as corrupt: the values read are not valid.
func (r *Reader) Fail() { r.b, r.err = nil, ErrCorrupt }

// Uint reads an unsigned varint.
func (r *Reader) Uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.Fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

// Int reads a signed varint.
func (r *Reader) Int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.Fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

// Word reads eight bytes.
func (r *Reader) Word() uint64 {
	if len(r.b) < 8 {
		r.Fail()
		return 0
	}
	v := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return v
}

// Bool reads one byte.
func (r *Reader) Bool() bool { return r.Uint() == 1 }

// Len reads a count of things that take at least size bytes each, so that a corrupt count cannot ask for more memory
// than the section could fill.
func (r *Reader) Len(size int) int {
	n := r.Uint()
	if n > uint64(len(r.b)/max(size, 1)) {
		r.Fail()
		return 0
	}
	return int(n)
}

// String reads a string.
func (r *Reader) String() string {
	n := r.Len(1)
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}
