package exporter

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/self"
)

func often(c *Config) { c.CheckpointInterval = 3 * time.Millisecond }

// Checkpoints are made on time, after so many messages, after catching up and at the end, and not when nothing changed.
func TestWhenCheckpointsAreMade(t *testing.T) {
	all, store := stored(5000), &shelf{}
	b := newBroker(all[:1000])
	r := run(t, quick(func(c *Config) { c.CheckpointMessages = 1500 }), b, store)
	saved := func(least uint64) {
		t.Helper()
		r.until("checkpoint is there", func() bool { return store.newest().Seq >= least })
	}
	saved(1000) // caught up
	b.publish(all[1000:2000]...)
	r.live(2000)
	require.EqualValues(t, 1000, store.newest().Seq)
	b.publish(all[2000:4000]...)
	saved(2500)
	b.publish(all[4000:]...)
	r.live(5000)
	require.NoError(t, r.close())
	require.EqualValues(t, 5000, store.newest().Seq)
	require.Equal(t, written(oracle(quick(), all).Sections()), store.newest().Raw)
	require.Positive(t, store.newest().Size)

	tries := store.attempts()
	r = run(t, quick(often), b, store)
	r.live(5000)
	age, size := r.value(self.CheckpointAge), r.value(self.CheckpointSize)
	r.until("age is that of the last look", func() bool { a := r.value(self.CheckpointAge); ok := a < age; age = a; return ok })
	require.NoError(t, r.close())
	require.Equal(t, tries, store.attempts(), "nothing changed")
	require.EqualValues(t, store.newest().Size, size, "of the checkpoint that was restored")
	b.publish(Message{Seq: 5001, Time: all[4999].Time, Data: []byte("{")})
	r = run(t, quick(often), b, store)
	saved(5001)
}

// A disk that is full costs no message and no scrape, is no reason to restart, and the exporter recovers alone.
func TestCheckpointFails(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "checkpoint", Err: syscall.ENOSPC}
	all, store := stored(400), &shelf{fail: full}
	b := newBroker(all[:100])
	r := run(t, quick(often), b, store)
	r.live(100)
	r.until("failures are counted", func() bool { return r.value(self.CheckpointFailures) > 2*maxCheckpointFailures })
	require.True(t, r.Healthy())
	require.Contains(t, r.log.String(), "no space left on device")
	b.publish(all[100:]...)
	r.live(400)
	require.True(t, r.shown())
	require.True(t, r.ready(), "numbers are complete")
	age, tries := r.value(self.CheckpointAge), store.attempts()
	r.until("it is tried again and again", func() bool { return store.attempts() >= tries+20 })
	require.Greater(t, r.value(self.CheckpointAge), age+(15*r.cfg.CheckpointInterval).Seconds(), "a failure is no checkpoint")

	store.failing(nil)
	r.until("checkpoint is there", func() bool { return store.newest().Seq == 400 })
	require.Equal(t, written(oracle(quick(), all).Sections()), store.newest().Raw)
	require.NoError(t, r.close())
}

// Three failures in a row are a reason to restart the process, unless a restart cannot cure them.
func TestHealthAfterFailures(t *testing.T) {
	of := func(op string, err error) error {
		return fmt.Errorf("save checkpoint: %w", &fs.PathError{Op: op, Path: "checkpoint.tmp", Err: err})
	}
	b, store := newBroker(stored(10)), &shelf{}
	r := run(t, quick(), b, store)
	r.live(10)
	r.until("a checkpoint is there", func() bool { return store.newest().Seq == 10 })
	b.publish(stored(20)[10:]...)
	r.live(20)
	broken, renaming := of("sync", syscall.EIO), of("rename", syscall.EIO)
	for _, v := range []struct {
		fails []error
		ok    bool
	}{
		{[]error{broken, renaming}, true},
		{[]error{errors.New("no")}, false},
		{[]error{of("write", syscall.ENOSPC)}, true},
		{[]error{broken, broken}, true},
		{[]error{of("write", syscall.EDQUOT), broken, broken}, true},
		{[]error{of("open", syscall.EROFS), broken, broken}, true},
		{[]error{of("open", syscall.EACCES), broken, broken}, true},
		{[]error{of("open", syscall.EPERM), broken, broken}, true},
		{[]error{broken}, false},
	} {
		for _, err := range v.fails {
			store.failing(err)
			require.ErrorIs(t, r.checkpointer.save(), err)
		}
		require.Equal(t, v.ok, r.Healthy(), v.fails)
	}
	store.failing(nil)
	require.NoError(t, r.checkpointer.save())
	require.True(t, r.Healthy(), "recovers alone")
	require.NoError(t, r.close())
}

// A disk that is full is tried again after as many messages as ever, and not with every batch.
func TestFailedCheckpointIsNotTriedWithEveryBatch(t *testing.T) {
	b, store := newBroker(stored(20_000)), &shelf{fail: syscall.ENOSPC}
	b.batch = 10
	r := run(t, quick(func(c *Config) { c.CheckpointMessages = 10_000 }), b, store)
	r.live(20_000)
	require.LessOrEqual(t, store.attempts(), 2*(2+1), "at each mark and when it has caught up, and once more when that was on its way")
	require.ErrorIs(t, r.close(), syscall.ENOSPC)
}

// What cannot be saved at the end is told.
func TestLastCheckpointFails(t *testing.T) {
	r := run(t, quick(), newBroker(stored(10)), &shelf{fail: errors.New("no")})
	r.live(10)
	require.ErrorContains(t, r.close(), "save checkpoint: no")
}

// Without a stream there is nothing to save: an empty checkpoint would hide the first message from the next start.
func TestNothingToSave(t *testing.T) {
	b, store := newBroker(nil), &shelf{}
	b.gone = true
	r := run(t, quick(often), b, store)
	r.phase(PhaseNoStream)
	require.NoError(t, r.close())
	require.Zero(t, store.attempts())
}

func TestCheckpointThatDoesNotFit(t *testing.T) {
	good := func() *shelf {
		store := &shelf{}
		r := run(t, quick(), newBroker(stored(50)), store)
		r.live(50)
		require.NoError(t, r.close())
		return store
	}
	for name, v := range map[string]struct {
		cfg    func(*Config)
		change func(*shelf)
		says   []string
	}{
		"limit":   {cfg: func(c *Config) { c.KPIs.MaxClicks = 7 }, says: []string{"limits.clicks is 7", "the checkpoint has 500", "restore the settings", "empty storage"}},
		"timeout": {cfg: func(c *Config) { c.KPIs.Session.IdleTimeout = time.Hour }, says: []string{"chats.idle_timeout is 1h0m0s", "has 30m0s"}},
		"zone":    {cfg: func(c *Config) { c.KPIs.Session.Location = time.FixedZone("Mars", 1) }, says: []string{"time.zone is Mars", "has UTC"}},
		"prefix":  {cfg: func(c *Config) { c.Events.TypePrefix = "com.acme." }, says: []string{"events.type_prefix is com.acme."}},
		"key id":  {cfg: func(c *Config) { c.KeyID = "other" }, says: []string{"key id is other", "has key;", "provide the key"}},
		"newer section": {change: func(s *shelf) { s.kept[len(s.kept)-1].Raw[1].Version++ },
			says: []string{"section session has version", "start the version of the program"}},
		"older version": {
			cfg: func(c *Config) { c.KPIs.Session.VisitGap = time.Hour },
			change: func(s *shelf) {
				for i := range s.kept[len(s.kept)-1].Raw {
					s.kept[len(s.kept)-1].Raw[i].Version--
				}
			},
			says: []string{"section pairs has version", "start the version of the program", "empty storage path"},
		},
		"section is missing": {change: func(s *shelf) { cp := s.kept[len(s.kept)-1]; cp.Raw = cp.Raw[1:] }, says: []string{"section pairs is missing"}},
		"section is cut": {change: func(s *shelf) { d := &s.kept[len(s.kept)-1].Raw[0]; d.Data = d.Data[:len(d.Data)-1] },
			says: []string{"section pairs", "corrupt"}},
		"unreadable": {change: func(s *shelf) { s.load = errors.New("permission denied") }, says: []string{"load checkpoint: permission denied"}},
	} {
		t.Run(name, func(t *testing.T) {
			store, cfg := good(), quick()
			if v.change != nil {
				v.change(store)
			}
			if v.cfg != nil {
				v.cfg(&cfg)
			}
			_, err := New(cfg, store, slog.New(slog.NewTextHandler(io.Discard, nil)))
			for _, s := range v.says {
				require.ErrorContains(t, err, s)
			}
		})
	}
}

func TestSourceThatCannotBeClosed(t *testing.T) {
	b := newBroker(stored(10))
	b.closeErr = errors.New("no answer")
	store := &shelf{}
	r := run(t, quick(), b, store)
	r.live(10)
	require.NoError(t, r.close(), "the broker tidies up what remains")
	require.Equal(t, uint64(10), store.newest().Seq)
	require.Contains(t, r.log.String(), "no answer")
}
