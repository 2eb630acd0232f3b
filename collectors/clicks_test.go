package collectors

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestClickLimit(t *testing.T) {
	require.Equal(t, Defaults().MaxClicks, ClickTitle.Limit)
	require.Equal(t, Defaults().MaxClicks, ClickDestination.Limit)
}

func TestReduce(t *testing.T) {
	for destination, want := range map[string]string{
		"":                     "",
		"https://example.com":  "https://example.com",
		"https://example.com/": "https://example.com/",
		"https://user:pw@example.com:8443/a%2Fb?q=1#f":   "https://example.com:8443/a%2Fb",
		"https://a@b@example.com":                        "https://example.com",
		"https://example.com#a?b":                        "https://example.com",
		"https://example.com?next=https://u@example.net": "https://example.com",
		"https://example.com/a@b?c@d":                    "https://example.com/a@b",
		"https://example.com/a;jsessionid=1/b":           "https://example.com/a",
		"HTTPS://u@Example.com/è ü":                      "HTTPS://Example.com/è ü",
		"https://u@[::1]:80/?a":                          "https://[::1]:80/",
		"custom+scheme.1-x://u@host?q":                   "custom+scheme.1-x://host",
		"https://":                                       "https://",
		"https://@?":                                     "https://",
		"https://?q":                                     "https://",
		"https://#":                                      "https://",
		"see https://u@example.com?q":                    "see https://example.com",
		" https\n://u@example.com":                       " https\n://example.com",
		"//u@example.com/a?b":                            "//example.com/a",
		"\t//u@example.com":                              "\t//example.com",
		"a//u@example.com":                               "a//u@example.com",
		"/a//b@c":                                        "/a//b@c",
		"https://example.com//u@x":                       "https://example.com//u@x",
		"answer-7?":                                      "answer-7",
		"+41 44 000 00 00":                               "+41 44 000 00 00",
		"tel:+41440000000;ext=7":                         "tel:+41440000000",
		"mailto:u@example.com?subject=s":                 "mailto:u@example.com",
		"sms:+390000?body=code":                          "sms:+390000",
		"example.com/a?b":                                "example.com/a",
		"u@example.com/a?b":                              "u@example.com/a",
		"/account?token=1":                               "/account",
		"?q":                                             "",
		";":                                              "",
	} {
		require.Equal(t, want, reduce(destination), destination)
	}
}

// TestClickLabels: the same text with other blanks is the same row, and a blank hides neither user info nor query.
func TestClickLabels(t *testing.T) {
	f := newFolder(Defaults())
	for i, click := range []string{
		`"title":" Yes\n","destination":"https\u0007://ada:secret@example.com?q"`,
		`"title":"Yes","destination":"https ://example.com "`,
		`"title":"\u00a0Yes\t","destination":"\nhttps\t\t://example.com ;q"`,
		`"title":null,"destination":null`,
		`"title":" ","destination":"#"`,
	} {
		f.fold(at("2026-03-02T09:00:00Z", "element.clicked", fmt.Sprint("c", i), `,"element":"link",`+click))
	}
	got := series(f.set, 0)
	const row = `bot_clicks_total{bot="b",channel="web",destination="%s",element="link",target="other",title="%s"}`
	require.Equal(t, 3.0, got[fmt.Sprintf(row, "https ://example.com", "Yes")])
	require.Equal(t, 2.0, got[fmt.Sprintf(row, "", "")])
}
