package event

import "strconv"

// names maps the keys of one object, or the kinds, to their places: a perfect hash, made once at start from the table of
// fields, so that each key is written in one place only. Decoding runs at 0.95 of its speed with an open hash table
// instead, and decoding and folding as a whole at 0.93 with a Go map.
type names struct {
	mul  uint32
	slot [128]struct {
		name string
		at   uint8
	}
}

// Keys of the three objects of an event, and the kinds.
var (
	attributeNames = fieldNames("")
	dataNames      = fieldNames("data")
	agentNames     = fieldNames("data.agent")
	kindNames      = newNames(func(yield func(string, uint8)) {
		for _, k := range Kinds() {
			yield(k.String(), uint8(k))
		}
	})

	fAgent = dataNames.find("agent")
)

func fieldNames(in string) *names {
	return newNames(func(yield func(string, uint8)) {
		for i := 1; i < len(fields); i++ {
			if fields[i].In == in {
				yield(fields[i].Name, uint8(i))
			}
		}
	})
}

// newNames tries multipliers until no two names share a slot.
func newNames(each func(yield func(name string, at uint8))) *names {
	for mul := uint32(1); mul < 1<<16; mul += 2 {
		n, clash := &names{mul: mul * 0x9e3779b1}, false
		each(func(name string, at uint8) {
			s := &n.slot[n.hash(name)]
			clash = clash || s.at != 0
			s.name, s.at = name, at
		})
		if !clash {
			return n
		}
	}
	panic("BUG: two names have the same length and the same first, middle and last byte, multipliers tried: " + strconv.Itoa(1<<15))
}

// hash looks at four things only; name is not empty. That they tell all names apart is checked when the table is made.
func (n *names) hash(name string) uint32 {
	l := len(name)
	return (uint32(l) | uint32(name[0])<<8 | uint32(name[l/2])<<16 | uint32(name[l-1])<<24) * n.mul >> 25
}

// find gives the name's position, or 0.
func (n *names) find(name string) uint8 {
	if name == "" {
		return 0
	}
	if s := &n.slot[n.hash(name)]; s.name == name {
		return s.at
	}
	return 0
}
