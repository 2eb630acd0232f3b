package event

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// plans holds, for each kind, the fields of data in the order in which they are checked.
var plans = func() (plans [numKinds][]uint8) {
	for i := numAttributes; i < len(fields); i++ {
		for _, k := range Kinds() {
			if f := &fields[i]; f.In == "data" && f.On(k) {
				plans[k] = append(plans[k], uint8(i))
			}
		}
	}
	return plans
}()

var agentPlan = func() (plan []uint8) {
	for i := range fields {
		if fields[i].In == "data.agent" {
			plan = append(plan, uint8(i))
		}
	}
	return plan
}()

// paths saves a reject the allocation of Field.Path: a producer that sends one bad event sends many.
var paths = func() (paths [len(fields)]string) {
	for i := range fields {
		paths[i] = fields[i].Path()
	}
	return paths
}()

// judge fills e from a well-formed message, or returns the first reason against it in the order of the contract.
func (r *raw) judge(prefix string, e *Event) *Reject {
	if r.root != '{' {
		return &Reject{Reason: NotCloudEvent}
	}
	if r.get(fSpecVersion) != (value{"1.0", '"'}) {
		return reject(NotCloudEvent, fSpecVersion)
	}
	for _, f := range [...]uint8{fID, fSource, fType} {
		if rej := r.take(f, e); rej != nil {
			return rej
		}
	}
	name, ok := strings.CutPrefix(r.get(fType).s, prefix)
	if e.Kind = Kind(kindNames.find(name)); !ok || e.Kind == None {
		return reject(UnknownType, fType)
	}
	for _, f := range [...]uint8{fTime, fDataBase64, fData} {
		if rej := r.take(f, e); rej != nil {
			return rej
		}
	}
	return r.takeAll(plans[e.Kind], e)
}

func (r *raw) takeAll(plan []uint8, e *Event) *Reject {
	for _, f := range plan {
		if rej := r.take(f, e); rej != nil {
			return rej
		}
	}
	return nil
}

// take judges one field and puts it into e.
func (r *raw) take(id uint8, e *Event) *Reject {
	f, v := &fields[id], r.get(id)
	want := f.Type.kind()
	if v.isNone() || want == '"' && v.isEmpty() {
		if f.Required(e.Kind) {
			return reject(MissingField, id)
		}
		if f.Default != 0 {
			*f.code(e) = f.Default
		}
		return nil
	}
	if v.kind != want && !(want == 't' && v.kind == 'f') {
		return reject(InvalidValue, id)
	}
	ok := true
	switch f.Type {
	case TypeName:
		*f.text(e), ok = v.s, len(v.s) <= MaxName
	case TypeText:
		*f.text(e) = v.s
	case TypeBool:
		*f.flag(e) = v.kind == 't'
	case TypeChoice:
		*f.code(e), ok = choose(f.Values, v.s)
	case TypeScore:
		*f.code(e), ok = score(v.s)
	case TypeTime:
		e.Time, ok = ParseTime(v.s)
		e.HasTime = ok
	case TypeObject:
		if id == fAgent {
			return r.takeAll(agentPlan, e)
		}
	}
	if !ok {
		return reject(InvalidValue, id)
	}
	return nil
}

// kind is the JSON kind of values of the type; true stands for both booleans.
func (t Type) kind() jsontext.Kind {
	switch t {
	case TypeBool:
		return 't'
	case TypeScore:
		return '0'
	case TypeObject:
		return '{'
	}
	return '"'
}

func choose(values []string, s string) (uint8, bool) {
	for i, v := range values {
		if v == s {
			return uint8(i + 1), true
		}
	}
	return 0, false
}

func reject(r Reason, field uint8) *Reject { return &Reject{r, paths[field]} }
