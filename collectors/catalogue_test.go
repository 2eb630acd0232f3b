package collectors

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// TestDefinitions compares with the definitions.txt of each module's example, which is typed by hand: name, type with
// buckets, and labels with the values of closed lists and the limits of open ones. All but the stream's metrics carry
// bot and channel.
func TestDefinitions(t *testing.T) {
	for _, m := range Catalogue() {
		var have []string
		for _, d := range m.Defs {
			fields := []string{d.Name, d.Type.String()}
			for i, b := range d.Buckets {
				fields[1] += fmt.Sprintf("%c%v", ":,"[min(i, 1)], b)
			}
			labels := d.Labels
			if m.Name != "stream" {
				require.True(t, d.PerPair(), d.Name)
				require.Equal(t, []metric.Label{metric.Bot, metric.Channel}, labels[:2])
				labels = labels[2:]
			}
			for _, l := range labels {
				text := l.Name
				if l.Limit > 0 {
					text += fmt.Sprintf("[%d]", l.Limit)
				}
				if len(l.Values) > 0 {
					text += "=" + strings.Join(l.Values, ",")
				}
				fields = append(fields, text)
			}
			have = append(have, strings.Join(fields, " "))
		}
		g := readGolden(t, m.Name)
		require.Equal(t, strings.TrimSpace(string(*g.file("definitions.txt"))), strings.Join(have, "\n"))
	}
	require.Equal(t, 100, metric.Bot.Limit)
	require.Equal(t, 20, metric.Channel.Limit)
}

// TestDefaultLimits: the limits that labels announce are those that apply.
func TestDefaultLimits(t *testing.T) {
	c := Defaults()
	require.NoError(t, c.Validate())
	for label, limit := range map[*metric.Label]int{
		&metric.Bot: c.MaxBots, &metric.Channel: c.MaxChannels, &Device: c.Session.MaxDevices, &Browser: c.Session.MaxBrowsers,
	} {
		require.Equal(t, limit, label.Limit, label.Name)
	}
}

// counted matches the histograms whose unit is a number of things, or points; all others are in a base unit.
var counted = regexp.MustCompile("_(messages|score)$")

// TestCatalogue holds for every definition, also those of the process.
func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range catalogue() {
		require.False(t, seen[d.Name], "%s is defined twice", d.Name)
		seen[d.Name] = true
		require.Regexp(t, `^bot(_[a-z0-9]+)+$`, d.Name)
		require.Regexp(t, `^[A-Z0-9].*[^.]\.$`, d.Help, "the help of %s is a sentence", d.Name)
		require.Equal(t, d.Type == metric.TypeCounter, strings.HasSuffix(d.Name, "_total"), d.Name)
		require.Equal(t, d.Type == metric.TypeHistogram, len(d.Buckets) > 0, d.Name)
		if d.Type == metric.TypeHistogram && !counted.MatchString(d.Name) {
			require.True(t, strings.HasSuffix(d.Name, "_seconds"), "%s has no unit", d.Name)
		}
		for i := 1; i < len(d.Buckets); i++ {
			require.Less(t, d.Buckets[i-1], d.Buckets[i], d.Name)
		}
		labels := map[string]bool{"le": true, "quantile": true, "job": true, "instance": true}
		for _, l := range d.Labels {
			require.Regexp(t, `^[a-z_]+$`, l.Name, d.Name)
			require.False(t, labels[l.Name], "label %s of %s", l.Name, d.Name)
			labels[l.Name] = true
			require.False(t, len(l.Values) > 0 && l.Limit > 0, "label %s of %s is closed and open", l.Name, d.Name)
			require.Equal(t, l.Limit > 0, l.Scope != "", "label %s of %s", l.Name, d.Name)
		}
	}
}
