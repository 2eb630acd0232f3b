package event

import (
	"fmt"
	"testing"
)

func TestClosedLists(t *testing.T) {
	for _, list := range []struct {
		values []string
		name   func(uint8) fmt.Stringer
		last   uint8
	}{
		{inputs, func(v uint8) fmt.Stringer { return Input(v) }, uint8(InputOther)},
		{senders, func(v uint8) fmt.Stringer { return Sender(v) }, uint8(SenderOperator)},
		{causes, func(v uint8) fmt.Stringer { return Cause(v) }, uint8(CauseOperatorButton)},
		{vias, func(v uint8) fmt.Stringer { return Via(v) }, uint8(ViaTicket)},
		{ratings, func(v uint8) fmt.Stringer { return Rating(v) }, uint8(Neutral)},
		{elements, func(v uint8) fmt.Stringer { return Element(v) }, uint8(Link)},
		{targets, func(v uint8) fmt.Stringer { return Target(v) }, uint8(TargetOther)},
		{agentKinds, func(v uint8) fmt.Stringer { return AgentKind(v) }, uint8(KindWorkflow)},
		{reasons, func(v uint8) fmt.Stringer { return Reason(v) }, uint8(InvalidValue)},
	} {
		if len(list.values) != int(list.last) || list.name(list.last).String() != list.values[list.last-1] {
			t.Errorf("%v does not end with %T %d", list.values, list.name(0), list.last)
		}
		if list.name(0).String() != "" || list.name(list.last+1).String() != "" {
			t.Errorf("%T names values that it does not have", list.name(0))
		}
	}
}

// TestKinds: the table says everything of each kind, and its roles fit together.
func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Kinds() {
		if seen[k.String()] || k.String() == "" || k.Doc() == "" {
			t.Errorf("kind %d has the name %q and the sentence %q", k, k, k.Doc())
		}
		seen[k.String()] = true
		for _, rule := range []struct{ has, also, not Role }{
			{has: UserActs, also: OpensChat},
			{has: UserActs, also: SeesUser},
			{has: OpensChat, also: KeepsChatOpen},
			{has: Apart, not: UserActs | OpensChat | KeepsChatOpen | SeesUser},
		} {
			if k.Has(rule.has) && (rule.also != 0 && !k.Has(rule.also) || k.Has(rule.not)) {
				t.Errorf("%s has %b and not %b, or %b", k, rule.has, rule.also, rule.not)
			}
		}
	}
	for _, k := range []Kind{None, Kind(numKinds), 255} {
		if k.String() != "" || k.Doc() != "" || k.Has(^Role(0)) {
			t.Errorf("%d is no kind", k)
		}
	}
}

func kindNamesInOrder() (list []string) {
	for _, k := range Kinds() {
		list = append(list, k.String())
	}
	return list
}

func TestAgentLabel(t *testing.T) {
	for want, a := range map[string]Agent{"": {}, "id": {ID: "id"}, "Name": {ID: "id", Name: "Name"}} {
		if got := a.Label(); got != want {
			t.Errorf("%+v: got %q", a, got)
		}
	}
}
