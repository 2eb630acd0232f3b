package dashboards

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
)

// catalogue returns all metrics by their names.
func catalogue() map[string]*metric.Def {
	defs := map[string]*metric.Def{}
	for _, m := range collectors.Catalogue() {
		for _, d := range m.Defs {
			defs[d.Name] = d
		}
	}
	for _, d := range self.Defs() {
		defs[d.Name] = d
	}
	return defs
}

// readable is the catalogue, and what panels read beside it: metrics of libraries and of Prometheus, and records of rules.
func readable() map[string]*metric.Def {
	defs := catalogue()
	for _, d := range append(self.Foreign(), alerts) {
		defs[d.Name] = d
	}
	return defs
}

var (
	selector  = regexp.MustCompile(`(?:^|[^\w:"$])([a-zA-Z_:]+)\{([^{}]*)\}`)
	matcher   = regexp.MustCompile(`([a-z_]+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"`)
	grouping  = regexp.MustCompile(`\b(by|without|ignoring|on) \(([^)]*)\)`)
	histogram = regexp.MustCompile(`_(sum|count|bucket)$`)
)

// Every metric, label and value of a closed label in a query is one of the catalogue.
func TestQueriesUseTheCatalogue(t *testing.T) {
	defs := readable()
	ofTarget := []string{"job", "instance", "pod"}
	for name, q := range queries(t, Defaults()) {
		t.Run(name, func(t *testing.T) {
			labels := slices.Clone(ofTarget)
			found := selector.FindAllStringSubmatch(q.Expr, -1)
			require.NotEmpty(t, found)
			for _, s := range found {
				d, own := defs[s[1]], slices.Clone(ofTarget)
				if d == alerts {
					require.Contains(t, s[2], `job=~"$job|"`)
					continue
				}
				if d == nil {
					d = defs[histogram.ReplaceAllString(s[1], "")]
					require.NotNil(t, d, s[1])
					require.Equal(t, metric.TypeHistogram, d.Type, s[1])
					own = append(own, "le")
				}
				own = append(own, d.LabelNames()...)
				labels = append(labels, own...)
				require.Contains(t, s[2], `job=~"$job",instance=~"$instance"`)
				if d.PerPair() && !strings.HasPrefix(name, healthUID+"/") {
					require.Contains(t, s[2], `bot=~"$bot",channel=~"$channel"`)
				}
				for _, m := range matcher.FindAllStringSubmatch(s[2], -1) {
					require.Contains(t, own, m[1], s[0])
					for _, l := range d.Labels {
						if l.Name == m[1] && l.Values != nil && !strings.HasPrefix(m[3], "$") {
							for v := range strings.SplitSeq(m[3], "|") {
								require.Contains(t, l.Values, v, s[0])
							}
						}
					}
				}
			}
			for _, g := range grouping.FindAllStringSubmatch(q.Expr, -1) {
				for l := range strings.SplitSeq(g[2], ", ") {
					if l != "" && l != "kind" && !strings.Contains(q.Expr, alerts.Name) { // kind is that of the counter of events, see Selector.Total
						require.Contains(t, labels, l, g[0])
					}
				}
			}
			for _, l := range regexp.MustCompile(`\{\{(.+?)\}\}`).FindAllStringSubmatch(*q.LegendFormat, -1) {
				require.Contains(t, labels, l[1], "legend")
			}
		})
	}
}

// Metrics that are on no panel, and why.
var notShown = map[string]string{}

func TestEveryMetricIsShown(t *testing.T) {
	all, err := All(Defaults())
	require.NoError(t, err)
	shown := map[string]bool{}
	for _, d := range all {
		for _, p := range d.Panels {
			for _, m := range p.Metrics {
				shown[m.Name] = true
			}
		}
	}
	for name := range catalogue() {
		require.NotEqual(t, shown[name], notShown[name] != "", "%s: on a panel, or on the list with a reason", name)
	}
}

// substitute fills in the variables of Grafana.
func substitute(expr string) string {
	for _, v := range [][2]string{
		{"$__range_s", "21600"}, {"$__range", "6h"}, {"$__interval_ms", "300000"}, {"$__interval", "5m"},
		{"$__rate_interval", "5m"}, {"$window", "1d"}, {"$compare", "1d"},
	} {
		expr = strings.ReplaceAll(expr, v[0], v[1])
	}
	return regexp.MustCompile(`\$[a-z]+`).ReplaceAllString(expr, ".*")
}

func TestQueriesParse(t *testing.T) {
	promtool := os.Getenv("PROMTOOL")
	if promtool == "" {
		t.Skip("PROMTOOL is not set")
	}
	list := queries(t, Defaults())
	file := "groups:\n- name: all\n  rules:\n"
	for i, name := range slices.Sorted(maps.Keys(list)) {
		file += fmt.Sprintf("  - record: q%d # %s\n    expr: %q\n", i, name, substitute(list[name].Expr))
	}
	path := filepath.Join(t.TempDir(), "rules.yml")
	require.NoError(t, os.WriteFile(path, []byte(file), 0o600))
	out, err := exec.CommandContext(t.Context(), promtool, "check", "rules", path).CombinedOutput()
	require.NoErrorf(t, err, "%s", out)
}

func TestSelectorIsInEveryQuery(t *testing.T) {
	cfg := Defaults()
	cfg.Selector, cfg.Rules.Replicas = `namespace="bots"`, []string{"node"}
	for name, q := range queries(t, cfg) {
		for _, s := range selector.FindAllStringSubmatch(q.Expr, -1) {
			if s[1] != alerts.Name {
				require.True(t, strings.HasPrefix(s[2], `namespace="bots",job=`), name)
			}
		}
		require.NotContains(t, q.Expr, "(instance, pod)", name)
	}
	all, err := All(cfg)
	require.NoError(t, err)
	for _, d := range all {
		for _, v := range d.V1.Templating.List {
			if v.Definition != nil && *v.Definition != "" {
				require.Contains(t, *v.Definition, `{namespace="bots"`, v.Name)
			}
		}
	}
}

// What the Analytics page names, by section: bold words of the text, and what its sentences say beside.
var page = []struct {
	module  string
	section string
	words   []string
}{
	{"users", "Users", []string{"number of unique users", "broken down by the device", "browser used for interaction", "new users", "distinct users (those who have interacted previously)"}},
	{"messages", "Messages", []string{"number of messages sent by each user", "how engaged users are", "volume of conversations", "type of interactions taking place"}},
	{"chats", "Chats", []string{"number of chat sessions initiated by users", "a user starting and ending a conversation", "how often users return", "how long each session lasts", "session concept can differ depending on the channel"}},
	{"handover", "Handover", []string{"Human Takeover", "ticket creation", "Human Handover Rate", "Chats with Requests", "Chats without Requests", "Direct Requests", "Requests After Fallback", "Request After Operator Button"}},
	{"engagement", "Engagement", []string{"Returning Rate", "New Users", "Returning Users"}},
	{"feedback", "Feedback", []string{"All Reviewable Requests", "Positive Feedback", "Negative Feedback", "neutral", "No Feedback", "filter chats based on feedback types", "more positive", "more negative", "only positive"}},
	{"satisfaction", "User Satisfaction", []string{"1 means Very Unsatisfied", "5 means Very Satisfied", "CSAT Score", "Total Number of Votes"}},
	{"traffic", "Traffic", []string{"frequency of messages exchanged over a specified period", "which days of the week", "which hours", "highest levels of interaction", "peak times"}},
	{"clicks", "Clicks", []string{"Click Type", "Quick Reply button or an In-Answer Link", "Button Title", "Destination", "Clicks", "Filters allow you to focus on specific clicks", "sort data by click volume"}},
	{"agents", "Agents/Workflows", []string{"most frequently triggered agents or workflows", "interacted with the most", "how well they are performing", "number of views", "Thumbs-up/down feedback"}},
}

func TestThePageIsCovered(t *testing.T) {
	all, err := All(Defaults())
	require.NoError(t, err)
	rows := map[string]bool{}
	for line := range strings.Lines(Table(all)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		require.Len(t, cells, 5, line)
		for _, c := range cells {
			require.NotEmpty(t, strings.TrimSpace(c), line)
		}
		rows[strings.TrimSpace(cells[0])+"/"+strings.TrimSpace(cells[1])] = true
	}
	n := 2 // heading
	for _, s := range page {
		if !slices.ContainsFunc(collectors.Catalogue(), func(m collectors.Module) bool { return m.Name == s.module }) {
			continue // a module that is taken out takes its part of the page with it
		}
		for _, w := range s.words {
			require.True(t, rows[s.section+"/"+w], "%s: %s", s.section, w)
			n++
		}
	}
	require.Equal(t, n, strings.Count(Table(all), "\n"), "the page says no more than that")
}

func TestConfig(t *testing.T) {
	c, err := Load(strings.NewReader("folder: Bots\nthresholds:\n  containment: {warning: 0.7, critical: 0.5}\nrules:\n  alerts:\n    BotCSATLow: {below: 3.8}\n"))
	require.NoError(t, err)
	require.Equal(t, "Bots", c.Folder)
	require.Equal(t, Limit{0.7, 0.5}, c.Thresholds.Containment)
	require.Equal(t, Defaults().Thresholds.CSATResponseRate, c.Thresholds.CSATResponseRate)
	require.InDelta(t, 3.8, c.Rules.Alerts.CSATLow.Below, 1e-9)
	require.Equal(t, Defaults().Rules.Alerts.FallbackRateHigh, c.Rules.Alerts.FallbackRateHigh)
	c, err = Load(strings.NewReader(""))
	require.NoError(t, err)
	require.Equal(t, Defaults(), c)
	_, err = Load(strings.NewReader("tresholds: {}\n"))
	require.ErrorContains(t, err, "tresholds")
}
