package collectors

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

func TestReduce(t *testing.T) {
	const other, url = event.TargetOther, event.TargetURL
	for _, c := range []struct {
		destination string
		target      event.Target
		want        string
	}{
		{"", url, ""},
		{"https://example.com", other, "https://example.com"},
		{"https://example.com/", url, "https://example.com/"},
		{"https://user:pw@example.com:8443/a%2Fb?q=1#f", other, "https://example.com:8443/a%2Fb"},
		{"https://a@b@example.com", other, "https://example.com"},
		{"https://example.com#a?b", other, "https://example.com"},
		{"https://example.com?next=https://u@example.net", other, "https://example.com"},
		{"https://example.com/a@b?c@d", url, "https://example.com/a@b"},
		{"HTTPS://u@Example.com/è ü", other, "HTTPS://Example.com/è ü"},
		{"https://u@[::1]:80/?a", other, "https://[::1]:80/"},
		{"custom+scheme.1-x://u@host?q", other, "custom+scheme.1-x://host"},
		{"https://", url, "https://"},
		{"https://@?", url, "https://"},
		{"https://?q", url, "https://"},
		{"https://#", other, "https://"},
		{"1ttp://u@host?q", other, "1ttp://u@host?q"},
		{"://u@host?q", other, "://u@host?q"},
		{"see https://u@example.com?q", other, "see https://u@example.com?q"},
		{"answer-7?", event.TargetAnswer, "answer-7?"},
		{"+41 44 000 00 00", event.TargetPhone, "+41 44 000 00 00"},
		{"mailto:u@example.com?subject=s", event.TargetEmail, "mailto:u@example.com?subject=s"},
		{"mailto:u@example.com?subject=s", url, "mailto:u@example.com"},
		{"example.com/a?b", event.TargetAnswer, "example.com/a?b"},
		{"example.com/a?b", url, "example.com/a"},
		{"/relative?q", url, "/relative"},
		{"//u@example.com/a?b", url, "//example.com/a"},
		{"//u@example.com/a?b", other, "//u@example.com/a?b"},
		{"?q", url, ""},
		{"1ttp://u@host?q", url, "1ttp://u@host"},
	} {
		require.Equal(t, c.want, reduce(c.destination, c.target), "%s to %s", c.destination, c.target)
	}
}

// TestHiddenURL: a control character in a URL does not keep its user info, as it is removed before.
func TestHiddenURL(t *testing.T) {
	f := newFolder(Defaults())
	f.fold(at("2026-03-02T09:00:00Z", "element.clicked", "c", `,"element":"link","destination":"https\u0007://ada:secret@example.com?q"`))
	require.Equal(t, 1.0, series(f.set, 0)[`bot_clicks_total{bot="b",channel="web",destination="https://example.com",element="link",target="other",title=""}`])
}
