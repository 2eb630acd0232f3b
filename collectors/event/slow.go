package event

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth is how deep objects and arrays may be nested, the outermost counted.
const maxDepth = 64

var errSyntax = errors.New("event: malformed JSON")

// slowParser parses any payload with the tokenizer of encoding/json/v2, which is strict on its own: invalid UTF-8,
// lone surrogates, duplicate names at any depth. It has the last word on what is malformed.
type slowParser struct {
	in   bytes.Buffer
	text *jsontext.Decoder
	r    *raw
	own  []byte // contents of strings
}

// parse reports false for a malformed payload. The strings of r are a copy of their own.
func (p *slowParser) parse(payload []byte, scope *names, r *raw) bool {
	// Not scratch space: an event may be kept as long as its payload, beyond the next call.
	p.own = make([]byte, 0, len(payload))
	p.r = r
	p.in = *bytes.NewBuffer(payload)
	if p.text == nil {
		p.text = new(jsontext.Decoder)
	}
	p.text.Reset(&p.in)
	r.root = p.text.PeekKind()
	if err := p.value(fUnknown, scope); err != nil {
		return false
	}
	_, err := p.text.ReadToken()
	return errors.Is(err, io.EOF)
}

// value reads the value of field f, whose object, if it is one, has the keys of scope.
func (p *slowParser) value(f uint8, scope *names) error {
	v := value{kind: p.text.PeekKind()}
	switch v.kind {
	case '{', '[':
		if !p.keep(f, v) {
			return errSyntax
		}
		if v.kind == '{' && scope != nil {
			return p.object(scope)
		}
		return p.skip()
	}
	b, err := p.text.ReadValue()
	if err != nil {
		return err
	}
	switch v.kind {
	case '"':
		v.s = p.unquote(b)
	case '0':
		v.s = p.copy(b)
	}
	if !p.keep(f, v) {
		return errSyntax
	}
	return nil
}

func (p *slowParser) object(scope *names) error {
	if _, err := p.text.ReadToken(); err != nil {
		return err
	}
	for p.text.PeekKind() != '}' {
		b, err := p.text.ReadValue() // an error of PeekKind comes out here
		if err != nil {
			return err
		}
		f := scope.find(p.unquote(b))
		if err := p.value(f, inner(f)); err != nil {
			return err
		}
	}
	_, err := p.text.ReadToken()
	return err
}

// skip reads a value of no interest, for its syntax.
func (p *slowParser) skip() error {
	for depth := p.text.StackDepth(); ; {
		if _, err := p.text.ReadToken(); err != nil {
			return err
		}
		switch d := p.text.StackDepth(); {
		case d > maxDepth:
			return errSyntax
		case d == depth:
			return nil
		}
	}
}

func (p *slowParser) keep(f uint8, v value) bool { return f == fUnknown || p.r.put(f, v) }

// unquote gives the content of a string. It never grows p.own: valid JSON is no shorter than what it stands for.
func (p *slowParser) unquote(b []byte) string {
	from := len(p.own)
	p.own, _ = jsontext.AppendUnquote(p.own, b)
	return alias(p.own[from:])
}

func (p *slowParser) copy(b []byte) string {
	from := len(p.own)
	p.own = append(p.own, b...)
	return alias(p.own[from:])
}
