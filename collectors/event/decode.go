package event

// Config is what an operator may set about decoding. The zero value has the defaults.
type Config struct {
	TypePrefix string // what stands before the kind in the attribute type; "bot." when empty
	MaxSize    int    // limit of a payload in bytes; 64 KiB when not positive
}

// Defaults of Config.
const (
	DefaultTypePrefix = "bot."
	DefaultMaxSize    = 64 << 10
)

// Decoder turns messages into events. It keeps nothing from one message to the next but scratch space; it is not safe
// for concurrent use.
type Decoder struct {
	prefix  string
	maxSize int
	header  attributes
	raw     raw
	slow    slowParser
}

// NewDecoder returns a decoder. It panics on no value of c.
func NewDecoder(c Config) *Decoder {
	d := &Decoder{prefix: c.TypePrefix, maxSize: c.MaxSize}
	if d.prefix == "" {
		d.prefix = DefaultTypePrefix
	}
	if d.maxSize <= 0 {
		d.maxSize = DefaultMaxSize
	}
	return d
}

// Decode fills e from one NATS message: a CloudEvent in structured mode, or in binary mode where header says so (see
// the package comment). header may be nil and is a nats.Header otherwise. Every error is a *Reject; e is undefined then.
//
// An event without escapes in its strings, nested unknown fields or more than 8 unknown fields in one object is decoded
// without allocation. The strings of e may alias header and payload, which must not be changed as long as e is in use.
func (d *Decoder) Decode(header map[string][]string, payload []byte, e *Event) error {
	*e = Event{}
	// Not "return d.decode(...)": a nil *Reject in an error is not nil.
	if r := d.decode(header, payload, e); r != nil {
		return r
	}
	return nil
}

func (d *Decoder) decode(header map[string][]string, payload []byte, e *Event) *Reject {
	if len(payload) > d.maxSize {
		return &Reject{Reason: TooLarge}
	}
	d.raw.seen = 0
	switch d.header.read(header) {
	case inStructured:
		if !d.parse(payload, attributeNames) {
			return &Reject{Reason: Malformed}
		}
		d.unpack()
	case inBinary:
		if len(payload) > 0 { // an empty one is no data, not empty data
			if !d.parse(payload, dataNames) {
				return &Reject{Reason: Malformed}
			}
			d.raw.put(fData, value{kind: d.raw.root})
		}
		d.raw.root = '{'
		d.header.put(&d.raw)
	case inBatch:
		if !d.parse(payload, attributeNames) {
			return &Reject{Reason: Malformed}
		}
		d.raw.root = 0
	}
	return d.raw.judge(d.prefix, e)
}

// parse adds the values of a payload to raw. It reports false for a malformed one.
func (d *Decoder) parse(payload []byte, scope *names) bool {
	seen := d.raw.seen
	if parseFast(payload, scope, &d.raw) {
		return true
	}
	d.raw.seen = seen
	return d.slow.parse(payload, scope, &d.raw)
}
