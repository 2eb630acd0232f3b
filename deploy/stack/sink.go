package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// sink is a receiver of Alertmanager that prints alerts and remembers which of them fire.
type sink struct {
	url    string
	server *http.Server
	begin  time.Time

	mu     sync.Mutex
	firing map[alert]bool
}

// alert is what tells alerts apart for a person.
type alert struct{ name, bot, channel, window string }

func (a alert) String() string {
	return strings.Join(slices.DeleteFunc([]string{a.name, a.bot, a.channel, a.window}, func(s string) bool { return s == "" }), " ")
}

func startSink() (*sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{url: "http://" + l.Addr().String() + "/", begin: time.Now(), firing: map[alert]bool{}}
	s.server = &http.Server{Handler: http.HandlerFunc(s.receive), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = s.server.Serve(l) }() // ends with close
	return s, nil
}

func (s *sink) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.server.Shutdown(ctx)
}

func (s *sink) receive(w http.ResponseWriter, r *http.Request) {
	var message struct {
		Alerts []struct {
			Status              string
			Labels, Annotations map[string]string
		}
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<20)).Decode(&message); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range message.Alerts {
		a := alert{m.Labels["alertname"], m.Labels["bot"], m.Labels["channel"], m.Labels["window"]}
		firing := m.Status == "firing"
		if s.firing[a] == firing {
			continue // told before
		}
		if firing {
			s.firing[a] = true
			fmt.Printf("%6.1fs  FIRING    %s: %s\n", time.Since(s.begin).Seconds(), a, m.Annotations["description"])
		} else {
			delete(s.firing, a)
			fmt.Printf("%6.1fs  resolved  %s\n", time.Since(s.begin).Seconds(), a)
		}
	}
}

// alerts returns what fires now.
func (s *sink) alerts() (list []alert) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for a := range s.firing {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b alert) int { return strings.Compare(a.String(), b.String()) })
	return list
}
