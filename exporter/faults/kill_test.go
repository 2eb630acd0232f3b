package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/codec"
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/jetstream"
	"github.com/bot-exporter/bot-exporter/exporter/storage"
)

// shortChats lets chats that go quiet end during a test.
const shortChats = "chats: {idle_timeout: 2s, idle_timeouts: {web: 1s, whatsapp: 3s, voice: 2s}}\n"

// runKills kills the daemon again and again while messages come, and compares its last checkpoint with a fold that was
// never interrupted.
func runKills(t *testing.T, r *result) {
	random := dice(t)
	kills, messages := pick(200, 12), pick(2_000_000, 60_000)
	b := newBroker(t)
	b.stream(t)
	config, key := write(t, "c.yml", shortChats), write(t, "users.key", "000102030405060708090a0b0c0d0e0f\n")
	d := newDaemon(t, b, "--config.file="+config, "--users.key-file="+key)
	d.up()
	scraper := newScraper(d)
	prom := scraped(t, d)

	load := newLoad(t, b)
	load.allow(messages / 50)
	d.ready() // Prometheus sees where it began
	d.Until("events are counted", func() bool { return d.value("bot_events_total") > 0 })
	prom.sees("sum(bot_events_total) > 0")
	slowest := time.Duration(0)
	for i := range kills {
		load.allow(messages * (i + 1) / kills)
		if i%2 == 0 { // else a slow machine would kill nothing but starts
			d.ready()
		}
		time.Sleep(time.Duration(5+random.IntN(495)) * time.Millisecond) // the fault itself
		require.True(t, d.Running(), d)
		require.Equal(t, -1, d.End(syscall.SIGKILL))
		killed := time.Now()
		done := r.one()
		d.up("--checkpoint.interval=" + []string{"20ms", "150ms", "30s"}[random.IntN(3)])
		if i%8 == 7 || i == kills-1 {
			d.ready()
			slowest = max(slowest, time.Since(killed))
		}
		done()
	}
	load.finish(messages)
	d.ready()
	d.applied(messages)
	scraper.stop()
	prom.compare(d)
	require.Equal(t, 0, d.End(syscall.SIGTERM))

	got := lastCheckpoint(t, d.storage)
	require.EqualValues(t, messages, got.Seq)
	cfg := exporter.Defaults()
	require.NoError(t, cfg.LoadFile(config))
	var err error
	cfg.KPIs.Session.Key, _, err = storage.LoadKey(key)
	require.NoError(t, err)
	want := written(oracle(t, b, cfg, messages).Sections())
	require.True(t, reflect.DeepEqual(want, got.Raw), "state differs from an uninterrupted fold: %s", differing(want, got.Raw))
	r.figure("%s messages, 0 lost, 0 double; slowest restart until ready %s", thousands(messages), slowest.Round(10*time.Millisecond))
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// oracle folds the stream in one go.
func oracle(t *testing.T, b *broker, cfg exporter.Config, n int) *collectors.Set {
	t.Helper()
	source, err := jetstream.NewSource(b.nc, jetstream.Options{Stream: "BOT_EVENTS"})
	require.NoError(t, err)
	defer source.Close()
	_, err = source.Open(t.Context(), exporter.Position{})
	require.NoError(t, err)
	set, decoder := collectors.New(cfg.KPIs), event.NewDecoder(cfg.Events)
	var e event.Event
	for last := uint64(0); last < uint64(n); {
		batch, err := source.Next(t.Context())
		require.NoError(t, err)
		for _, m := range batch.Messages {
			require.Equal(t, last+1, m.Seq)
			last = m.Seq
			var reject *event.Reject
			if err := decoder.Decode(m.Header, m.Data, &e); err != nil {
				reject = err.(*event.Reject) //nolint:errorlint // Decode returns nothing else
			}
			set.Fold(m.Time, &e, reject)
		}
	}
	return set
}

func lastCheckpoint(t *testing.T, dir string) *exporter.Checkpoint {
	t.Helper()
	store, err := storage.Open(storage.Config{Dir: filepath.Join(dir, "checkpoints"), Rejected: func(e *storage.DamageError) { t.Error(e) }})
	require.NoError(t, err)
	defer store.Close()
	cp, err := store.Load()
	require.NoError(t, err)
	return cp
}

// written renders sections as a checkpoint keeps them.
func written(sections []codec.Section) []collectors.RawSection {
	var list []collectors.RawSection
	for _, s := range sections {
		w := codec.NewWriter(nil)
		s.Write(w)
		list = append(list, collectors.RawSection{Name: s.Name, Version: s.Version, Data: w.Bytes()})
	}
	return list
}

func differing(a, b []collectors.RawSection) (names []string) {
	if len(a) != len(b) {
		return []string{fmt.Sprintf("%d and %d sections", len(a), len(b))}
	}
	for i := range a {
		if !reflect.DeepEqual(a[i], b[i]) {
			names = append(names, a[i].Name)
		}
	}
	return names
}
