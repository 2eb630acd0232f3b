package event

import "testing"

func BenchmarkParseTime(b *testing.B) {
	for b.Loop() {
		ParseTime("2026-03-01T00:00:00.003557Z")
	}
}
