package web

import "net/http"

// atMost lets so many requests in at once and answers the others with 503. One that is let in and then does not read
// leaves after writeTimeout.
func atMost(n int, next http.Handler) http.Handler {
	places := make(chan struct{}, n)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			next.ServeHTTP(w, r)
		default:
			w.Header().Set("Connection", "close") // or idle connections pile up, each with its buffers
			http.Error(w, "too many requests at once; try again later", http.StatusServiceUnavailable)
		}
	})
}
