package faults

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const module = "github.com/bot-exporter/bot-exporter/"

// other is tests of another package.
type other struct {
	pkg, tests string
	env        []string
	count      int    // 1 when 0
	fuzz       string // for so long, instead of the tests
}

// What the tests of other packages print: how often they tried, and how long something took.
var (
	tries = regexp.MustCompile(`\b(\d+) (runs|lengths|bits|power cuts|restarts)\b`)
	stall = regexp.MustCompile(`longest stall (\S+)`)
)

// run runs the tests and adds what they did to the result: the tries that they count, else the tests themselves.
func (o other) run(t *testing.T, r *result) {
	args := []string{"test", "-json", "-timeout=1h", "-count=" + strconv.Itoa(max(o.count, 1)), "-run=^(" + o.tests + ")$"}
	if o.fuzz != "" {
		args = []string{"test", "-json", "-run=^$", "-fuzz=^" + o.tests + "$", "-fuzztime=" + o.fuzz, "-parallel=2"}
	}
	cmd := exec.Command("go", append(args, module+o.pkg)...)
	cmd.Env = append(os.Environ(), o.env...)
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	leaves, failed, counted, longest := map[string]int{}, 0, 0, time.Duration(0)
	var failures strings.Builder
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		var e struct{ Action, Test, Output string }
		if json.Unmarshal(s.Bytes(), &e) != nil {
			continue
		}
		switch e.Action {
		case "run":
			if parent, _, ok := cutLast(e.Test); ok {
				delete(leaves, parent)
			}
			if _, ok := leaves[e.Test]; !ok {
				leaves[e.Test] = 0
			}
		case "pass":
			if _, ok := leaves[e.Test]; ok {
				leaves[e.Test]++
			}
		case "fail":
			if _, ok := leaves[e.Test]; ok {
				failed++
			}
		case "skip":
			delete(leaves, e.Test)
		case "output":
			failures.WriteString(e.Output)
			for _, m := range tries.FindAllStringSubmatch(e.Output, -1) {
				n, _ := strconv.Atoi(m[1])
				counted += n
			}
			if m := stall.FindStringSubmatch(e.Output); m != nil {
				if d, err := time.ParseDuration(m[1]); err == nil {
					longest = max(longest, d)
				}
			}
		}
	}
	passed := 0
	for _, n := range leaves {
		passed += n
	}
	require.NoError(t, err, "%s %s\n%s%s", o.pkg, o.tests, tail(failures.String()), errOut.String())
	require.Positive(t, passed, "no test of %s is called %s", o.pkg, o.tests)
	passed = max(passed, counted)
	r.runs, r.passed = r.runs+passed+failed, r.passed+passed
	if longest > 0 {
		r.figure("longest stall %s", longest)
	}
	if o.fuzz != "" {
		r.figure("fuzzed for %s", o.fuzz)
	}
}

func cutLast(test string) (parent, name string, ok bool) {
	i := strings.LastIndexByte(test, '/')
	if i < 0 {
		return "", test, false
	}
	return test[:i], test[i+1:], true
}

func tail(s string) string { return s[max(0, len(s)-5000):] }
