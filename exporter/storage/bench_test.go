package storage_test

import (
	"io"
	"testing"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/storage"
)

// users is a section as the one of the known users, 32 bytes for each.
func users(n int) *exporter.Checkpoint {
	return &exporter.Checkpoint{Sections: []codec.Section{{Name: "users", Write: func(w *codec.Writer) {
		for i := range uint64(n) {
			for j := range uint64(4) {
				w.Word(i*0x9E3779B97F4A7C15 + j)
			}
		}
	}}}}
}

const entries = 1_000_000

// BenchmarkSave writes to the disk of the temporary directory, with fsync; Encode is all but the disk.
func BenchmarkSave(b *testing.B) {
	s := open(b, b.TempDir())
	b.SetBytes(32 * entries)
	b.ReportAllocs()
	for b.Loop() {
		save(b, s, users(entries))
	}
}

func BenchmarkEncode(b *testing.B) {
	b.SetBytes(32 * entries)
	b.ReportAllocs()
	for b.Loop() {
		must(b, storage.Encode(io.Discard, users(entries)))
	}
}

// BenchmarkLoad reads from the page cache and verifies everything.
func BenchmarkLoad(b *testing.B) {
	s := open(b, b.TempDir())
	save(b, s, users(entries))
	b.SetBytes(32 * entries)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Load(); err != nil {
			b.Fatal(err)
		}
	}
}
