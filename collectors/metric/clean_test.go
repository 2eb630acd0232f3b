package metric

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"":                                    "",
		"plain":                               "plain",
		"two words":                           "two words",
		" Yes ":                               "Yes",
		"two  words":                          "two words",
		"line\nbreak":                         "line break",
		"line \r\n break":                     "line break",
		"\x00a\tb\u0085c\x7f\n":               "a b c",
		"line\u2028separator\u00a0\u3000wide": "line separator wide",
		" \t\u0000 ":                          "",
		"\u200bYes":                           "\u200bYes", // no white space
		strings.Repeat("x", 128):              strings.Repeat("x", 128),
		strings.Repeat("x", 129):              strings.Repeat("x", 128),
		strings.Repeat("x", 127) + "é":        strings.Repeat("x", 127),
		strings.Repeat("x", 126) + "é":        strings.Repeat("x", 126) + "é",
		strings.Repeat("x", 127) + " y":       strings.Repeat("x", 127),
		strings.Repeat("x", 126) + " é":       strings.Repeat("x", 126),
		strings.Repeat("日", 43):               strings.Repeat("日", 42),
		strings.Repeat("😀", 33):               strings.Repeat("😀", 32),
		"é" + strings.Repeat("😀", 32):         "é" + strings.Repeat("😀", 31),
		strings.Repeat("\u0001", 200) + "x":   "x",
		strings.Repeat("x", 127) + "\n\u0301": strings.Repeat("x", 127),
	} {
		require.Equal(t, want, Clean(in), "%q", in)
	}
}

// TestCleanAll: a clean value is its words with one space between them, the longest beginning that fits.
func TestCleanAll(t *testing.T) {
	piece := rapid.OneOf(rapid.StringN(0, 30, -1), rapid.SampledFrom([]string{" ", "  ", "\n", "\u00a0", "\u2003", "\u0000", "x"}))
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "")
		out, words := Clean(in), strings.Join(strings.FieldsFunc(in, IsBlank), " ")
		require.True(t, utf8.ValidString(out))
		require.True(t, strings.HasPrefix(words, out))
		rest := words[len(out):]
		blank := strings.HasPrefix(rest, " ") // is not left at the end
		_, next := utf8.DecodeRuneInString(strings.TrimPrefix(rest, " "))
		if blank {
			next++
		}
		require.True(t, len(out) <= MaxValue && (rest == "" || len(out)+next > MaxValue), "%d bytes", len(out))
		require.Equal(t, out, Clean(out))
	})
}

func TestCleanAllocatesNothing(t *testing.T) {
	require.Zero(t, testing.AllocsPerRun(100, func() { Clean("Wo ist mein Päckchen?") }))
}
