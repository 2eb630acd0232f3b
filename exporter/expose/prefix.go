package expose

// prefix is the labels of a series as a format has them. Series that follow each other share most of them: what was
// written is kept up to the first that differs.
type prefix struct {
	write func(dst []byte, label int, id uint32) []byte // appends one label
	b     []byte
	ends  []int // of each label in b
	ids   []uint32
}

func newPrefix(labels int, write func(dst []byte, label int, id uint32) []byte) prefix {
	return prefix{write: write, b: make([]byte, 0, 256), ends: make([]int, labels)}
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
