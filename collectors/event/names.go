package event

// names are the keys of one object, or the kinds, in a small hash table. A Go map takes 1.8 times as long for the keys of
// an event, and decoding and folding as a whole run at 0.93 of the speed with it.
type names [64][]named

type named struct {
	name string
	at   uint8
}

// Keys of the three objects of an event, and the kinds.
var (
	attributeNames = fieldNames("")
	dataNames      = fieldNames("data")
	agentNames     = fieldNames("data.agent")
	kindNames      = func() *names {
		n := new(names)
		for _, k := range Kinds() {
			n.add(k.String(), uint8(k))
		}
		return n
	}()

	fAgent = dataNames.find("agent")
)

func fieldNames(in string) *names {
	n := new(names)
	for i := 1; i < len(fields); i++ {
		if fields[i].In == in {
			n.add(fields[i].Name, uint8(i))
		}
	}
	return n
}

func (n *names) add(name string, at uint8) {
	l := n.list(name)
	*l = append(*l, named{name, at})
}

// list returns the few names with the same hash. It is of the length and of the first and last byte, in which hardly two
// names of the contract agree.
func (n *names) list(name string) *[]named {
	return &n[(8*len(name)^int(name[0])^2*int(name[len(name)-1]))%len(n)]
}

// find returns the place of a key in fields, or the kind; 0 when there is none.
func (n *names) find(name string) uint8 {
	if name == "" {
		return 0
	}
	for _, k := range *n.list(name) {
		if k.name == name {
			return k.at
		}
	}
	return 0
}
