package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/self"
)

// killAt is the share of the events after which a program is killed.
const killAt = 0.4

// killOurs kills the exporter in the middle of the stream, starts it again, and compares every series with those of an
// undisturbed run.
func (b *bench) killOurs(binary string) (string, error) {
	storage := filepath.Join(b.dir, "killed")
	defer os.RemoveAll(storage)
	calm := b.exporter(binary, filepath.Join(b.dir, "calm"))
	defer os.RemoveAll(filepath.Join(b.dir, "calm"))
	want, err := b.pageOf(calm)
	if err != nil {
		return "", err
	}
	// Checkpoints at short intervals: else there would be none before the middle of so few events.
	first := b.exporter(binary, storage, "--checkpoint.interval=100ms")
	if err := first.start(); err != nil {
		return "", err
	}
	defer first.kill()
	at := 0.0
	for at < killAt*float64(b.events) {
		if err := first.pause(b.ctx, 5*time.Millisecond); err != nil {
			return "", err
		}
		at = value(first.page("/metrics"), self.AppliedSequence.Name)
	}
	first.kill()
	second := b.exporter(binary, storage)
	got, err := b.pageOf(second)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("killed at event %.0f, %s: %s", at, wentOn(second.log.String()), compare(got, want, b.events)), nil
}

// pageOf runs the exporter until it shows all events, and returns the page on which it does.
func (b *bench) pageOf(p *process) (string, error) {
	if err := p.start(); err != nil {
		return "", err
	}
	defer p.kill()
	return b.shows(p)
}

var restored = regexp.MustCompile(`restored checkpoint.* sequence=(\d+)`)

func wentOn(log string) string {
	if m := restored.FindStringSubmatch(log); m != nil {
		return "went on after " + m[1]
	}
	return "started over"
}

// compare describes how two pages differ, and whether the first one has counted every event.
func compare(gotPage, wantPage string, events int) string {
	if n := applied(gotPage) - float64(events); n != 0 {
		return fmt.Sprintf("**%+.0f**", n)
	}
	got, want, differ := kpis(gotPage), kpis(wantPage), 0
	for s, v := range want {
		if got[s] != v {
			differ++
			fmt.Fprintf(os.Stderr, "%s is %s, and %s without a crash\n", s, got[s], v)
		}
	}
	if differ > 0 || len(got) != len(want) {
		return fmt.Sprintf("**%d of %d series differ**", differ, len(want))
	}
	return fmt.Sprintf("exact, all %d series", len(want))
}

// killPeer kills a peer in the middle of the stream and starts it again, first the program itself and then, where there
// is one, the bridge.
func (b *bench) killPeer(p *peer) (string, error) {
	list := p.commands()
	what, err := b.killPart(p, list, 0)
	if err != nil || len(list) == 1 {
		return what, err
	}
	bridge, err := b.killPart(p, p.commands(), 1)
	return what + "; bridge killed: " + bridge, err
}

func (b *bench) killPart(p *peer, list []*process, part int) (what string, err error) {
	if err := b.forget(); err != nil {
		return "", err
	}
	defer func() { killAll(list) }()
	if err := startAll(list); err != nil {
		return "", err
	}
	var before, after watch
	if err := before.until(b, p, list, killAt*float64(b.events)); err != nil {
		return "", err
	}
	list[part].kill()
	list[part] = p.commands()[part]
	if err := list[part].start(); err != nil {
		return "", err
	}
	if err := after.until(b, p, list, 1e18); err != nil { // until nothing comes any more
		return "", err
	}
	if part > 0 {
		return fmt.Sprintf("%+.0f", after.got.sum()-float64(b.events)), nil
	}
	return fmt.Sprintf("counts from 0 again and shows %.0f; with the %.0f seen before, %+.0f",
		after.got.sum(), before.got.sum(), after.got.sum()+before.got.sum()-float64(b.events)), nil
}
