package storage_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/storage"
)

// victim is a directory with two generations, of which the newer is to be damaged.
type victim struct {
	store    *storage.Store
	rejected []*storage.DamageError
	path     string // of the newer
	old, new *exporter.Checkpoint
	content  []byte
}

func newVictim(t *testing.T, size int) *victim {
	v := &victim{old: checkpoint(1, 100), new: checkpoint(2, size)}
	dir := t.TempDir()
	s, err := storage.Open(storage.Config{Dir: dir, Rejected: func(d *storage.DamageError) { v.rejected = append(v.rejected, d) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	save(t, s, v.old)
	save(t, s, v.new)
	paths, err := storage.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	v.store, v.path = s, paths[0]
	if v.content, err = os.ReadFile(v.path); err != nil {
		t.Fatal(err)
	}
	return v
}

// fallsBack fails unless the newer file is rejected and the older one is loaded.
func (v *victim) fallsBack(t *testing.T, reasons ...storage.Reason) {
	t.Helper()
	v.rejected = nil
	got, err := v.store.Load()
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, v.old)
	if len(v.rejected) != 1 || v.rejected[0].Path != v.path {
		t.Fatalf("rejected %v", v.rejected)
	}
	for _, r := range reasons {
		if v.rejected[0].Reason == r {
			return
		}
	}
	t.Fatalf("rejected as %v, want %v", v.rejected[0], reasons)
}

// F4: every length of a small file and 1,000 of a large one. Only cut below the magic is it no checkpoint at all.
func TestTruncation(t *testing.T) {
	t.Parallel()
	t.Run("small", func(t *testing.T) {
		t.Parallel()
		v := newVictim(t, 3800)
		for n := len(v.content) - 1; n >= 0; n-- {
			must(t, os.Truncate(v.path, int64(n)))
			v.fallsBack(t, storage.Truncated)
		}
		t.Logf("%d lengths", len(v.content))
	})
	t.Run("large", func(t *testing.T) {
		t.Parallel()
		v := newVictim(t, 4<<20)
		seeds(t, 1, func(t *testing.T, seed uint64) {
			lengths := random(seed).Perm(len(v.content))[:1000]
			slices.Sort(lengths)
			for _, n := range slices.Backward(lengths) {
				must(t, os.Truncate(v.path, int64(n)))
				v.fallsBack(t, storage.Truncated)
			}
		})
	})
	t.Run("longer", func(t *testing.T) {
		v := newVictim(t, 100)
		for _, tail := range [][]byte{{0}, make([]byte, 5000), v.content} {
			must(t, os.WriteFile(v.path, append(bytes.Clone(v.content), tail...), 0o600))
			v.fallsBack(t, storage.Truncated, storage.Malformed)
		}
	})
}

// F5: every bit of a small file and 10,000 of a large one.
func TestBitFlips(t *testing.T) {
	t.Parallel()
	t.Run("small", func(t *testing.T) {
		t.Parallel()
		v := newVictim(t, 3800)
		f, err := os.OpenFile(v.path, os.O_RDWR, 0)
		must(t, err)
		defer f.Close()
		for i, b := range v.content {
			for bit := range 8 {
				_, err := f.WriteAt([]byte{b ^ 1<<bit}, int64(i))
				must(t, err)
				v.fallsBack(t, flipReasons(i, len(v.content))...)
			}
			_, err := f.WriteAt([]byte{b}, int64(i))
			must(t, err)
		}
		got, err := v.store.Load()
		must(t, err)
		same(t, got, v.new)
		t.Logf("%d bits", 8*len(v.content))
	})
	t.Run("large", func(t *testing.T) {
		t.Parallel()
		b := newVictim(t, 2<<20).content
		seeds(t, 10_000, func(t *testing.T, seed uint64) {
			bit := random(seed).IntN(8 * len(b))
			b[bit/8] ^= 1 << (bit % 8)
			var d *storage.DamageError
			if _, err := storage.Decode(b); !errors.As(err, &d) {
				t.Fatalf("bit %d: %v", bit, err)
			}
			b[bit/8] ^= 1 << (bit % 8)
		})
		_, err := storage.Decode(b)
		must(t, err)
	})
}

// flipReasons returns how a wrong byte may be reported: as what it is, unless it is part of a length.
func flipReasons(i, size int) []storage.Reason {
	switch trailer := size - storage.TrailerSize; {
	case i < 8:
		return []storage.Reason{storage.Magic}
	case i >= storage.PrefixSize && i < storage.PrefixSize+4: // of the header
		return []storage.Reason{storage.Checksum, storage.Truncated}
	case i >= trailer+8 && i < trailer+16: // of the file
		return []storage.Reason{storage.Truncated}
	}
	return []storage.Reason{storage.Checksum}
}

// Each kind of checksum alone finds damage: neither is only decoration.
func TestChecksumsAreIndependent(t *testing.T) {
	v := newVictim(t, 5000)
	header, data, table := storage.Parts(v.content)
	whole := storage.Seal(storage.FormatVersion, header, data, table)
	if !bytes.Equal(whole, v.content) {
		t.Fatal("the parts do not make the whole")
	}
	b := bytes.Clone(v.content)
	b[len(b)/2] ^= 1 // in a section; the digest is made right again
	must(t, os.WriteFile(v.path, storage.Digest(b), 0o600))
	v.fallsBack(t, storage.Checksum)
	if !strings.Contains(v.rejected[0].Error(), "section part") {
		t.Fatal(v.rejected[0])
	}
	b = bytes.Clone(v.content)
	b[len(b)-1] ^= 1 // only the digest is wrong
	must(t, os.WriteFile(v.path, b, 0o600))
	v.fallsBack(t, storage.Checksum)
	if !strings.Contains(v.rejected[0].Error(), "digest") {
		t.Fatal(v.rejected[0])
	}
}

func TestForeignFiles(t *testing.T) {
	v := newVictim(t, 5000)
	header, data, table := storage.Parts(v.content)
	count := codec.NewWriter(nil)
	count.Uint(1 << 40)
	tableOf := func(name string, size uint64) []byte { // of two sections
		w := codec.NewWriter(nil)
		w.Uint(2)
		for _, s := range []uint64{size, uint64(len(data)) - size} {
			w.String(name)
			w.Uint(1)
			w.Uint(s)
			w.Uint(0)
			name = "b"
		}
		return w.Bytes()
	}
	known := func(seq, count uint64) []byte { // a header with a known message, and another that many after it
		w := codec.NewWriter(nil)
		for _, v := range []uint64{2, 5, 6} {
			w.Uint(v)
		}
		w.Int(7)
		w.Word(8)
		w.Uint(seq)
		w.Uint(count)
		w.Int(1)
		w.Word(9)
		before, after, ok := bytes.Cut(header, []byte{3, 3}) // epoch and floor
		if !ok {
			t.Fatal("the header has another form")
		}
		_, after, ok = bytes.Cut(after, []byte("\x04f00d"))
		if !ok {
			t.Fatal("the header has another form")
		}
		return slices.Concat(before, []byte{3, 3, 4}, w.Bytes(), []byte("\x04f00d"), after)
	}
	if _, err := storage.Decode(storage.Seal(storage.FormatVersion, known(1, 1), data, table)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content []byte
		want    storage.Reason
	}{
		"empty":            {nil, storage.Truncated},
		"zeros":            {make([]byte, 8192), storage.Magic},
		"text":             {[]byte("# HELP up\n"), storage.Magic},
		"no table":         {storage.Seal(storage.FormatVersion, header, data, nil), storage.Malformed},
		"huge table":       {storage.Seal(storage.FormatVersion, header, data, count.Bytes()), storage.Malformed},
		"data left over":   {storage.Seal(storage.FormatVersion, header, append(data, 1), table), storage.Malformed},
		"data missing":     {storage.Seal(storage.FormatVersion, header, data[:len(data)-1], table), storage.Malformed},
		"header left over": {storage.Seal(storage.FormatVersion, append(header, 1), data, table), storage.Malformed},
		"header missing":   {storage.Seal(storage.FormatVersion, header[:len(header)-1], data, table), storage.Malformed},
		"huge header":      {storage.Seal(storage.FormatVersion, make([]byte, 1<<20+1), data, table), storage.Checksum},
		"sequence twice":   {storage.Seal(storage.FormatVersion, known(0, 1), data, table), storage.Malformed},
		"count goes back":  {storage.Seal(storage.FormatVersion, known(1, 1<<64-1), data, table), storage.Malformed},
		"negative section": {storage.Seal(storage.FormatVersion, header, data, tableOf("a", 1<<64-8)), storage.Malformed},
		"one name twice":   {storage.Seal(storage.FormatVersion, header, data, tableOf("b", 8)), storage.Malformed},
		"twice":            {append(bytes.Clone(v.content), v.content...), storage.Truncated},
	} {
		t.Run(name, func(t *testing.T) {
			must(t, os.WriteFile(v.path, c.content, 0o600))
			v.fallsBack(t, c.want)
			if err := storage.Verify(v.path); err == nil {
				t.Fatal("verified")
			}
		})
	}
	t.Run("huge and empty", func(t *testing.T) {
		must(t, os.Truncate(v.path, 0))
		must(t, os.WriteFile(v.path, v.content[:storage.PrefixSize+8+len(header)], 0o600))
		must(t, os.Truncate(v.path, 1<<42)) // takes no space, and reading it whole would take all memory
		v.fallsBack(t, storage.Truncated)
	})
	t.Run("directory", func(t *testing.T) {
		must(t, os.Remove(v.path))
		must(t, os.Mkdir(v.path, 0o700))
		v.fallsBack(t, storage.Unreadable)
		must(t, os.Remove(v.path))
	})
	t.Run("pipe", func(t *testing.T) {
		must(t, syscall.Mkfifo(v.path, 0o600))
		v.fallsBack(t, storage.Unreadable)
		must(t, os.Remove(v.path))
	})
	t.Run("gone", func(t *testing.T) { v.fallsBack(t, storage.Unreadable) })
}

func reopen(t *testing.T, s *storage.Store, dir string) *storage.Store {
	t.Helper()
	must(t, s.Close())
	return open(t, dir)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
