package exporter

import (
	"net/http"
	"sync"
	"time"
)

// limits are on requests at once.
type limits struct {
	most int           // beyond, the answer is 503
	slow int           // more that take long, which do not keep others from being served
	long time.Duration // after which a request is a slow one; beyond that many, its connection is cut
}

func (l limits) on(next http.Handler) *lanes {
	return &lanes{next: next, long: l.long, fast: make(chan struct{}, l.most), slow: make(chan struct{}, l.slow)}
}

// lanes is a handler with limits. Each request has a place in one of the two.
type lanes struct {
	next       http.Handler
	long       time.Duration
	fast, slow chan struct{}
}

func (l *lanes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case l.fast <- struct{}{}:
	default:
		w.Header().Set("Connection", "close") // connections are what there is too much of
		http.Error(w, "too many scrapes at once; try again later", http.StatusServiceUnavailable)
		return
	}
	var mu sync.Mutex
	held := l.fast
	timer := time.AfterFunc(l.long, func() {
		mu.Lock()
		defer mu.Unlock()
		if held == nil {
			return
		}
		select {
		case l.slow <- struct{}{}:
			<-held
			held = l.slow
		default:
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now())
		}
	})
	defer func() {
		timer.Stop()
		mu.Lock()
		defer mu.Unlock()
		<-held
		held = nil
	}()
	l.next.ServeHTTP(w, r)
}
