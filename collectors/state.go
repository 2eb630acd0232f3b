package collectors

import (
	"fmt"
	"maps"
	"slices"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
)

// moduleVersion changes whenever the bytes of a module's section change their meaning.
const moduleVersion = 2

const pairsSection = "pairs"

// Sections freezes the whole state for a checkpoint: a consistent cut after the last message folded. The large tables
// are written later, as they were now; until then a change copies the part that it changes.
func (s *Set) Sections() []codec.Section {
	pairs := codec.NewWriter(nil)
	s.pairs.Save(pairs)
	list := append([]codec.Section{raw(pairsSection, pairs)}, s.sessions.Sections()...)
	for _, c := range s.collectors {
		w := codec.NewWriter(nil)
		states := savers(c)
		w.Uint(uint64(len(states)))
		for _, name := range slices.Sorted(maps.Keys(states)) {
			one := codec.NewWriter(nil)
			states[name].Save(one)
			w.String(name)
			w.String(string(one.Bytes()))
		}
		list = append(list, raw(c.Name(), w))
	}
	return list
}

func raw(name string, w *codec.Writer) codec.Section {
	return codec.Section{Name: name, Version: moduleVersion, Write: func(to *codec.Writer) { to.Raw(w.Bytes()) }}
}

// savers returns a module's state by name: the tables of its metrics, and the limits of their labels.
func savers(c Collector) map[string]metric.Saver {
	m := map[string]metric.Saver{}
	for _, f := range c.Families() {
		if f, ok := f.(metric.Stateful); ok {
			m[f.Def().Name] = f
		}
		if f, ok := f.(interface{ Limits() []*metric.LabelLimit }); ok {
			for _, l := range f.Limits() {
				if other, ok := m[l.Name()]; ok && other != l {
					panic("BUG: two limits " + l.Name() + " of " + c.Name())
				}
				m[l.Name()] = l
			}
		}
	}
	return m
}

// RawSection is a section of a checkpoint as it was read back.
type RawSection struct {
	Name    string
	Version uint64
	Data    []byte
}

// Readable returns an error for sections of a version whose rules gave other numbers for the same stream.
func Readable(saved []RawSection) error {
	for _, v := range saved {
		if v.Name == pairsSection && v.Version != moduleVersion {
			return otherVersion(v, moduleVersion)
		}
	}
	return nil
}

func otherVersion(v RawSection, reads uint64) error {
	return fmt.Errorf("section %s has version %d; this program reads version %d", v.Name, v.Version, reads)
}

// Restore fills an empty Set with saved sections. A module or metric without a section is new and starts at zero. The
// error names the section that does not fit.
func (s *Set) Restore(saved []RawSection) error {
	byName := map[string]RawSection{}
	for _, v := range saved {
		byName[v.Name] = v
	}
	read := func(name string, version uint64, get func(*codec.Reader)) error {
		v, ok := byName[name]
		switch {
		case !ok:
			return fmt.Errorf("section %s is missing", name)
		case v.Version != version:
			return otherVersion(v, version)
		}
		r := codec.NewReader(v.Data)
		get(r)
		if err := r.Close(); err != nil {
			return fmt.Errorf("section %s: %w", name, err)
		}
		return nil
	}
	if err := read(pairsSection, moduleVersion, s.pairs.Load); err != nil {
		return err
	}
	for _, g := range s.grow {
		g.Grow()
	}
	if err := s.sessions.Restore(read); err != nil {
		return err
	}
	for _, c := range s.collectors {
		if _, ok := byName[c.Name()]; !ok {
			continue
		}
		states := savers(c)
		err := read(c.Name(), moduleVersion, func(r *codec.Reader) {
			for range r.Len(2) {
				name, data := r.String(), r.String()
				state, ok := states[name]
				if !ok {
					continue // a metric that was removed
				}
				one := codec.NewReader([]byte(data))
				if state.Load(one); one.Close() != nil {
					r.Fail()
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
