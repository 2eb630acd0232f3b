package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// result is what one run of a reader took.
type result struct {
	wall        time.Duration
	client      time.Duration // CPU time of the reader
	server      time.Duration // CPU time of the NATS server meanwhile
	clientBytes int64         // peak resident memory of the reader
	first       time.Duration // until it showed the first events, if known
	wrong       float64       // by how many events its counts are wrong, if known
}

type reader struct {
	name string
	run  func() (result, error)
}

// alternate runs the readers one after the other, round by round: a machine that gets slower does so for all of them.
func alternate(readers []reader, events, rounds int) ([][]result, error) {
	results := make([][]result, len(readers))
	for round := range rounds {
		for i, r := range readers {
			got, err := r.run()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r.name, err)
			}
			fmt.Fprintf(os.Stderr, "round %d: %s: %.0f events/s\n", round+1, r.name, float64(events)/got.wall.Seconds())
			results[i] = append(results[i], got)
		}
	}
	return results, nil
}

type figures struct{ rate, client, server, mib, first, wrong float64 }

func medians(list []result, events int) figures {
	million := float64(events) / 1e6
	return figures{
		rate:   median(list, func(r result) float64 { return float64(events) / r.wall.Seconds() }),
		client: median(list, func(r result) float64 { return r.client.Seconds() / million }),
		server: median(list, func(r result) float64 { return r.server.Seconds() / million }),
		mib:    median(list, func(r result) float64 { return float64(r.clientBytes) / (1 << 20) }),
		first:  median(list, func(r result) float64 { return r.first.Seconds() }),
		wrong:  median(list, func(r result) float64 { return r.wrong }),
	}
}

func median[T any](list []T, of func(T) float64) float64 {
	var v []float64
	for _, r := range list {
		v = append(v, of(r))
	}
	return quantile(v, 0.5)
}

// quantile sorts v.
func quantile(v []float64, q float64) float64 {
	slices.Sort(v)
	return v[min(int(q*float64(len(v))), len(v)-1)]
}

// cpuOf returns the CPU time of a running process.
func cpuOf(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(b), ") ") // the name before may hold anything
	f := strings.Fields(rest)
	user, err1 := strconv.ParseInt(f[11], 10, 64)
	system, err2 := strconv.ParseInt(f[12], 10, 64)
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("unexpected /proc/%d/stat", pid)
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux that Go runs on
	return time.Duration(user+system) * tick, nil
}
