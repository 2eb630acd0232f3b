package metric

import "github.com/bot-exporter/bot-exporter/collectors/codec"

// Overflow counts, by metric and label, the increments whose label value went to Other. Its series are a list and not
// a product of two labels: each is declared by the family that limits the label.
type Overflow struct {
	def   *Def
	pairs *Pairs
	rows  [][2]string
	v     []uint64
}

// NewOverflow returns the table of a stream counter with the labels metric and label.
func NewOverflow(d *Def, p *Pairs) *Overflow { return &Overflow{def: d, pairs: p} }

// Row is one series of an Overflow.
type Row int

// Row declares the series of a label. Rows are declared in a fixed order, before the first event.
func (o *Overflow) Row(metric, label string) Row {
	o.rows = append(o.rows, [2]string{metric, label})
	o.v = append(o.v, 0)
	return Row(len(o.rows) - 1)
}

// Inc counts one increment that went to Other.
func (o *Overflow) Inc(r Row) { o.v[r]++ }

// Def returns the metric's definition.
func (o *Overflow) Def() *Def { return o.def }

// Len returns the number of series.
func (o *Overflow) Len() int { return len(o.rows) }

// Start returns the fold clock at the first message of the stream.
func (o *Overflow) Start(int) int64 { return o.pairs.Origin }

// Labels appends the label values of series i.
func (o *Overflow) Labels(dst []string, i int) []string {
	return append(dst, o.rows[i][0], o.rows[i][1])
}

// Read appends the values of all series.
func (o *Overflow) Read(dst []float64, _ int64) []float64 {
	for _, v := range o.v {
		dst = append(dst, float64(v))
	}
	return dst
}

// Grow does nothing: the rows do not depend on bots and channels.
func (o *Overflow) Grow() {}

// Save writes the rows with their values.
func (o *Overflow) Save(w *codec.Writer) {
	w.Uint(uint64(len(o.rows)))
	for i, r := range o.rows {
		w.String(r[0])
		w.String(r[1])
		w.Uint(o.v[i])
	}
}

// Load reads what Save wrote; a row that no module declares any more is left out.
func (o *Overflow) Load(r *codec.Reader) {
	for range r.Len(3) {
		row, v := [2]string{r.String(), r.String()}, r.Uint()
		for i := range o.rows {
			if o.rows[i] == row {
				o.v[i] = v
			}
		}
	}
}
