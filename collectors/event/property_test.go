package event

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// TestRoundTrip: whatever a producer can say comes back from AppendJSON and Decode unchanged.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEvent(t)
		got, verdict := checkDecode(t, nil, e.AppendJSON(nil, ""))
		if verdict != "" || got != e {
			t.Fatalf("%+v\nbecame %q\n%+v", e, verdict, got)
		}
	})
}

// drawEvent draws a valid event as Decode would give it: defaults filled in, no fields of other kinds.
func drawEvent(t *rapid.T) Event {
	text := rapid.OneOf(rapid.StringMatching(`[a-z0-9-]{1,20}`), rapid.String())
	name := rapid.OneOf(rapid.StringMatching(`[a-z0-9-]{1,20}`), rapid.StringN(1, 32, MaxName))
	e := Event{
		Kind:    rapid.SampledFrom(Kinds()).Draw(t, "kind"),
		ID:      name.Draw(t, "id"),
		Source:  name.Draw(t, "source"),
		HasTime: rapid.Bool().Draw(t, "has time"),
	}
	if e.HasTime {
		e.Time = rapid.OneOf(rapid.Int64(), rapid.Int64Range(1.7e18, 1.8e18), rapid.Just[int64](math.MinInt64), rapid.Just[int64](math.MaxInt64)).Draw(t, "time")
	}
	hasAgent := e.Kind == AgentTriggered || rapid.Bool().Draw(t, "has agent")
	for _, f := range Fields() {
		if f.In == "" || !f.On(e.Kind) || f.In == "data.agent" && !hasAgent {
			continue
		}
		set := f.Required(e.Kind) || rapid.Bool().Draw(t, "has "+f.Name)
		switch {
		case f.Type == TypeChoice:
			*f.code(&e) = f.Default
			if set {
				*f.code(&e) = rapid.Uint8Range(1, uint8(len(f.Values))).Draw(t, f.Name)
			}
		case !set:
		case f.Type == TypeName:
			*f.text(&e) = name.Draw(t, f.Name)
		case f.Type == TypeText:
			*f.text(&e) = text.Draw(t, f.Name)
		case f.Type == TypeBool:
			*f.flag(&e) = true
		case f.Type == TypeScore:
			*f.code(&e) = rapid.Uint8Range(1, 5).Draw(t, f.Name)
		}
	}
	return e
}

// TestAgainstOracle draws messages that have the shape of an event, where FuzzDecode breaks the syntax mostly.
func TestAgainstOracle(t *testing.T) {
	count := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		_, verdict := checkDecode(t, nil, []byte(drawMessage(t)))
		reason, _, _ := strings.Cut(verdict, ":")
		count[reason]++
	})
	t.Log(count)
}

// drawMessage draws each field of the table, of any kind: absent, right or wrong, keys in any order, strings escaped
// or not.
func drawMessage(t *rapid.T) string {
	kind := rapid.SampledFrom(kindNamesInOrder()).Draw(t, "kind")
	hostile := rapid.SampledFrom([]int{0, 0, 1, 3, 10}).Draw(t, "hostile")
	agent := drawObject(t, "data.agent", hostile, nil)
	data := drawObject(t, "data", hostile, map[string]string{"agent": agent})
	return drawObject(t, "", hostile, map[string]string{
		"specversion": `"1.0"`, "id": `"e"`, "source": `"s"`, "type": `"bot.` + kind + `"`, "data": data,
	})
}

// drawObject draws an object of which hostile percent of the fields are absent, and as many wrong.
func drawObject(t *rapid.T, in string, hostile int, usual map[string]string) string {
	var members []string
	for _, f := range Fields() {
		if f.In != in {
			continue
		}
		v, found := usual[f.Name]
		switch odds := rapid.IntRange(0, 99).Draw(t, f.Path()); {
		case odds < hostile:
			continue
		case odds < 2*hostile:
			v = drawWrong(t, hostile)
		case !found:
			v = drawRight(t, &f)
		}
		members = append(members, drawString(t, f.Name)+rapid.SampledFrom([]string{":", ": ", " :\n"}).Draw(t, "colon")+v)
	}
	for i := range rapid.SampledFrom([]int{0, 0, 0, 1, 2, 12}).Draw(t, "unknown") {
		key := fmt.Sprint("x", i)
		if hostile > 1 {
			key = rapid.StringMatching(`[a-z]{0,3}`).Draw(t, "key")
		}
		members = append(members, drawString(t, key)+":"+drawWrong(t, hostile))
	}
	members = rapid.Permutation(members).Draw(t, "members")
	return "{" + strings.Join(members, rapid.SampledFrom([]string{",", " , "}).Draw(t, "comma")) + "}"
}

func drawRight(t *rapid.T, f *Field) string {
	switch f.Type {
	case TypeChoice:
		return drawString(t, rapid.SampledFrom(f.Values).Draw(t, "value"))
	case TypeBool:
		return rapid.SampledFrom([]string{"true", "false"}).Draw(t, "value")
	case TypeScore:
		return rapid.SampledFrom([]string{"1", "2", "3", "4", "5", "5.0", "4e0", "30e-1", "0.2E1", "1.000"}).Draw(t, "value")
	case TypeBase64:
		return rapid.SampledFrom([]string{`null`, `""`, `"e30="`, `"e3"`}).Draw(t, "value")
	case TypeMedia:
		return rapid.SampledFrom([]string{`null`, `"application/json"`, `"text/plain"`}).Draw(t, "value")
	case TypeTime:
		return drawString(t, rapid.OneOf(rapid.Just("2026-03-01T09:00:00.5+01:00"), rapid.Custom(drawTime)).Draw(t, "value"))
	}
	return drawString(t, rapid.OneOf(rapid.StringMatching(`[a-z]{1,9}`), rapid.StringN(1, 32, MaxName)).Draw(t, "value"))
}

func drawWrong(t *rapid.T, hostile int) string {
	if hostile > 1 && rapid.IntRange(0, 19).Draw(t, "malformed") == 0 {
		return rapid.SampledFrom([]string{`{"a":1,"a":1}`, `[`, `"\ud800"`, "\"\xff\"", `01`, `tru`, ``, `"\x"`}).Draw(t, "value")
	}
	return rapid.SampledFrom([]string{
		`null`, `true`, `false`, `0`, `3`, `-1`, `5.0`, `1e0`, `30e-1`, `0.05E+2`, `5.00000000000000000001`, `1e-1`, `6`, `0e9`, `1e99999999999999999999`, `[]`, `{}`, `""`, `"x"`, `"text"`, `[1,{"a":[null]}]`, `{"id":"a","x":{}}`,
		`"` + strings.Repeat("n", MaxName) + `"`, `"` + strings.Repeat("n", MaxName+1) + `"`, `"` + strings.Repeat(`\u00e9`, MaxName/2) + `"`,
		`"` + strings.Repeat("é", MaxName/2) + `n"`, `"1.0"`, `"bot."`,
		`"application/json"`, `"text/JSON ;charset=utf-8"`, `"a+json"`, `"json"`, `"text/plain"`,
		`"bnVsbA=="`, `"e30="`, `"WyI="`, `"eyJib3QiOiJiIn0"`, `"eyJib3QiOiJiIiwiY2hhbm5lbCI6ImMiLCJjaGF0IjoiZCIsInVzZXIiOiJlIn0="`,
		`"eyJib3QiOiJiIiwiY2hhbm5lbCI6ImMiLCJjaGF0IjoiXHUwMDY0IiwidXNlciI6ImUifQ=="`, `"eyJib3QiOiJiIiwiYm90IjoiYiJ9"`,
	}).Draw(t, "value")
}

// drawString quotes s, with some characters escaped that need not be.
func drawString(t *rapid.T, s string) string {
	escape := rapid.SampledFrom([]int{0, 0, 0, 0, 1, 3}).Draw(t, "escape")
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r < ' ' || r == '"' || r == '\\' || r < 0x10000 && escape > 0 && i%escape == 0 && r != utf8.RuneError:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// TestTime compares with the oracle, which is the time package behind a regular expression.
func TestTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawTime(t)
		got, ok := ParseTime(s)
		want, wantOK := oracleTime(s)
		if ok != wantOK || ok && got != want {
			t.Fatalf("%q: got %d %v, want %d %v", s, got, ok, want, wantOK)
		}
	})
}

// drawTime draws times of which about half are valid.
func drawTime(t *rapid.T) string {
	num := func(name, format string, usual, least, most int) string {
		n := rapid.OneOf(rapid.IntRange(1, usual), rapid.IntRange(1, usual), rapid.IntRange(least, most)).Draw(t, name)
		return fmt.Sprintf(format, n)
	}
	pick := func(name string, values ...string) string { return rapid.SampledFrom(values).Draw(t, name) }
	s := rapid.OneOf(rapid.IntRange(0, 9999), rapid.SampledFrom([]int{1677, 1678, 1900, 1970, 2000, 2024, 2026, 2262, 2263})).Draw(t, "year")
	return fmt.Sprintf("%04d", s) +
		"-" + num("month", "%02d", 12, 0, 13) + "-" + num("day", "%02d", 28, 0, 32) +
		pick("T", "T", "T", "T", "T", "t", " ", "") +
		num("hour", "%02d", 23, 0, 25) + ":" + num("minute", "%02d", 59, 0, 61) + ":" + num("second", "%02d", 59, 0, 62) +
		pick("point", "", "", ".", ".", ".", ",") + rapid.StringMatching(`[0-9]{0,12}`).Draw(t, "fraction") +
		pick("zone", "Z", "Z", "Z", "z", "", "+", "-", "+", "-") +
		pick("offset", "", "", num("offset hour", "%02d", 23, 0, 25)+":"+num("offset minute", "%02d", 59, 0, 61), "1:00", "0100", "+1:00")
}

func TestTimeTable(t *testing.T) {
	for s, want := range map[string]int64{
		"1970-01-01T00:00:00Z":                     0,
		"1969-12-31T23:59:59.999999999Z":           -1,
		"2016-12-31T23:59:60Z":                     1483228800e9,
		"2017-01-01T00:59:60.25+01:00":             1483228800e9 + 25e7,
		"2262-04-11T23:47:16.854775806Z":           math.MaxInt64 - 1,
		"2262-04-11T23:47:16.854775808Z":           math.MaxInt64,
		"9999-12-31T23:59:59Z":                     math.MaxInt64,
		"1677-09-21T00:12:43.145224193Z":           math.MinInt64 + 1,
		"1677-09-21T00:12:43.145224191Z":           math.MinInt64,
		"0000-01-01T00:00:00+23:59":                math.MinInt64,
		"2000-02-29T12:00:00.0000000009999999999z": 951825600e9,
		"2000-02-29t12:00:00.000000001" + "-00:00": 951825600e9 + 1,
	} {
		if got, ok := ParseTime(s); !ok || got != want {
			t.Errorf("%s: got %d %v, want %d", s, got, ok, want)
		}
	}
}
