package session

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/event"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

func TestUserAgents(t *testing.T) {
	var c userAgents
	for header, want := range map[string]parsed{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36":                                                             {"desktop", "Chrome"},
		"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0":                                                                                                      {"desktop", "Firefox"},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1":                                     {"mobile", "Safari"},
		"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36":                                                       {"mobile", "Chrome"},
		"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1":                                              {"tablet", "Safari"},
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)":                                                                                                    {"bot", "Googlebot"},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 YaBrowser/24.6.0.0 Safari/537.36":                                          {"desktop", "YaBrowser"},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Whale/3.25.232.19 Safari/537.36":                                           {"desktop", "Whale"},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.49(0x18003130) NetType/WIFI Language/zh_CN": {"mobile", "MicroMessenger"},
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 MyShopApp/2.1":                                                         {"desktop", "other"},
		"Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36":                                  {"mobile", "Samsung Browser"},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0":                                               {"desktop", "Edge"},
		"MyShopApp/1.0 (iPhone; iOS 17.5)": {"mobile", "other"},
		"Cnmehhkmb/1.0 (x0)":               {"other", "other"},
		"curl/8.6.0":                       {"other", "other"},
		"chrome":                           {"other", "other"},
		"?":                                {"other", "other"},
	} {
		for range 2 { // parsed, and remembered
			require.Equal(t, want, c.parse(header), header)
		}
	}
	for i := range 2 * maxUserAgents {
		c.parse(fmt.Sprint("client/", i))
	}
	require.LessOrEqual(t, len(c), maxUserAgents)
}

// TestManyNames: more devices than are kept of names are all alike, and unknown is a name like others.
func TestManyNames(t *testing.T) {
	cfg := Defaults()
	cfg.MaxDevices = 2
	table := New(cfg, metric.NewPairs(1, 1))
	for i := range maxNames {
		require.EqualValues(t, i+1, table.name(fmt.Sprint("device", i)))
	}
	require.EqualValues(t, maxNames+1, table.name("one more"))
	require.EqualValues(t, maxNames+1, table.name("and another"))
	require.EqualValues(t, 7, table.name("\u0007device6 "))
	require.Equal(t, metric.Other, text(table.devices, table.label(table.devices, maxNames+1)))
	require.Equal(t, unknown, text(table.devices, table.label(table.devices, 0)))
	require.Equal(t, "device6", text(table.devices, table.label(table.devices, 7)))
	require.Equal(t, metric.Other, text(table.devices, table.label(table.devices, 8)))
	_, _ = table.given(&event.Event{Device: "phone", Browser: "x", UserAgent: "Firefox/1"})
	require.Empty(t, table.agentOf, "not parsed where both are given")
}

// TestMadeUpUserAgents: whatever they say, a known browser finds its place.
func TestMadeUpUserAgents(t *testing.T) {
	cfg := Defaults()
	table := New(cfg, metric.NewPairs(1, 1))
	devices := map[string]bool{}
	see := func(header string) string {
		device, browser := table.given(&event.Event{UserAgent: header})
		devices[text(table.devices, table.label(table.devices, device))] = true
		return text(table.browsers, table.label(table.browsers, browser))
	}
	for i := range 3 * cfg.MaxBrowsers {
		require.Equal(t, unnamed, see(fmt.Sprintf("App%d/1.0 (x%d)", i, i)))
		see(fmt.Sprintf("robot%d/1.0 (%d; +http://example.com)", i, i))
	}
	for _, name := range browsers {
		see(name + "/1.0")
		require.NotEqual(t, metric.Other, text(table.browsers, table.label(table.browsers, table.name(name))), name)
	}
	require.Equal(t, "Firefox", see("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"))
	require.LessOrEqual(t, len(browsers)+2, cfg.MaxBrowsers, "with other and unknown")
	require.Subset(t, []string{"desktop", "mobile", "tablet", "bot", unnamed}, slices.Collect(maps.Keys(devices)))
}
