package event

import (
	"encoding/base64"
	"math/big"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// oracle is the contract once more, written from its text and sharing no code with the decoder: slow, but short.
// It gives the verdict as Reject.Error does, "" for an accepted event.
func oracle(header map[string][]string, payload []byte) (e Event, verdict string) {
	if len(payload) > 65536 {
		return e, "too_large"
	}
	attr, mode := oracleHeader(header)
	wellFormed := json.Unmarshal(payload, new(jsontext.Value)) == nil && oracleDepth(payload) <= 64
	if !wellFormed && (mode != "binary" || len(payload) > 0) {
		return e, "malformed"
	}
	data := jsontext.Value(payload)
	if mode != "binary" {
		attr = nil
		if json.Unmarshal(payload, &attr) != nil || attr == nil || mode == "batch" {
			return e, "not_cloudevent"
		}
		data = attr["data"]
	}
	if len(data) > 0 && data.Kind() == 'n' {
		data = nil
	}
	unpackable := true
	if len(data) == 0 && mode == "structured" && oracleIsJSON(attr["datacontenttype"]) {
		data, unpackable = oracleUnpack(attr["data_base64"])
	}
	if v, ok := oracleString(attr["specversion"]); !ok || v != "1.0" {
		return e, "not_cloudevent: specversion"
	}
	o := &fieldReader{object: attr}
	o.name(&e.ID, "id", true)
	o.name(&e.Source, "source", true)
	typ := o.text("type", true)
	if o.verdict == "" {
		kind, found := strings.CutPrefix(typ, "bot.")
		e.Kind = Kind(slices.Index(kindNamesInOrder(), kind) + 1)
		if !found || e.Kind == None {
			o.verdict = "unknown_type: type"
		}
	}
	if s := o.text("time", false); s != "" {
		if e.Time, e.HasTime = oracleTime(s); !e.HasTime {
			o.fail("invalid_value", "time")
		}
	}
	if mode == "structured" {
		o.text("data_base64", false)
	}
	if !unpackable {
		o.fail("invalid_value", "data_base64")
	}
	if len(data) == 0 {
		o.fail("missing_field", "data")
	} else if data.Kind() != '{' {
		o.fail("invalid_value", "data")
	}
	if o.verdict != "" {
		return e, o.verdict
	}
	d := &fieldReader{path: "data."}
	if err := json.Unmarshal(data, &d.object); err != nil {
		panic(err)
	}
	oracleData(d, &e)
	return e, d.verdict
}

func oracleData(d *fieldReader, e *Event) {
	k := e.Kind
	d.name(&e.Bot, "bot", true)
	d.name(&e.Channel, "channel", true)
	d.name(&e.Chat, "chat", k != Custom)
	d.name(&e.User, "user", k == ChatStarted || k == MessageUser)
	d.name(&e.Device, "device", false)
	d.name(&e.Browser, "browser", false)
	e.UserAgent = d.text("user_agent", false)
	d.name(&e.Topic, "topic", false)
	e.Env, e.Language = d.text("env", false), d.text("language", false)
	switch k {
	case ChatEnded:
		e.Resolved = d.bool("resolved")
	case MessageUser:
		d.name(&e.Message, "message", false)
		e.Input = Input(d.choice("input", "text", "text button voice attachment other"))
	case MessageBot:
		d.name(&e.Message, "message", false)
		e.Fallback, e.Reviewable, e.Proactive = d.bool("fallback"), d.bool("reviewable"), d.bool("proactive")
		d.agent(e, false)
	case MessageOperator:
		d.name(&e.Message, "message", false)
	case HandoverRequested:
		e.Cause = Cause(d.choice("cause", "-", "direct after_fallback operator_button"))
		e.Via = Via(d.choice("via", "takeover", "takeover ticket"))
	case FeedbackGiven:
		d.name(&e.Message, "message", true)
		e.Rating = Rating(d.choice("rating", "", "positive negative neutral"))
		d.agent(e, false)
	case CSATSubmitted:
		d.score(e)
	case ElementClicked:
		e.Element = Element(d.choice("element", "", "quick_reply link"))
		e.Title = d.text("title", false)
		e.Target = Target(d.choice("target", "other", "answer url phone email other"))
		e.Destination = d.text("destination", false)
		e.Operator = d.bool("operator")
	case AgentTriggered:
		d.agent(e, true)
	case Custom:
		d.name(&e.Key, "event", true)
	}
}

// fieldReader reads one object and keeps the first complaint.
type fieldReader struct {
	object  map[string]jsontext.Value
	path    string
	verdict string
}

func (o *fieldReader) fail(reason, name string) {
	if o.verdict == "" {
		o.verdict = reason + ": " + o.path + name
	}
}

// get gives the value in a field, of which null is none.
func (o *fieldReader) get(name string) (v jsontext.Value, found bool) {
	v, found = o.object[name]
	return v, found && string(v) != "null"
}

func (o *fieldReader) text(name string, required bool) string {
	v, found := o.get(name)
	s, ok := oracleString(v)
	switch {
	case required && (!found || ok && s == ""):
		o.fail("missing_field", name)
	case found && !ok:
		o.fail("invalid_value", name)
	}
	return s
}

func (o *fieldReader) name(to *string, name string, required bool) {
	*to = o.text(name, required)
	if len(*to) > 128 {
		o.fail("invalid_value", name)
	}
}

func (o *fieldReader) bool(name string) bool {
	v, found := o.get(name)
	if found && string(v) != "true" && string(v) != "false" {
		o.fail("invalid_value", name)
	}
	return string(v) == "true"
}

func (o *fieldReader) score(e *Event) {
	v, found := o.get("score")
	if !found {
		o.fail("missing_field", "score")
		return
	}
	// The exponent by hand: big.Rat would write out all its zeros.
	mantissa, exponent, _ := strings.Cut(strings.ToLower(string(v)), "e")
	n, err := strconv.Atoi("0" + strings.TrimLeft(exponent, "+"))
	if strings.HasPrefix(exponent, "-") {
		n, err = strconv.Atoi(exponent)
	}
	r, ok := new(big.Rat).SetString(mantissa)
	if v.Kind() != '0' || !ok || err != nil || n > 1e5 || n < -1e5 {
		o.fail("invalid_value", "score")
		return
	}
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n, -n))), nil)
	if n >= 0 {
		r.Mul(r, new(big.Rat).SetInt(ten))
	} else {
		r.Quo(r, new(big.Rat).SetInt(ten))
	}
	if !r.IsInt() || r.Num().Cmp(big.NewInt(1)) < 0 || r.Num().Cmp(big.NewInt(5)) > 0 {
		o.fail("invalid_value", "score")
		return
	}
	e.Score = Score(r.Num().Int64())
}

// choice gives the place in list, counted from 1. An empty def makes the field required.
func (o *fieldReader) choice(name, def, list string) int {
	v, found := o.get(name)
	s, ok := oracleString(v)
	if found = found && (!ok || s != ""); !found {
		if def == "" {
			o.fail("missing_field", name)
		}
		s = def
	}
	i := slices.Index(strings.Fields(list), s) + 1
	if found && i == 0 {
		o.fail("invalid_value", name)
	}
	return i
}

func (o *fieldReader) agent(e *Event, required bool) {
	v, found := o.get("agent")
	if !found {
		if required {
			o.fail("missing_field", "agent")
		}
		return
	}
	a := &fieldReader{path: o.path + "agent."}
	if json.Unmarshal(v, &a.object) != nil || a.object == nil {
		o.fail("invalid_value", "agent")
		return
	}
	a.name(&e.Agent.ID, "id", true)
	a.name(&e.Agent.Name, "name", false)
	e.Agent.Kind = AgentKind(a.choice("kind", "agent", "agent workflow"))
	if o.verdict == "" {
		o.verdict = a.verdict
	}
}

// oracleIsJSON judges the value of datacontenttype.
func oracleIsJSON(v jsontext.Value) bool {
	s, ok := oracleString(v)
	return len(v) == 0 || string(v) == "null" || ok && (s == "" || jsonMedia.MatchString(s))
}

// oracleUnpack gives what data_base64 stands for: nothing where there is none or it is of the wrong type.
func oracleUnpack(v jsontext.Value) (data jsontext.Value, ok bool) {
	s, isString := oracleString(v)
	if !isString || s == "" {
		return nil, true
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || strings.ContainsAny(s, "\r\n") || json.Unmarshal(b, new(jsontext.Value)) != nil || oracleDepth(b) > 64 {
		return nil, false
	}
	if data = b; data.Kind() == 'n' {
		return nil, true
	}
	return data, true
}

func oracleString(v jsontext.Value) (s string, ok bool) {
	if v.Kind() != '"' {
		return "", false
	}
	return s, json.Unmarshal(v, &s) == nil
}

var (
	jsonMedia  = regexp.MustCompile(`^[^;]*[/+][Jj][Ss][Oo][Nn][ \t]*(;|$)`)
	jsonString = regexp.MustCompile(`"(\\.|[^"\\])*"`)
	dateTime   = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$`)
)

func oracleDepth(payload []byte) (deepest int) {
	depth := 0
	for _, c := range jsonString.ReplaceAll(payload, nil) {
		switch c {
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}

func oracleTime(s string) (int64, bool) {
	m := dateTime.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	leap := m[3] == "60"
	if leap {
		m[3] = "59"
	}
	t, err := time.Parse(time.RFC3339, m[1]+"T"+m[2]+":"+m[3]+strings.ToUpper(m[5]))
	if err != nil || len(m[5]) == 6 && (m[5][1:3] > "23" || m[5][4:] > "59") {
		return 0, false
	}
	if leap {
		t = t.Add(time.Second)
	}
	if m[4] != "" {
		nanos, _ := strconv.Atoi((m[4][1:] + "000000000")[:9])
		t = t.Add(time.Duration(nanos))
	}
	least, most := time.Unix(0, -1<<63), time.Unix(0, 1<<63-1)
	if t.Before(least) {
		t = least
	} else if t.After(most) {
		t = most
	}
	return t.UnixNano(), true
}

// oracleHeader gives the attributes of a message in binary mode as JSON strings.
func oracleHeader(header map[string][]string) (attr map[string]jsontext.Value, mode string) {
	values := map[string]string{}
	for _, key := range slices.Sorted(func(yield func(string) bool) {
		for k := range header {
			if !yield(k) {
				return
			}
		}
	}) {
		if len(header[key]) > 0 {
			values[strings.ToLower(key)] = strings.Trim(header[key][0], " \t")
		}
	}
	media := strings.ToLower(values["content-type"])
	switch {
	case strings.HasPrefix(media, "application/cloudevents-batch"):
		return nil, "batch"
	case strings.HasPrefix(media, "application/cloudevents"):
		return nil, "structured"
	}
	if _, ok := values["ce-specversion"]; !ok {
		return nil, "structured"
	}
	attr = map[string]jsontext.Value{}
	for key, v := range values {
		name, found := strings.CutPrefix(key, "ce-")
		if !found {
			continue
		}
		if len(v) > 1 && v[0] == '"' && v[len(v)-1] == '"' {
			v = regexp.MustCompile(`(?s)\\(.)`).ReplaceAllString(v[1:len(v)-1], "$1")
		}
		if u, err := url.PathUnescape(v); err == nil && utf8.ValidString(u) {
			v = u
		}
		attr[name] = jsontext.Value("[]") // of the wrong type, unless it is UTF-8
		if q, err := jsontext.AppendQuote(nil, v); err == nil {
			attr[name] = q
		}
	}
	return attr, "binary"
}
