package main

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/storage"
)

// stateTables are what users and open chats cost: memory, the longest single message, and checkpoints.
func stateTables(users, chats []int) (list []table, err error) {
	for _, kind := range []struct {
		name  string
		sizes []int
	}{{"users", users}, {"open chats", chats}} {
		t := table{columns: []column{
			{kind.name, "%.0f"}, {"MiB", "%.1f"}, {"bytes each", "%.1f"}, {"ns per message", "%.0f"}, {"longest message ms", "%.2f"},
			{"next hour ms", "%.2f"}, {"freeze ms", "%.2f"}, {"checkpoint MiB", "%.1f"}, {"write ms", "%.0f"}, {"read ms", "%.0f"},
		}}
		for _, n := range kind.sizes {
			row, err := stateOf(kind.name, n)
			if err != nil {
				return nil, err
			}
			t.rows = append(t.rows, row)
		}
		list = append(list, t)
	}
	return list, nil
}

func stateOf(kind string, n int) ([]float64, error) {
	cfg := collectors.Defaults()
	cfg.Session.DedupMax = 0 // ids of events are a table of their own
	cfg.Session.MaxChats = n + 1
	set := collectors.New(cfg)
	before := heap()
	// A sighting without a chat, or a chat of one user: only what is measured grows.
	e := sighting()
	if kind != "users" {
		e = event.Event{Kind: event.MessageUser, Bot: "shop", Channel: "web", User: "one", Input: event.InputText, Source: "s"}
	}
	start, longest := time.Now(), time.Duration(0)
	for i := range n {
		id := strconv.Itoa(i)
		if e.ID = id; kind == "users" {
			e.User = id
		} else {
			e.Chat = id
		}
		one := time.Now()
		set.Fold(noon, &e, nil)
		longest = max(longest, time.Since(one))
	}
	each := time.Since(start) / time.Duration(n)
	size := float64(heap() - before)

	one := time.Now()
	if kind == "users" {
		set.Fold(noon+int64(time.Hour), &e, nil) // rolls all windows and begins a sweep
	}
	roll := time.Since(one)
	saved, err := saveAndLoad(set, cfg)
	return append([]float64{float64(n), size / (1 << 20), size / float64(n), float64(each.Nanoseconds()), ms(longest), ms(roll)}, saved...), err
}

// noon is half past it, of some day.
var noon = time.Date(2027, 3, 1, 12, 30, 0, 0, time.UTC).UnixNano()

// sighting is an event that only says that there is a user.
func sighting() event.Event {
	return event.Event{Kind: event.FeedbackGiven, Bot: "shop", Channel: "web", Chat: "none", Message: "m", Rating: event.Positive, Source: "s"}
}

// saveAndLoad returns how long the freeze took, the size of the checkpoint, and how long it took to write and to read.
func saveAndLoad(set *collectors.Set, cfg collectors.Config) ([]float64, error) {
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
	start := time.Now()
	cp := checkpointOf(set)
	freeze := time.Since(start)
	start = time.Now()
	if err := store.Save(cp); err != nil {
		return nil, err
	}
	write := time.Since(start)
	cp.Sections = nil
	debug.FreeOSMemory() // what is read back need not share the memory with what was written
	start = time.Now()
	back, err := store.Load()
	if err != nil {
		return nil, err
	}
	if err := collectors.New(cfg).Restore(back.Raw); err != nil {
		return nil, err
	}
	return []float64{ms(freeze), float64(cp.Size) / (1 << 20), ms(write), ms(time.Since(start))}, nil
}

func checkpointOf(set *collectors.Set) *exporter.Checkpoint {
	return &exporter.Checkpoint{Position: exporter.Position{Stream: "s", Created: time.Unix(1, 0), Seq: 1}, Sections: set.Sections()}
}

func ms(d time.Duration) float64 { return d.Seconds() * 1e3 }

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
