package storage_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/proctest"
	"github.com/bot-exporter/bot-exporter/exporter/storage"
	"github.com/bot-exporter/bot-exporter/exporter/storage/faultfs"
)

// A step of Save at which the process dies.
type step struct {
	name  string
	op    faultfs.Op
	nth   int  // how many calls like it go well before
	after bool // the call still happens
	half  bool // half of it, for a write
	saved bool // the new generation is the one to be found
}

var steps = []step{
	{name: "before write", op: faultfs.Create},
	{name: "in the header", op: faultfs.Write, half: true},
	{name: "in a section", op: faultfs.Write, nth: 1, half: true},
	{name: "in the digest", op: faultfs.Write, nth: 4, half: true},
	{name: "after write", op: faultfs.Sync},
	{name: "after fsync", op: faultfs.Sync, after: true},
	{name: "before rename", op: faultfs.Rename},
	{name: "after rename", op: faultfs.Rename, after: true, saved: true},
	{name: "after directory fsync", op: faultfs.SyncDir, after: true, saved: true},
	{name: "before prune", op: faultfs.Remove, saved: true},
	{name: "in prune", op: faultfs.Remove, after: true, saved: true},
}

// lazy is for tests that end the process and not the machine: fsync takes most of their time and proves nothing.
var lazy = faultfs.Wrap(storage.OS, func(c *faultfs.Call, do func() error) error {
	if c.Op == faultfs.Sync || c.Op == faultfs.SyncDir {
		return nil
	}
	return do()
})

// kill is a hook that calls die at the step, once armed.
func (s step) kill(armed *bool, die func()) faultfs.Hook {
	seen := 0
	return func(c *faultfs.Call, do func() error) error {
		if !*armed || c.Op != s.op {
			return do()
		}
		if seen++; seen <= s.nth {
			return do()
		}
		if s.half {
			c.Data = c.Data[:len(c.Data)/2]
		}
		if s.after || s.half {
			_ = do()
		}
		die()
		return faultfs.ErrDead
	}
}

// crash saves a few checkpoints and dies in the step of the last one.
func (s step) crash(dir string, run int, armed *bool, die func()) {
	dead := false
	kill := s.kill(armed, func() { dead = true; die() })
	fsys := faultfs.Wrap(lazy, func(c *faultfs.Call, do func() error) error {
		if dead && c.Op != faultfs.Close {
			return faultfs.ErrDead
		}
		return kill(c, do)
	})
	st, err := storage.Open(storage.Config{Dir: dir, FS: fsys})
	if err != nil {
		panic(err)
	}
	defer st.Close()
	for n := range lastSave(run) {
		if err := st.Save(checkpoint(n, size(n))); err != nil {
			panic(err)
		}
	}
	*armed = true
	_ = st.Save(checkpoint(lastSave(run), 2+size(uint64(run)))) // in five writes
}

func lastSave(run int) uint64 { return 3 + uint64(run)%5 } // three before it: there is something to prune

func (s step) verify(t *testing.T, dir string, run int) {
	t.Helper()
	st, err := storage.Open(storage.Config{Dir: dir, FS: lazy, Rejected: func(d *storage.DamageError) { t.Error(d) }})
	must(t, err)
	defer st.Close()
	got, err := st.Load()
	must(t, err)
	last := lastSave(run)
	if s.saved {
		same(t, got, checkpoint(last, 2+size(uint64(run))))
	} else {
		same(t, got, checkpoint(last-1, size(last-1)))
	}
	save(t, st, checkpoint(last+1, 50))
	onlyGenerations(t, dir, 3)
	got, err = st.Load()
	must(t, err)
	same(t, got, checkpoint(last+1, 50))
}

// F2: the process ends at each step of a save.
func TestCrashAtEachStep(t *testing.T) {
	t.Parallel()
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			for run := range 50 {
				dir, armed, died := t.TempDir(), false, false
				s.crash(dir, run, &armed, func() { died = true })
				if !died {
					t.Fatal("the step was not reached")
				}
				s.verify(t, dir, run)
			}
		})
	}
}

// F2 with a real process and a real SIGKILL.
func TestKillAtEachStep(t *testing.T) {
	for i, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			seeds(t, 10, func(t *testing.T, seed uint64) {
				dir, run := t.TempDir(), int(seed%1000)
				out, err := child(dir, "STORAGE_KILL="+fmt.Sprintf("%d %d", i, run))
				var exit *exec.ExitError
				if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
					t.Fatalf("%v\n%s", err, out)
				}
				s.verify(t, dir, run)
			})
		})
	}
}

// The second process on a directory is told so at once; the death of the first frees it.
func TestLock(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	save(t, s, checkpoint(1, 10))
	if _, err := storage.Open(storage.Config{Dir: dir}); !errors.Is(err, storage.ErrLocked) {
		t.Fatal(err)
	}
	out, err := child(dir, "STORAGE_LOCK=1")
	if err != nil || !strings.Contains(string(out), "in use by another process") || !strings.Contains(string(out), dir) {
		t.Fatalf("%v\n%s", err, out)
	}
	must(t, s.Close())
	if out, err := child(dir, "STORAGE_LOCK=1"); err != nil || !strings.Contains(string(out), "loaded 1") {
		t.Fatalf("%v\n%s", err, out)
	}
	c, err := open(t, dir).Load() // the child died without Close
	must(t, err)
	same(t, c, checkpoint(1, 10))
}

// The directory is moved away and another process begins one in its place: neither writes into the other's.
func TestDirectoryReplaced(t *testing.T) {
	for name, replace := range map[string]func(dir string) error{
		"moved":   func(dir string) error { return os.Rename(dir, dir+".old") },
		"removed": os.RemoveAll,
		"lock":    func(dir string) error { return os.Remove(filepath.Join(dir, "lock")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "checkpoints")
			s := open(t, dir)
			save(t, s, checkpoint(1, 10))
			must(t, replace(dir))
			if err := s.Save(checkpoint(2, 10)); !errors.Is(err, storage.ErrReplaced) || !strings.Contains(err.Error(), dir) {
				t.Fatal(err)
			}
			next := open(t, dir)
			save(t, next, checkpoint(3, 10))
			for _, err := range []error{s.Save(checkpoint(4, 10)), s.Forget(), s.KeepConsumer("c")} {
				if !errors.Is(err, storage.ErrReplaced) {
					t.Fatal(err)
				}
			}
			c, err := next.Load()
			must(t, err)
			same(t, c, checkpoint(3, 10))
			must(t, s.Close())
		})
	}
}

// What is kept of the consumer survives the process; what cannot be its name is left alone.
func TestConsumerIsKept(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if name := s.Consumer(); name != "" {
		t.Fatal(name)
	}
	for _, name := range []string{"bot-exporter-A", "bot-exporter-B"} {
		must(t, os.WriteFile(filepath.Join(dir, "consumer.tmp"), []byte("torn"), 0o600))
		must(t, s.KeepConsumer(name))
		must(t, s.Close())
		s = open(t, dir)
		if got := s.Consumer(); got != name {
			t.Fatal(got)
		}
	}
	for _, bad := range []string{"", "\n", "a.b", "a b", "*", ">", "\xff", strings.Repeat("x", 1<<20) + " "} {
		must(t, os.WriteFile(filepath.Join(dir, "consumer"), []byte(bad), 0o600))
		if name := s.Consumer(); len(name) > 256 || strings.ContainsAny(name, ".*> ") {
			t.Fatalf("%q", name)
		}
	}
	must(t, s.Close())
	if err := s.KeepConsumer("c"); err == nil {
		t.Fatal("closed")
	}
}

func child(dir, env string) ([]byte, error) {
	cmd := proctest.Self("STORAGE_DIR=" + dir)
	cmd.Env = append(cmd.Env, env)
	return cmd.CombinedOutput()
}

func TestMain(m *testing.M) {
	debug.SetGCPercent(1000) // nearly nothing lives long here, and half of the time went into looking for it
	dir := os.Getenv("STORAGE_DIR")
	switch {
	case dir == "":
		os.Exit(m.Run())
	case os.Getenv("STORAGE_LOCK") != "":
		s, err := storage.Open(storage.Config{Dir: dir})
		if err != nil {
			fmt.Println(err)
			return
		}
		var c *exporter.Checkpoint
		if c, err = s.Load(); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("loaded", c.Seq)
	default:
		at, run, _ := strings.Cut(os.Getenv("STORAGE_KILL"), " ")
		i, _ := strconv.Atoi(at)
		n, _ := strconv.Atoi(run)
		armed := false
		steps[i].crash(dir, n, &armed, func() {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // until the signal is there
		})
	}
}
