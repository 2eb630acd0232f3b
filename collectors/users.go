package collectors

import (
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/session"
)

// Users: how many people use the assistant, on which devices and browsers.
var (
	UsersActive = metric.Gauge("bot_users_active",
		"Distinct users seen in the rolling window. The same person on another device or browser is another user.", Device, Browser, Window)
	UsersNew = metric.Counter("bot_users_new_total",
		"Users seen for the first time.", Device, Browser)
)

type users struct {
	active *activeUsers
	fresh  *metric.OpenCounterVec
}

func newUsers(d deps) *users {
	return &users{
		active: &activeUsers{d.pairs, d.sessions, windowNames(d.cfg.Session.Windows)},
		fresh:  metric.NewOpenCounterVec(UsersNew, d.pairs, d.overflow), // the sessions limit devices and browsers
	}
}

func (*users) Name() string                { return "users" }
func (*users) Title() string               { return "Users" }
func (u *users) Families() []metric.Family { return []metric.Family{u.active, u.fresh} }

func (u *users) Fold(f *session.Fact) {
	if f.NewUser {
		u.fresh.Inc(f.Pair, f.Clock, f.Device, f.Browser)
	}
}

func (*users) Headlines(n Numbers) []Headline {
	return []Headline{
		count(n.Sum(UsersActive, Window.Name, "7d"), "active in 7 days"),
		count(n.Sum(UsersActive, Window.Name, "1d"), "active in 1 day"),
		count(n.Sum(UsersNew), "seen in all"),
	}
}

// activeUsers reads the sessions: one series for each group of users and window.
type activeUsers struct {
	pairs    *metric.Pairs
	sessions *session.Table
	windows  []string
}

func (*activeUsers) Def() *metric.Def { return UsersActive }
func (a *activeUsers) Len() int       { return a.sessions.Groups() * len(a.windows) }
func (*activeUsers) Start(int) int64  { return 0 }

func (a *activeUsers) Labels(dst []string, i int) []string {
	p, device, browser := a.sessions.Group(i / len(a.windows))
	bot, channel := a.pairs.Labels(p)
	return append(dst, bot, channel, device, browser, a.windows[i%len(a.windows)])
}

func (a *activeUsers) Read(dst []float64, now int64) []float64 {
	for g := range a.sessions.Groups() {
		for w := range a.windows {
			dst = append(dst, float64(a.sessions.GroupActive(g, w, now)))
		}
	}
	return dst
}
