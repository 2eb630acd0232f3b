package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/snapfile"
)

func stateCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("state", "What users and open chats cost.")
	users := cmd.Flag("users", "Numbers of users.").Default("10000", "100000", "1000000", "10000000").Ints()
	chats := cmd.Flag("chats", "Numbers of open chats.").Default("10000", "100000", "1000000").Ints()
	return cmd.FullCommand(), func(context.Context) error {
		if err := benchState(os.Stdout, "users", *users); err != nil {
			return err
		}
		fmt.Println()
		return benchState(os.Stdout, "chats", *chats)
	}
}

// benchState prints what users and open chats cost: memory, the longest single message, and checkpoints.
func benchState(w io.Writer, kind string, sizes []int) error {
	fmt.Fprintf(w, "| %s | bytes each | ns per message | longest message ms | next hour ms | freeze ms | write s | MiB | read s |\n", kind)
	fmt.Fprintln(w, "| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, n := range sizes {
		if err := benchSize(w, kind, n); err != nil {
			return err
		}
	}
	return nil
}

func benchSize(w io.Writer, kind string, n int) error {
	dir, err := os.MkdirTemp("", "bot-exporter-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cfg := collectors.Defaults()
	cfg.Session.DedupMax = 0 // ids of events are a table of their own
	cfg.Session.MaxChats = n + 1
	set := collectors.New(cfg)
	before := heap()
	// A sighting without a chat, or a chat of one user: only what is measured grows.
	e := event.Event{Kind: event.FeedbackGiven, Bot: "shop", Channel: "web", Chat: "none", Message: "m", Rating: event.Positive, Source: "s"}
	if kind == "chats" {
		e = event.Event{Kind: event.MessageUser, Bot: "shop", Channel: "web", User: "one", Input: event.InputText, Source: "s"}
	}
	clock := time.Date(2027, 3, 1, 12, 30, 0, 0, time.UTC).UnixNano()
	start, longest := time.Now(), time.Duration(0)
	for i := range n {
		id := strconv.Itoa(i)
		if e.ID = id; kind == "chats" {
			e.Chat = id
		} else {
			e.User = id
		}
		one := time.Now()
		set.Fold(clock, &e, nil)
		longest = max(longest, time.Since(one))
	}
	each := time.Since(start) / time.Duration(n)
	size := float64(heap()-before) / float64(n)

	one := time.Now()
	if kind == "users" {
		set.Fold(clock+int64(time.Hour), &e, nil) // rolls all windows and begins a sweep
	}
	roll := time.Since(one)

	one = time.Now()
	sections := set.Sections()
	freeze := time.Since(one)
	store, err := snapfile.Open(snapfile.Config{Dir: filepath.Join(dir, "state")})
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	one = time.Now()
	if err := store.Save(&exporter.Checkpoint{Position: exporter.Position{Stream: "s", Created: time.Unix(1, 0), Seq: uint64(n)}, Sections: sections}); err != nil {
		return err
	}
	write := time.Since(one)
	bytes := fileBytes(filepath.Join(dir, "state"))
	set = nil // what is read back need not share the memory with it
	debug.FreeOSMemory()
	one = time.Now()
	cp, err := store.Load()
	if err != nil {
		return err
	}
	if err := collectors.New(cfg).Restore(cp.Saved); err != nil {
		return err
	}
	fmt.Fprintf(w, "| %d | %.1f | %d | %.2f | %.2f | %.2f | %.2f | %.0f | %.2f |\n", n, size, each.Nanoseconds(),
		ms(longest), ms(roll), ms(freeze), write.Seconds(), float64(bytes)/(1<<20), time.Since(one).Seconds())
	return nil
}

func ms(d time.Duration) float64 { return d.Seconds() * 1e3 }

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func fileBytes(dir string) (sum int64) {
	files, _ := os.ReadDir(dir)
	for _, f := range files {
		if info, err := f.Info(); err == nil {
			sum += info.Size()
		}
	}
	return sum
}
