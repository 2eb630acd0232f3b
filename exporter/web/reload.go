package web

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// reload reads the configuration again, as SIGHUP does. It refuses requests from other sites' pages in a browser.
func reload(reload func() error, hosts []string) http.Handler {
	return http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case reload == nil:
			http.Error(w, "reload is not enabled; start the exporter with --web.enable-lifecycle", http.StatusForbidden)
			return
		case foreign(r.Host, hosts):
			http.Error(w, "reload is not allowed under this host name; use an IP address, a name without dots, or a name given by --web.reload-host", http.StatusForbidden)
			return
		}
		if err := reload(); err != nil {
			http.Error(w, "cannot reload configuration: "+err.Error(), http.StatusInternalServerError)
			return
		}
		answer(w, "reloaded")
	}))
}

// foreign reports whether a Host header may name another site. Attackers can point a name of their own at our address,
// and a browser then treats their page as ours (DNS rebinding). They cannot do that with an address or a name without
// dots.
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
