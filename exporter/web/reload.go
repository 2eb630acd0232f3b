package web

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// reload does what SIGHUP does, for those who may; a page that a browser shows may not.
func reload(again func() error, hosts []string) http.Handler {
	return http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case again == nil:
			http.Error(w, "not enabled; start the exporter with --web.enable-lifecycle", http.StatusForbidden)
			return
		case foreign(r.Host, hosts):
			http.Error(w, "not under this host name; use an address, a name without dots, or one that --web.reload-host gives", http.StatusForbidden)
			return
		}
		if err := again(); err != nil {
			http.Error(w, "configuration not reloaded: "+err.Error(), http.StatusInternalServerError)
			return
		}
		answer(w, "reloaded")
	}))
}

// foreign reports whether a Host header may name another server. An attacker can make a name of their own resolve to our
// address, and a browser then takes their page for one of ours (DNS rebinding). They can do that neither to an address
// nor to a name without dots.
func foreign(header string, hosts []string) bool {
	name := header
	if host, _, err := net.SplitHostPort(header); err == nil {
		name = host
	}
	name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(name, "["), "]"), ".")
	address, _, _ := strings.Cut(name, "%") // without the zone
	switch {
	case name == "":
		return true
	case net.ParseIP(address) != nil, !strings.Contains(name, "."), strings.HasSuffix(strings.ToLower(name), ".localhost"):
		return false
	}
	return !slices.ContainsFunc(hosts, func(h string) bool { return strings.EqualFold(h, name) })
}
