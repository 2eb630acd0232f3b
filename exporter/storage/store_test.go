package storage_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/storage"
)

// checkpoint returns the n-th checkpoint of a run; its sections are size bytes in all, and no two n are alike.
func checkpoint(n uint64, size int) *exporter.Checkpoint {
	c := &exporter.Checkpoint{
		Position: exporter.Position{
			Stream: "EVENTS", Created: time.Unix(1_700_000_000, 123456789).UTC(), Subjects: []string{"a.>", "b"},
			Seq: n, Anchor: exporter.Anchor{Time: int64(n) * -7}, Epoch: 3,
		},
		Fingerprint: "f00d", KeyID: "0badcafe",
	}
	c.Anchor.Hash = n<<56 | 1
	c.Floor, c.Lost = n+1, n+2
	for i := range uint64(3) {
		c.Known = append(c.Known, exporter.Known{Seq: n + 3*i + 1, Count: n + i + 1, Anchor: exporter.Anchor{Time: int64(n) - 5*int64(i), Hash: ^n}})
	}
	for i, part := range []int{size / 2, 0, size - size/2} {
		data := pattern(n+uint64(i), part)
		c.Sections = append(c.Sections, codec.Section{
			Name: fmt.Sprintf("part%d", i), Version: uint64(i) + n, Write: func(w *codec.Writer) { w.Raw(data) },
		})
	}
	return c
}

func pattern(n uint64, size int) []byte {
	b := make([]byte, 0, size+8)
	for x := n*0x9E3779B97F4A7C15 + 1; len(b) < size; x = x*6364136223846793005 + 1442695040888963407 {
		b = append(b, byte(x>>56), byte(x>>48), byte(x>>40), byte(x>>32))
	}
	return b[:size]
}

// same fails unless what was loaded is byte for byte what was saved.
func same(t testing.TB, got, want *exporter.Checkpoint) {
	t.Helper()
	if err := differ(got, want); err != nil {
		t.Fatal(err)
	}
}

func differ(got, want *exporter.Checkpoint) error {
	if !reflect.DeepEqual(got.Position, want.Position) || got.Fingerprint != want.Fingerprint || got.KeyID != want.KeyID ||
		!slices.Equal(got.Known, want.Known) || got.Floor != want.Floor || got.Lost != want.Lost {
		return fmt.Errorf("loaded %+v, want %+v", got.Position, want.Position)
	}
	if len(got.Raw) != len(want.Sections) {
		return fmt.Errorf("loaded %d sections, want %d", len(got.Raw), len(want.Sections))
	}
	for i, s := range want.Sections {
		w := codec.NewWriter(nil)
		s.Write(w)
		if g := got.Raw[i]; g.Name != s.Name || g.Version != s.Version || !bytes.Equal(g.Data, w.Bytes()) || cap(g.Data) != len(g.Data) {
			return fmt.Errorf("section %s differs", s.Name)
		}
	}
	return nil
}

func open(t testing.TB, dir string) *storage.Store {
	t.Helper()
	s, err := storage.Open(storage.Config{Dir: dir, Warn: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func save(t testing.TB, s *storage.Store, c *exporter.Checkpoint) {
	t.Helper()
	if err := s.Save(c); err != nil {
		t.Fatal(err)
	}
}

func TestRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := open(t, dir)
	if _, err := s.Load(); !errors.Is(err, exporter.ErrNoCheckpoint) {
		t.Fatal(err)
	}
	zero := &exporter.Checkpoint{}
	for i, c := range []*exporter.Checkpoint{zero, checkpoint(5, 1000), checkpoint(4, 300_000), checkpoint(6, 10)} {
		save(t, s, c)
		got, err := s.Load()
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, c)
		paths, err := storage.List(dir)
		if err != nil || len(paths) != min(i+1, 3) {
			t.Fatal(paths, err)
		}
		for _, p := range paths {
			if info, err := os.Stat(p); err != nil || info.Mode() != 0o600 {
				t.Fatal(info.Mode(), err)
			}
			if err := storage.Verify(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Fatal(info.Mode(), err)
	}
	s.Close()
	if err := s.Save(zero); err == nil {
		t.Fatal("a closed store saves")
	}
	got, err := open(t, dir).Load()
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, checkpoint(6, 10))
}
