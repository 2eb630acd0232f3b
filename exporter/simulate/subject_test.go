package simulate

import "testing"

// What is published fits the pattern that the reader subscribes to, or is refused.
func TestSubjectsLike(t *testing.T) {
	for pattern, want := range map[string]string{
		"bot.events.>": "bot.events.my_shop.web",
		"chat.>":       "chat.my_shop.web",
		">":            "my_shop.web",
		"*.x.*":        "my_shop.x.web",
		"x.*":          "x.my_shop",
		"x.y":          "x.y",
	} {
		subject, err := SubjectsLike(pattern)
		if err != nil {
			t.Fatal(pattern, err)
		}
		for range 2 {
			if have := subject("my shop", "web"); have != want {
				t.Fatalf("%s: have %s, want %s", pattern, have, want)
			}
		}
	}
	for _, pattern := range []string{"", "a..b", "a.", "a.>.b", "a b", "a*", "*.*.*", "*.>", "*.*.>"} {
		if _, err := SubjectsLike(pattern); err == nil {
			t.Fatal(pattern)
		}
	}
}
