package event

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of the package comment")

// TestDoc holds the tables at the end of doc.go to the field table.
func TestDoc(t *testing.T) {
	got, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	head, _, found := bytes.Cut(got, []byte("// # Fields\n"))
	if !found {
		t.Fatal("doc.go has no heading for the fields")
	}
	want := string(head) + docTables()
	if *update {
		if err := os.WriteFile("doc.go", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if string(got) != want && !*update {
		t.Error("the tables of doc.go are not current, run go generate")
	}
}

func docTables() string {
	var b strings.Builder
	b.WriteString("// # Fields\n//\n// A star marks kinds of events that require the field.\n//\n")
	for _, f := range Fields() {
		fmt.Fprintf(&b, "//\t%-16s  %s; %s\n//\t%18s%s.\n", f.Path(), docType(&f), docKinds(&f), "", f.Doc)
	}
	b.WriteString("//\n// # Kinds\n//\n")
	for _, k := range Kinds() {
		fmt.Fprintf(&b, "//\t%-18s  %s.\n", k, k.Doc())
	}
	return b.String() + "package event\n\n//go:generate go test . -run ^TestDoc$ -update\n"
}

func docType(f *Field) string {
	switch f.Type {
	case TypeName:
		return "name"
	case TypeText:
		return "text"
	case TypeBool:
		return "true or false; false when absent"
	case TypeChoice:
		s := strings.Join(f.Values, " | ")
		if f.Default != 0 {
			s += "; " + name(f.Values, f.Default) + " when absent"
		}
		return s
	case TypeScore:
		return "1 to 5"
	case TypeTime:
		return "time"
	case TypeKind:
		return "prefix and kind"
	case TypeVersion:
		return `"1.0"`
	case TypeBase64:
		return "base64 of an object"
	case TypeMedia:
		return "media type"
	}
	return "object"
}

func docKinds(f *Field) string {
	var with, without []string
	required := 0
	for _, k := range Kinds() {
		switch {
		case f.Required(k):
			with = append(with, k.String()+"*")
			required++
		case f.On(k):
			with = append(with, k.String())
			without = append(without, k.String())
		}
	}
	switch {
	case len(with) < len(Kinds()):
		return strings.Join(with, ", ")
	case required == len(Kinds()):
		return "all*"
	case required == 0:
		return "all"
	case len(without) < required:
		return "all*, " + strings.Join(without, ", ")
	}
	var need []string
	for _, k := range with {
		if strings.HasSuffix(k, "*") {
			need = append(need, k)
		}
	}
	return "all, " + strings.Join(need, ", ")
}
