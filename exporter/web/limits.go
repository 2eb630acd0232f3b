package web

import "net/http"

// atMost serves up to n requests at once and answers further ones with 503. A client that does not read its answer is
// cut off after writeTimeout.
func atMost(n int, next http.Handler) http.Handler {
	slots := make(chan struct{}, n)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			next.ServeHTTP(w, r)
		default:
			w.Header().Set("Connection", "close") // idle connections would pile up, each with its buffers
			http.Error(w, "too many requests at once; try again later", http.StatusServiceUnavailable)
		}
	})
}
