package expose

import "slices"

// prefix is the labels of a series as a format has them. Series that follow each other share most of them: what was
// written is kept up to the first that differs.
type prefix struct {
	write func(dst []byte, label int, id uint32) []byte // appends one label
	b     []byte
	ends  []int // of each label in b
	ids   []uint32
}

// start begins a family.
func (p *prefix) start(labels int, write func(dst []byte, label int, id uint32) []byte) {
	p.write, p.b, p.ends, p.ids = write, p.b[:0], slices.Grow(p.ends[:0], labels)[:labels], nil
}

// of returns the labels with these values, until the next call.
func (p *prefix) of(ids []uint32) []byte {
	same := 0
	for same < len(p.ids) && p.ids[same] == ids[same] {
		same++
	}
	if same < len(ids) {
		p.b = p.b[:0]
		if same > 0 {
			p.b = p.b[:p.ends[same-1]]
		}
	}
	for i := same; i < len(ids); i++ {
		p.b = p.write(p.b, i, ids[i])
		p.ends[i] = len(p.b)
	}
	p.ids = ids
	return p.b
}
