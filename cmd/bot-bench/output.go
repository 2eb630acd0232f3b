package main

import (
	"fmt"
	"os"
	"strings"
)

// into is a Markdown file that gets the tables; they are printed when it is empty.
var into string

// output puts the tables of a command between its marks in the file.
func output(command, tables string) error {
	if into == "" {
		fmt.Print(tables)
		return nil
	}
	b, err := os.ReadFile(into)
	if err != nil {
		return err
	}
	text, err := between(string(b), command, tables)
	if err != nil {
		return fmt.Errorf("%s: %w", into, err)
	}
	return os.WriteFile(into, []byte(text), 0o644)
}

func between(text, name, content string) (string, error) {
	begin, end := "<!-- "+name+":begin -->\n", "<!-- "+name+":end -->"
	before, rest, ok := strings.Cut(text, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return "", fmt.Errorf("there is no place for the tables: %s and %s", strings.TrimSpace(begin), end)
	}
	return before + begin + content + end + after, nil
}
