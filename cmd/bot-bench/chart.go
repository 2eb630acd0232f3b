package main

import (
	"fmt"
	"math"
	"strings"
)

// panel is one drawing, both axes logarithmic.
type panel struct {
	title  string
	x, y   string // what the axes are in
	curves []curve
}

type curve struct {
	name string
	x, y []float64
}

// Sizes of a panel and of the room around its axes, in pixels.
const (
	panelWidth, panelHeight  = 440, 300
	left, right, top, bottom = 62, 18, 58, 44
)

// style follows the reader's choice of light or dark.
const style = `<style>
text { font: 12px system-ui, sans-serif; fill: #59636e }
.title { font-size: 14px; font-weight: 600; fill: #1f2328 }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.guide { stroke: #818b98; stroke-dasharray: 2 4 }
.c0 { stroke: #0969da; fill: #0969da } .c1 { stroke: #bc4c00; fill: #bc4c00 } .c2 { stroke: #1a7f37; fill: #1a7f37 }
polyline, .guide { fill: none !important; stroke-width: 2; stroke-linejoin: round }
.guide { stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
text { fill: #9198a1 } .title { fill: #f0f6fc } .grid { stroke: #3d444d } .guide { stroke: #656c76 }
.c0 { stroke: #58a6ff; fill: #58a6ff } .c1 { stroke: #f0883e; fill: #f0883e } .c2 { stroke: #3fb950; fill: #3fb950 }
}
</style>
`

// chart draws panels in two columns, as SVG.
func chart(panels []panel) string {
	var b strings.Builder
	rows := (len(panels) + 1) / 2
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="How cost grows">`+"\n", 2*panelWidth, rows*panelHeight+24)
	b.WriteString(style)
	for i, p := range panels {
		fmt.Fprintf(&b, `<g transform="translate(%d %d)">`+"\n", i%2*panelWidth, i/2*panelHeight)
		p.draw(&b)
		b.WriteString("</g>\n")
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">Both axes are logarithmic; the dotted line is growth in proportion.</text>`+"\n</svg>\n",
		panelWidth, rows*panelHeight+10)
	return b.String()
}

func (p panel) draw(b *strings.Builder) {
	var xs, ys []float64
	for _, c := range p.curves {
		xs, ys = append(xs, c.x...), append(ys, c.y...)
	}
	x := axis{decades(xs), left, panelWidth - right}
	y := axis{decades(ys), panelHeight - bottom, top}
	fmt.Fprintf(b, `<text class="title" x="%d" y="20">%s</text>`+"\n", left, p.title)
	for e := x.from; e <= x.to; e++ {
		at := x.at(math.Pow(10, float64(e)))
		fmt.Fprintf(b, `<line class="grid" x1="%.1f" y1="%d" x2="%.1f" y2="%d"/>`+"\n", at, top, at, panelHeight-bottom)
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", at, panelHeight-bottom+17, decade(e))
	}
	for e := y.from; e <= y.to; e++ {
		at := y.at(math.Pow(10, float64(e)))
		fmt.Fprintf(b, `<line class="grid" x1="%d" y1="%.1f" x2="%d" y2="%.1f"/>`+"\n", left, at, panelWidth-right, at)
		fmt.Fprintf(b, `<text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", left-7, at+4, decade(e))
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", (left+panelWidth-right)/2, panelHeight-bottom+36, p.x)
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", left-7, top-14, p.y)
	p.guide(b, x, y)
	at := float64(left)
	for i, c := range p.curves {
		c.draw(b, i, x, y)
		fmt.Fprintf(b, `<circle class="c%d" cx="%.1f" cy="38" r="4"/><text x="%.1f" y="42">%s</text>`+"\n", i, at+4, at+13, c.name)
		at += 30 + 6.6*float64(len(c.name))
	}
}

// guide is the line on which twice as much costs twice as much, through the end of the first curve.
func (p panel) guide(b *strings.Builder, x, y axis) {
	c := p.curves[0]
	endX, endY := c.x[len(c.x)-1], c.y[len(c.y)-1]
	from := math.Max(math.Pow(10, float64(x.from)), endX*math.Pow(10, float64(y.from))/endY)
	fmt.Fprintf(b, `<line class="guide" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", x.at(from), y.at(endY*from/endX), x.at(endX), y.at(endY))
}

func (c curve) draw(b *strings.Builder, color int, x, y axis) {
	var points strings.Builder
	for i := range c.x {
		fmt.Fprintf(&points, "%.1f,%.1f ", x.at(c.x[i]), y.at(c.y[i]))
	}
	fmt.Fprintf(b, `<polyline class="c%d" points="%s"/>`+"\n", color, strings.TrimSpace(points.String()))
	for i := range c.x {
		fmt.Fprintf(b, `<circle class="c%d" cx="%.1f" cy="%.1f" r="3"><title>%s: %.4g at %.0f</title></circle>`+"\n",
			color, x.at(c.x[i]), y.at(c.y[i]), c.name, c.y[i], c.x[i])
	}
}

// span is from one power of ten to another.
type span struct{ from, to int }

// slack lets a point lie a little outside of its axes, rather than have a decade for itself.
const slack = 0.05

func decades(v []float64) span {
	s := span{math.MaxInt, math.MinInt}
	for _, x := range v {
		e := math.Log10(max(x, 1e-9))
		s.from, s.to = min(s.from, int(math.Floor(e+slack))), max(s.to, int(math.Ceil(e-slack)))
	}
	if s.to == s.from {
		s.to++
	}
	return s
}

// axis maps the span to pixels.
type axis struct {
	span
	low, high float64
}

func (a axis) at(v float64) float64 {
	share := (math.Log10(max(v, 1e-9)) - float64(a.from)) / float64(a.to-a.from)
	return a.low + share*(a.high-a.low)
}

// decade names a power of ten.
func decade(e int) string {
	switch {
	case e >= 6:
		return fmt.Sprintf("%.0f M", math.Pow(10, float64(e-6)))
	case e >= 3:
		return fmt.Sprintf("%.0f k", math.Pow(10, float64(e-3)))
	case e >= 0:
		return fmt.Sprintf("%.0f", math.Pow(10, float64(e)))
	}
	return fmt.Sprintf("%.*f", -e, math.Pow(10, float64(e)))
}
