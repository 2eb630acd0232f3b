package storage_test

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"testing"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/storage"
)

func encode(t testing.TB, c *exporter.Checkpoint) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, storage.Encode(&b, c))
	return b.Bytes()
}

// decode is Decode with what must hold for any input: no panic, one of the known errors, memory in proportion, and
// sections that lie in the input. What can be read is written again as the same.
func decode(t *testing.T, b []byte) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c, err := storage.Decode(b)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > uint64(64*len(b)+1<<19) {
		t.Fatalf("%d bytes of memory for %d bytes", n, len(b))
	}
	if err != nil {
		var d *storage.DamageError
		var v *storage.VersionError
		if c != nil || !errors.As(err, &d) && !errors.As(err, &v) {
			t.Fatalf("%v %T: %v", c, err, err)
		}
		return
	}
	names := map[string]bool{}
	for _, s := range c.Raw {
		if names[s.Name] {
			t.Fatalf("two sections %q", s.Name)
		}
		names[s.Name] = true
		c.Sections = append(c.Sections, codec.Section{Name: s.Name, Version: s.Version, Write: func(w *codec.Writer) { w.Raw(s.Data) }})
	}
	again, err := storage.Decode(encode(t, c))
	must(t, err)
	same(t, again, c)
}

// FuzzDecode loads any bytes.
func FuzzDecode(f *testing.F) {
	whole := encode(f, checkpoint(7, 300))
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add(encode(f, &exporter.Checkpoint{}))
	f.Add([]byte{})
	f.Fuzz(decode)
}

// FuzzStructure loads files whose checksums are right and whose contents are not.
func FuzzStructure(f *testing.F) {
	for _, c := range []*exporter.Checkpoint{checkpoint(7, 300), {}} {
		header, data, table := storage.Parts(encode(f, c))
		f.Add(header, data, table)
	}
	f.Fuzz(func(t *testing.T, header, data, table []byte) {
		decode(t, storage.Seal(storage.FormatVersion, header, data, table))
	})
}

// A checkpoint that could not be read back is not written.
func TestTooLarge(t *testing.T) {
	for _, c := range []*exporter.Checkpoint{
		{Fingerprint: string(make([]byte, 1<<20))},
		{Sections: []codec.Section{{Name: string(make([]byte, 1<<20)), Write: func(*codec.Writer) {}}}},
	} {
		if err := storage.Encode(&bytes.Buffer{}, c); err == nil {
			t.Fatal("no error")
		}
	}
	c := &exporter.Checkpoint{Fingerprint: string(make([]byte, 1<<19))}
	got, err := storage.Decode(encode(t, c))
	must(t, err)
	same(t, got, c)
}

// Equal checkpoints are equal files, and the format stays what it is until its version changes.
func TestFormatStays(t *testing.T) {
	b := encode(t, checkpoint(7, 40))
	if !bytes.Equal(b, encode(t, checkpoint(7, 40))) {
		t.Fatal("two encodings differ")
	}
	golden(t, "testdata/version2.snap", b)
}

func golden(t *testing.T, path string, b []byte) {
	t.Helper()
	if os.Getenv("STORAGE_GOLDEN") != "" {
		must(t, os.WriteFile(path, b, 0o644))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if !bytes.Equal(b, want) {
		t.Fatalf("the file differs from %s, which programs in use can read: a change needs a new version", path)
	}
	got, err := storage.Decode(want)
	must(t, err)
	same(t, got, checkpoint(7, 40))
}
