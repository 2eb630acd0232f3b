package promql_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	. "github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// Total, evaluated by promtool: one sample a minute for 12 hours, and the window is the last 6.
func TestTotalIsExact(t *testing.T) {
	promtool := os.Getenv("PROMTOOL")
	if promtool == "" {
		t.Skip("PROMTOOL is not set")
	}
	const hour = 60
	at := func(labels string, values ...string) string {
		return collectors.ChatsStarted.Name + "{" + labels + "} " + strings.Join(values, " ")
	}
	gap := func(minutes int) string { return fmt.Sprintf("_x%d", minutes) }
	flat := func(v, minutes int) string { return fmt.Sprintf("%d+0x%d", v, minutes-1) }
	grow := func(from, by, minutes int) string { return fmt.Sprintf("%d+%dx%d", from, by, minutes-1) }
	first := func(labels string, seconds int) string {
		return fmt.Sprintf("%s{%s} %d+0x720", self.FirstEvent.Name, labels, seconds)
	}
	seen := func(labels string, values ...string) string {
		return collectors.Events.Name + `{kind="custom",` + labels + "} " + strings.Join(values, " ")
	}
	const a, b = `job="j",instance="a"`, `job="j",instance="b"`
	for _, c := range []struct {
		name   string
		series []string
		want   string
	}{
		{"between two values", []string{at(a, flat(100, 6*hour+1), grow(101, 3, 6*hour))}, "1078"},
		{"nothing happened", []string{at(a, flat(100, 12*hour+1))}, "0"},
		{"born in the window", []string{at(a, gap(8*hour), flat(3, 4*hour+1)), seen(a, flat(0, 12*hour+1))}, "3"},
		{"counting began in the window", []string{at(a, gap(8*hour), flat(7, 4*hour+1)), first(a, 7*3600)}, "7"},
		{"Prometheus began in the window", []string{at(a, gap(8*hour), flat(7000, hour), flat(7002, 3*hour+1)), first(a, 60)}, "2"},
		{"replicas", []string{at(a, flat(100, 8*hour), flat(150, 4*hour+1)), at(b, flat(100, 8*hour+5), flat(150, 4*hour))}, "50"},
		{"partitions", []string{at(a, flat(100, 8*hour), flat(150, 4*hour+1)), at(`job="k",instance="b"`, flat(10, 8*hour), flat(15, 4*hour+1))}, "55"},
		{"another address", []string{at(a, flat(100, 8*hour)), at(b, gap(8*hour+20), flat(170, 4*hour-19))}, "70"},
		{"no scrapes at the start", []string{at(a, flat(100, 5*hour+30), gap(hour), flat(120, 5*hour+31))}, "20"},
		{"no scrapes at the end", []string{at(a, flat(100, 8*hour), flat(130, 3*hour+30))}, "30"},
		{"counters were set to zero in the window", []string{at(a, flat(1000, 8*hour), flat(20, 4*hour+1)), first(a, 8*3600)}, "20"},
		{"state was lost and rebuilt in part", []string{at(a, flat(1000, 8*hour), flat(900, hour), flat(920, 3*hour+1)), first(a, 60)}, "20"},
	} {
		t.Run(c.name, func(t *testing.T) {
			expr, err := Rules().Of(collectors.ChatsStarted).Total(For(6 * time.Hour)).Sum().PromQL()
			require.NoError(t, err)
			var file strings.Builder
			file.WriteString("evaluation_interval: 1m\ntests:\n- interval: 1m\n  input_series:\n")
			for _, s := range c.series {
				labels, values, _ := strings.Cut(s, "} ")
				fmt.Fprintf(&file, "  - series: '%s}'\n    values: '%s'\n", labels, values)
			}
			fmt.Fprintf(&file, "  promql_expr_test:\n  - expr: %q\n    eval_time: 12h\n    exp_samples: [{value: %s}]\n", expr, c.want)
			path := filepath.Join(t.TempDir(), "test.yml")
			require.NoError(t, os.WriteFile(path, []byte(file.String()), 0o600))
			out, err := exec.CommandContext(t.Context(), promtool, "test", "rules", path).CombinedOutput()
			require.NoErrorf(t, err, "%s\n%s", out, file.String())
		})
	}
}
