package exporter

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
)

// Reload reads the configuration again and applies what may change while the engine runs; apply does the rest of that,
// and is called only when nothing else can fail. After an error everything is as it was.
func (e *Engine) Reload(read func() (Config, error), apply func(Config)) error {
	e.reload.Lock()
	defer e.reload.Unlock()
	cfg, err := read()
	if err == nil {
		err = e.accepts(cfg)
	}
	e.metrics.configured(err == nil)
	if err != nil {
		e.log.Error("configuration not reloaded; going on with the one before", "err", err)
		return err
	}
	e.saver.interval(cfg.CheckpointInterval)
	apply(cfg)
	e.log.Info("configuration reloaded", "checkpoint_interval", cfg.CheckpointInterval)
	return nil
}

// accepts returns an error that names the settings that decide about the numbers and are not those of the start.
func (e *Engine) accepts(cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	if list := cfg.differences(e.cfg.Fingerprint(), "the exporter"); list != "" {
		return fmt.Errorf("what decides about the numbers cannot change while they are counted: %s; restore the settings, "+
			"or stop the exporter and start it with an empty storage path to count the stream anew", list)
	}
	return nil
}

// reloadPage does what SIGHUP does, for those who may; a page that a browser shows may not.
func reloadPage(reload func() error, hosts []string) http.Handler {
	return http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if reload == nil {
			http.Error(w, "not enabled; start the exporter with --web.enable-lifecycle", http.StatusForbidden)
			return
		}
		if !ownHost(r.Host, hosts) {
			http.Error(w, "not under this host name; use an address, a name without dots, or one that --web.reload-host gives", http.StatusForbidden)
			return
		}
		if err := reload(); err != nil {
			http.Error(w, "configuration not reloaded: "+err.Error(), http.StatusInternalServerError)
			return
		}
		answer(w, "reloaded")
	}))
}

// ownHost reports whether a Host header names this server. A stranger can let a name of his own stand for our address,
// and a browser then takes his page for one of ours; he can do that neither to an address nor to a name without dots.
func ownHost(header string, hosts []string) bool {
	name := header
	if host, _, err := net.SplitHostPort(header); err == nil {
		name = host
	}
	name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(name, "["), "]"), ".")
	address, _, _ := strings.Cut(name, "%") // without the zone
	switch {
	case name == "":
		return false
	case net.ParseIP(address) != nil, !strings.Contains(name, "."), strings.HasSuffix(strings.ToLower(name), ".localhost"):
		return true
	}
	return slices.ContainsFunc(hosts, func(h string) bool { return strings.EqualFold(h, name) })
}
