package codec

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// step writes one value, and reads it back.
type step struct {
	write func(*Writer)
	read  func(*Reader) any
	want  any
}

func of[T any](v T, write func(*Writer, T), read func(*Reader) T) step {
	return step{func(w *Writer) { write(w, v) }, func(r *Reader) any { return read(r) }, v}
}

var steps = rapid.Custom(func(t *rapid.T) step {
	switch rapid.IntRange(0, 4).Draw(t, "type") {
	case 0:
		return of(rapid.Uint64().Draw(t, "uint"), (*Writer).Uint, (*Reader).Uint)
	case 1:
		return of(rapid.Int64().Draw(t, "int"), (*Writer).Int, (*Reader).Int)
	case 2:
		return of(rapid.Uint64().Draw(t, "word"), (*Writer).Word, (*Reader).Word)
	case 3:
		return of(rapid.Bool().Draw(t, "bool"), (*Writer).Bool, (*Reader).Bool)
	}
	return of(rapid.StringN(0, -1, 100_000).Draw(t, "string"), (*Writer).String, (*Reader).String)
})

// TestRoundTrip: what was written is read, also through a writer that flushes at times; and of less, nothing false.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(steps, 0, 30).Draw(t, "values")
		var flushed bytes.Buffer
		kept, through := NewWriter(nil), NewWriter(&flushed)
		for _, s := range list {
			s.write(kept)
			s.write(through)
		}
		require.NoError(t, through.Flush())
		require.True(t, bytes.Equal(kept.Bytes(), flushed.Bytes()))

		r := NewReader(kept.Bytes())
		for _, s := range list {
			require.Equal(t, s.want, s.read(r))
		}
		require.NoError(t, r.Close())
		if len(kept.Bytes()) == 0 {
			return
		}

		cut := NewReader(kept.Bytes()[:rapid.IntRange(0, len(kept.Bytes())-1).Draw(t, "cut")])
		for _, s := range list {
			if have := s.read(cut); cut.Err() == nil {
				require.Equal(t, s.want, have)
			}
		}
		require.ErrorIs(t, cut.Close(), ErrCorrupt)
	})
}

// TestCorrupt: after the first error every read returns zero, whatever the bytes are.
func TestCorrupt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		r := NewReader(b)
		for !t.Failed() && r.Err() == nil {
			before := len(r.b)
			if n := r.Len(rapid.IntRange(0, 20).Draw(t, "size")); r.Err() == nil {
				require.LessOrEqual(t, n, before)
			}
			_ = r.String()
		}
		require.Zero(t, r.Uint())
		require.Zero(t, r.Int())
		require.Zero(t, r.Word())
		require.False(t, r.Bool())
		require.Zero(t, r.Len(1))
		require.Empty(t, r.String())
		require.ErrorIs(t, r.Close(), ErrCorrupt)
	})
}

func TestLen(t *testing.T) {
	w := NewWriter(nil)
	w.Uint(3)
	w.Raw([]byte("abcdefg"))
	require.Equal(t, 3, NewReader(w.Bytes()).Len(2), "six bytes at least, of seven")
	r := NewReader(w.Bytes())
	require.Zero(t, r.Len(3), "nine of seven")
	require.ErrorIs(t, r.Err(), ErrCorrupt)
}

func TestCloseWithRest(t *testing.T) {
	r := NewReader([]byte{1, 2})
	require.EqualValues(t, 1, r.Uint())
	require.ErrorIs(t, r.Close(), ErrCorrupt)
}

type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errors.New("no space left")
	}
	return len(p), nil
}

// TestWriteError: the first error stays, and what comes after it needs no memory.
func TestWriteError(t *testing.T) {
	disk := &full{left: 2 * flushAt}
	w := NewWriter(disk)
	for range flushAt {
		w.Word(1)
	}
	require.Less(t, cap(w.buf), 4*flushAt)
	disk.left = 1 << 30
	require.EqualError(t, w.Flush(), "no space left")
	require.EqualError(t, w.Flush(), "no space left")
}
