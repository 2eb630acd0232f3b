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
		{kinds, func(v uint8) fmt.Stringer { return Kind(v) }, uint8(Custom)},
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
	if len(kindDocs) != len(kinds) {
		t.Errorf("%d sentences about %d kinds", len(kindDocs), len(kinds))
	}
}

func TestAgentLabel(t *testing.T) {
	for want, a := range map[string]Agent{"": {}, "id": {ID: "id"}, "Name": {ID: "id", Name: "Name"}} {
		if got := a.Label(); got != want {
			t.Errorf("%+v: got %q", a, got)
		}
	}
}
