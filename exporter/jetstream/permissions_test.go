package jetstream

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// TestPermissions runs with exactly the documented permissions through a restart and a reset.
func TestPermissions(t *testing.T) {
	t.Parallel()
	const inbox = "_INBOX_exporter"
	all, subscribe := Permissions(API{}, streamName, inbox)
	fewest := slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == "$JS.API.STREAM.MSG.GET."+streamName })
	require.Len(t, fewest, len(all)-1)
	users := ""
	for name, publish := range map[string][]string{"all": all, "fewest": fewest} {
		users += fmt.Sprintf("{ user: %s, password: secret, permissions { publish: { allow: [%s] }, subscribe: { allow: [%s] } } }\n",
			name, quoted(publish), quoted(subscribe))
	}
	n, _ := configured(t, "authorization { users: [ { user: admin, password: secret }\n"+users+"] }")
	secret := writeFile(t, "secret", "secret")
	connect := func(user string) (*nats.Conn, *watcher) {
		var w watcher
		return dial(t, Config{URLs: []string{n.URL()}, User: user, PasswordFile: secret, InboxPrefix: inbox, Observer: w.observer()}), &w
	}
	admin, _ := connect("admin")
	s := create(t, admin)
	stored := uint64(0)
	store := func(k int) {
		publish(t, admin, int(stored), k)
		stored += uint64(k)
	}
	store(10)
	deleted := 0
	for _, user := range []string{"all", "fewest"} {
		nc, w := connect(user)
		r := newReader(t, nc)
		r.until(stored)
		store(10)
		r.until(stored)
		require.NoError(t, s.DeleteConsumer(t.Context(), r.source.pull.consumer))
		store(10)
		r.until(stored)
		n.restart()
		back(t, admin)
		back(t, nc)
		store(10)
		r.until(stored)
		_, err := r.source.Check(t.Context(), r.at)
		require.NoError(t, err)
		report, err := r.source.look(t.Context(), r.at)
		require.NoError(t, err)
		require.NotEmpty(t, report.Advice)
		require.NoError(t, r.source.Close())
		require.Empty(t, slices.DeleteFunc(w.get().failed, func(err error) bool { return !errors.Is(err, nats.ErrPermissionViolation) }))
		require.Len(t, r.seqs, int(stored)-deleted)

		// The last message counted is deleted: only the leader can tell that it is.
		require.NoError(t, s.DeleteMsg(t.Context(), stored))
		deleted++
		store(10)
		err = r.open(t.Context())
		if user == "all" {
			require.NoError(t, err)
			require.True(t, r.info.AnchorGone)
		} else {
			require.ErrorContains(t, err, "is publishing to $JS.API.STREAM.MSG.GET.EV permitted?")
		}
	}
}

// Whoever may not subscribe to the answers, or not ask for the stream, is told so, and not that time ran out.
func TestRefusalIsTheReason(t *testing.T) {
	t.Parallel()
	n, _ := configured(t, `authorization { users: [ { user: admin, password: secret },
		{ user: deaf, password: secret, permissions { publish: [">"], subscribe: ["other.>"] } },
		{ user: mute, password: secret, permissions { publish: ["other.>"], subscribe: [">"] } } ] }`)
	secret := writeFile(t, "secret", "secret")
	connect := func(user string) *nats.Conn {
		return dial(t, Config{URLs: []string{n.URL()}, User: user, PasswordFile: secret})
	}
	create(t, connect("admin"))
	for user, says := range map[string]string{"deaf": `Subscription to "_INBOX.`, "mute": `Publish to "$JS.API.STREAM.INFO.EV"`} {
		source := newSource(t, connect(user))
		source.timing.request = 200 * time.Millisecond
		require.EventuallyWithT(t, func(c *assert.CollectT) { // the refusal comes after the first request, whatever the load
			_, err := source.Open(t.Context(), exporter.Position{})
			require.ErrorContains(c, err, "does not permit it: nats: permissions violation: Permissions Violation for "+says)
			require.NotContains(c, err.Error(), "deadline")
		}, patience, tick)
	}
}

func quoted(subjects []string) string {
	return `"` + strings.Join(subjects, `", "`) + `"`
}
