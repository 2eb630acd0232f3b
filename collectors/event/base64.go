package event

import (
	"encoding/base64"
	"strings"
)

// unpack puts what data_base64 holds where data would be (CloudEvents JSON format, 3.1): where data itself is absent,
// and the content type is JSON. A value that is not one JSON value in base64 becomes an invalid one.
func (d *Decoder) unpack() {
	r := &d.raw
	packed := r.get(fDataBase64)
	if packed.kind != '"' || packed.s == "" || !r.get(fData).isNone() || !isJSON(r.get(fDataContentType)) {
		return
	}
	root := r.root
	r.seen &^= 1 << fData
	if data, ok := decodeBase64(packed.s); !ok || !d.parse(data, dataNames) {
		r.values[fDataBase64].kind = invalid
	} else {
		r.put(fData, value{kind: r.root})
	}
	r.root = root
}

// decodeBase64 is strict where the standard library skips line ends (RFC 4648, 3.1).
func decodeBase64(s string) ([]byte, bool) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, false
	}
	b, err := base64.StdEncoding.DecodeString(s)
	return b, err == nil
}

// isJSON reports whether a datacontenttype is that of JSON, as an absent one is.
func isJSON(v value) bool {
	if v.isEmpty() {
		return true
	}
	media, _, _ := strings.Cut(v.s, ";")
	media = strings.TrimRight(media, " \t")
	at := len(media) - len("/json")
	return v.kind == '"' && at >= 0 && (media[at] == '/' || media[at] == '+') && strings.EqualFold(media[at+1:], "json")
}
