package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// conditions are what a reader of a table needs to know about the machine.
type conditions struct {
	commit string
	load   string // of the last minute, before
	stolen float64
	all    float64
}

func noteConditions(ctx context.Context) *conditions {
	c := &conditions{commit: "unknown"}
	if out, err := exec.CommandContext(ctx, "git", "rev-parse", "--short", "HEAD").Output(); err == nil {
		c.commit = strings.TrimSpace(string(out))
		if exec.CommandContext(ctx, "git", "diff", "--quiet", "HEAD", "--", "*.go", "go.mod").Run() != nil {
			c.commit += " with changes"
		}
	}
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		c.load, _, _ = strings.Cut(string(b), " ")
	}
	c.stolen, c.all = cpuTimes()
	return c
}

// String describes the machine from noteConditions until now.
func (c *conditions) String() string {
	stolen, all := cpuTimes()
	return fmt.Sprintf("%s, commit %s, %d cores (%s), %s; load %s before, %.0f %% of the CPU time stolen by the host.",
		time.Now().UTC().Format(time.DateOnly), c.commit, runtime.NumCPU(), cpuModel(), runtime.Version(), c.load,
		100*(stolen-c.stolen)/max(all-c.all, 1))
}

func cpuModel() string {
	b, _ := os.ReadFile("/proc/cpuinfo")
	_, rest, _ := strings.Cut(string(b), "model name\t: ")
	name, _, _ := strings.Cut(rest, "\n")
	return name
}

// cpuTimes returns the time that a hypervisor took away, and all time.
func cpuTimes() (stolen, all float64) {
	b, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(b), "\n")
	for i, f := range strings.Fields(line) {
		v, _ := strconv.ParseFloat(f, 64)
		if i >= 1 && i <= 8 { // user to steal; those of guests are part of user
			all += v
		}
		if i == 8 {
			stolen = v
		}
	}
	return stolen, all
}
