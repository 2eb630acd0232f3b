package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/storage"
)

func checkpointsCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("checkpoints", "How many events the fold misses because of a checkpoint; in process.")
	users := cmd.Flag("users", "Numbers of users.").Default("100000", "1000000", "10000000").Ints()
	calm := cmd.Flag("for", "How long to fold before and after the checkpoint, to compare with.").Default("5s").Duration()
	return cmd.FullCommand(), func(ctx context.Context) error {
		now := noteConditions(ctx)
		interval := exporter.Defaults().CheckpointInterval
		t := table{columns: []column{{"users", "%.0f"}, {"events/s without", "%.0f"}, {"freeze ms", "%.2f"}, {"checkpoint s", "%.2f"},
			{"events/s meanwhile", "%.0f"}, {fmt.Sprintf("of all events, at one in %s", interval), "%.2f %%"}}}
		for _, n := range *users {
			row, err := checkpointCost(n, *calm, interval)
			if err != nil {
				return err
			}
			t.rows = append(t.rows, row)
		}
		return output("checkpoints", fmt.Sprintf("What a checkpoint keeps the fold from, with events of random users all the time. %s\n\n%s", now, t))
	}
}

func checkpointCost(users int, calm, interval time.Duration) ([]float64, error) {
	dir, err := os.MkdirTemp("", "bot-exporter-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	store, err := storage.Open(storage.Config{Dir: filepath.Join(dir, "state")})
	if err != nil {
		return nil, err
	}
	defer func() { _ = store.Close() }()
	f := folder{set: collectors.New(collectors.Defaults()), users: make([]string, users)}
	for i := range f.users {
		f.users[i] = strconv.Itoa(i)
		f.one(i)
	}
	rate := f.until(time.After(calm))
	start := time.Now()
	cp := checkpointOf(f.set)
	freeze := time.Since(start)
	saved := make(chan error, 1)
	written := make(chan time.Time)
	go func() {
		saved <- store.Save(cp)
		close(written)
	}()
	folding := f.until(written)
	took := time.Since(start)
	if err := <-saved; err != nil {
		return nil, err
	}
	rate = (rate + f.until(time.After(calm))) / 2
	meanwhile := folding * (took - freeze).Seconds() / took.Seconds()
	return []float64{float64(users), rate, ms(freeze), took.Seconds(), meanwhile, 100 * (1 - meanwhile/rate) * took.Seconds() / interval.Seconds()}, nil
}

// folder folds events of users who are known.
type folder struct {
	set   *collectors.Set
	users []string
	n     int
}

func (f *folder) one(user int) {
	e := sighting()
	f.n++
	e.ID, e.User = strconv.Itoa(f.n), f.users[user]
	f.set.Fold(noon+int64(f.n), &e, nil)
}

// until folds events of random users, and returns how many in a second.
func (f *folder) until(done <-chan time.Time) float64 {
	start, before := time.Now(), f.n
	for {
		select {
		case <-done:
			return float64(f.n-before) / time.Since(start).Seconds()
		default:
		}
		for range 100 {
			f.one(rand.IntN(len(f.users)))
		}
	}
}
