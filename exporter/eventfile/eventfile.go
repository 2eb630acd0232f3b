// Package eventfile reads messages from files that people have at hand: NDJSON, one CloudEvent in a line; JSON that is
// spread over several lines; arrays of events; and messages with headers as the API of JetStream returns them. Blank
// lines are left out.
package eventfile

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// Message is one message of a file.
type Message struct {
	Line    int // on which it begins, from 1
	Header  map[string][]string
	Payload []byte // what is no JSON stands here as it is
}

// mark is the byte order mark with which editors begin a file of UTF-8. It is no part of the first event.
const mark = "\uFEFF"

// maxValue is how many bytes of lines a value may have; more is no event, and a file with one brace too many.
const maxValue = 16 << 20

// Read calls f with each message of a file, in order. It returns the error of f, or of reading. Bad JSON is no error but
// a message that ends with its line.
func Read(in io.Reader, f func(Message) error) error {
	s := &scanner{in: bufio.NewReaderSize(in, 1<<20), line: 1}
	if first, _ := s.in.Peek(len(mark)); string(first) == mark {
		_, _ = s.in.Discard(len(mark)) // it has been read
	}
	for {
		line, text, err := s.next()
		if len(text) > 0 {
			if err := f(unwrap(line, text)); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// scanner finds where values end. It does not judge them.
type scanner struct {
	in   *bufio.Reader
	line int
}

// next returns the next value and the line on which it begins, and io.EOF with the last one or after it.
func (s *scanner) next() (line int, text []byte, err error) {
	first, err := s.skip()
	if err != nil {
		return s.line, nil, err
	}
	line, text = s.line, []byte{first}
	if first != '{' {
		rest, err := s.in.ReadBytes('\n')
		s.line++
		return line, bytes.TrimRight(append(text, rest...), " \t\r\n,]"), err
	}
	depth, inString, escaped := 1, false, false
	for depth > 0 {
		c, err := s.in.ReadByte()
		if err != nil {
			return line, bytes.TrimSpace(text), err
		}
		if c == '\n' {
			s.line++
			if inString || len(text) > maxValue || s.eventFollows() { // the value was cut off
				return line, bytes.TrimSpace(text), nil
			}
		}
		text = append(text, c)
		switch {
		case escaped:
			escaped = false
		case inString:
			inString, escaped = c != '"', c == '\\'
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
	}
	return line, text, nil
}

// skip passes over blanks between values, and over what makes them an array. It returns the first byte after it.
func (s *scanner) skip() (byte, error) {
	for {
		switch c, err := s.in.ReadByte(); {
		case err != nil:
			return 0, err
		case c == '\n':
			s.line++
		case bytes.IndexByte([]byte(" \t\r[,]"), c) < 0:
			return c, nil
		}
	}
}

// eventFollows reports whether the next line is a whole event.
func (s *scanner) eventFollows() bool {
	next, _ := s.in.Peek(s.in.Size())
	if i := bytes.IndexByte(next, '\n'); i >= 0 {
		next = next[:i]
	}
	next = bytes.TrimSpace(next)
	return bytes.HasPrefix(next, []byte(`{"specversion"`)) ||
		bytes.Contains(next, []byte(`"specversion"`)) && next[0] == '{' && next[len(next)-1] == '}'
}
