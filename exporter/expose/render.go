package expose

import (
	"fmt"
	"io"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// Formats returns the formats that Render supports, in order of preference.
func Formats() []expfmt.Format {
	return []expfmt.Format{expfmt.FmtOpenMetrics_1_0_0, expfmt.FmtOpenMetrics_0_0_1, expfmt.FmtProtoDelim, expfmt.FmtText}
}

// Page is what one client asked for.
type Page struct {
	Format expfmt.Format
	Own    []*dto.MetricFamily // of the process, sorted by name
	Names  []string            // the families to show; nil for all
}

func (p *Page) wants(name string) bool {
	if p.Names == nil {
		return true
	}
	for _, n := range p.Names {
		if n == name {
			return true
		}
	}
	return false
}

// Render writes a page in pieces. The error is that of the writer, or of a family of the process that cannot be encoded.
func (c *Cut) Render(w io.Writer, p Page) error {
	s := newSheet(w)
	render := (*Cut).text
	switch p.Format.FormatType() {
	case expfmt.TypeOpenMetrics:
		render = (*Cut).openMetrics
	case expfmt.TypeProtoDelim:
		render = (*Cut).protobuf
	}
	own := p.Own
	for i := range c.families {
		n := &c.families[i]
		for len(own) > 0 && own[0].GetName() < n.def.Name {
			s.own(own[0], &p)
			own = own[1:]
		}
		if len(n.order) > 0 && p.wants(n.def.Name) && s.more() {
			render(c, s, n)
		}
	}
	for _, mf := range own {
		s.own(mf, &p)
	}
	if p.Format.FormatType() == expfmt.TypeOpenMetrics {
		s.b = append(s.b, "# EOF\n"...)
	}
	return s.close()
}

// own writes a family of the process. None of our names needs the escaping that a format asks for.
func (s *sheet) own(mf *dto.MetricFamily, p *Page) {
	if !p.wants(mf.GetName()) || !s.more() {
		return
	}
	if err := expfmt.NewEncoder(s, p.Format).Encode(mf); err != nil && s.err == nil {
		s.err = fmt.Errorf("render %s: %w", mf.GetName(), err)
	}
}
