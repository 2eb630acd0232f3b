package jetstream

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// API says which JetStream is asked: by default that of the server we are connected to, in our own account.
type API struct {
	Domain string // of the stream, when a leaf node and its hub each have one
	Prefix string // of the subjects of requests, when another account exports its JetStream to ours; instead of Domain
}

func (a API) check() error {
	plain := func(s string) bool { return s == "" || validSubject(s) && !strings.ContainsAny(s, "*>") }
	switch {
	case !plain(a.Domain) || strings.Contains(a.Domain, "."):
		return fmt.Errorf("--nats.jetstream-domain: %q is not valid: it is one word, such as hub", a.Domain)
	case !plain(a.Prefix):
		return fmt.Errorf("--nats.jetstream-prefix: %q is not valid: it looks like imported.API", a.Prefix)
	case a.Domain != "" && a.Prefix != "":
		return errors.New("--nats.jetstream-domain and --nats.jetstream-prefix exclude each other")
	}
	return nil
}

// subject returns the subject of a request, such as STREAM.INFO.EVENTS.
func (a API) subject(request string) string {
	switch {
	case a.Prefix != "":
		return a.Prefix + "." + request
	case a.Domain != "":
		return "$JS." + a.Domain + ".API." + request
	}
	return jetstream.DefaultAPIPrefix + request
}

// where follows the name of a stream in messages for people.
func (a API) where() string {
	switch {
	case a.Prefix != "":
		return " behind API prefix " + a.Prefix
	case a.Domain != "":
		return " in domain " + a.Domain
	}
	return ""
}

func (a API) client(nc *nats.Conn) (jetstream.JetStream, error) {
	timeout := jetstream.WithDefaultTimeout(requestTimeout)
	switch {
	case a.Prefix != "":
		return jetstream.NewWithAPIPrefix(nc, a.Prefix, timeout)
	case a.Domain != "":
		return jetstream.NewWithDomain(nc, a.Domain, timeout)
	}
	return jetstream.New(nc, timeout)
}
