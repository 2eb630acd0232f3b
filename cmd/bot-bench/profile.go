package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"

	"github.com/alecthomas/kingpin/v2"
)

func profileCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("profile", "Profiles of CPU and allocations while the exporter reads the stream.")
	events := cmd.Flag("events", "Events to read.").Default("1000000").Int()
	dir := cmd.Flag("dir", "Where to leave cpu.pprof and allocs.pprof.").Default("bin").ExistingDir()
	return cmd.FullCommand(), func(ctx context.Context) error {
		runtime.MemProfileRate = 0 // storing is not what is profiled
		b, err := newBench(ctx, *events, 2)
		if err != nil {
			return err
		}
		defer b.close()
		cpu, err := os.Create(filepath.Join(*dir, "cpu.pprof"))
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(cpu); err != nil {
			return err
		}
		runtime.MemProfileRate = 64 << 10
		start := time.Now()
		e, err := b.engine(ctx)
		if err != nil {
			return err
		}
		if err := e.reaches(ctx, uint64(*events)); err != nil {
			return err
		}
		pprof.StopCPUProfile()
		fmt.Printf("%.0f events/s\n", float64(*events)/time.Since(start).Seconds())
		if err := cpu.Close(); err != nil {
			return err
		}
		allocs, err := os.Create(filepath.Join(*dir, "allocs.pprof"))
		if err != nil {
			return err
		}
		if err := pprof.Lookup("allocs").WriteTo(allocs, 0); err != nil {
			return err
		}
		if err := allocs.Close(); err != nil {
			return err
		}
		return e.close()
	}
}
