package faults

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// whole runs the catalogue as it is meant; otherwise each row does a part of it, and less with -short.
var whole = os.Getenv("BOT_EXPORTER_FAULTS") != ""

// fault is one row of the catalogue.
type fault struct {
	id, name string
	run      func(t *testing.T, r *result) // with the daemon; nil when only other packages test it
	others   []other                       // tests of other packages, run by the whole catalogue
}

// result is what a row of the table says.
type result struct {
	runs, passed int
	worst        []string
	took         time.Duration
}

// one counts a run, passed unless the test fails before done is called.
func (r *result) one() (done func()) {
	r.runs++
	return func() { r.passed++ }
}

func (r *result) figure(format string, args ...any) {
	r.worst = append(r.worst, fmt.Sprintf(format, args...))
}

var catalogue = []fault{
	{"F1", "kill -9 at random times", runKills, nil},
	{"F2", "kill at each step of a checkpoint", nil, []other{
		{pkg: "exporter/storage", tests: "TestCrashAtEachStep|TestKillAtEachStep", env: []string{"STORAGE_RUNS=5"}}}},
	{"F3", "monotone output over the kills of F1", runMonotone, nil},
	{"F4", "truncated checkpoint", nil, []other{{pkg: "exporter/storage", tests: "TestTruncation"}}},
	{"F5", "flipped bits", nil, []other{{pkg: "exporter/storage", tests: "TestBitFlips|TestChecksumsAreIndependent"}}},
	{"F6", "full disk", runFullDisk, []other{{pkg: "exporter/storage", tests: "TestDevFull|TestFullDisk"}, {pkg: "exporter", tests: "TestCheckpointFails"}}},
	{"F7", "failing fsync, rename, write", nil, []other{{pkg: "exporter/storage", tests: "TestFailingCalls|TestFailingReads"}}},
	{"F8", "power cut: unsynced writes lost, reordered, torn", nil, []other{
		{pkg: "exporter/storage", tests: "TestPowerCuts|TestPowerCutsFindWhatLies"}}},
	{"F9", "broker restarts", nil, []other{
		{pkg: "exporter/jetstream", tests: "TestServerRestart|TestServerDown", env: []string{"JETSTREAM_LONG=1"}}}},
	{"F10", "cluster of three: leaders, rolling restart, isolation", nil, []other{
		{pkg: "exporter/jetstream", tests: "TestCluster", env: []string{"JETSTREAM_LONG=1"}}}},
	{"F11", "stream recreated with fewer, equal, more messages", runRecreated, []other{
		{pkg: "exporter/jetstream", tests: "TestStreamRecreated"}, {pkg: "exporter", tests: "TestHalt|TestRebase|TestReset"}}},
	{"F12", "tail lost and sequences reused", runTailLost, []other{{pkg: "exporter/jetstream", tests: "TestTailLost|TestAnchorComparesTime"}}},
	{"F13", "retention overran the reader", runRetention, []other{{pkg: "exporter/jetstream", tests: "TestRetention|TestPurged"}}},
	{"F14", "interior deletes, markers, rollups", nil, []other{{pkg: "exporter/jetstream", tests: "TestInteriorDeletes|TestMarkers|TestRollup"}}},
	{"F15", "consumer deleted or paused", runConsumerGone, []other{{pkg: "exporter/jetstream", tests: "TestConsumerDeleted|TestConsumerPaused"}}},
	{"F16", "two exporters with one configuration", nil, []other{{pkg: "exporter/jetstream", tests: "TestTwoSources"}}},
	{"F17", "poison: corpus and fuzzing", runPoison, []other{
		{pkg: "collectors/event", tests: "FuzzDecode", fuzz: "60s"}, {pkg: "collectors/event", tests: "TestHostilePayloads|FuzzDecode"}}},
	{"F17b", "largest legal message", nil, []other{{pkg: "exporter/jetstream", tests: "TestSizes"}}},
	{"F18", "bombs", runBombs, []other{{pkg: "collectors/event", tests: "TestHostilePayloads|TestCompressed"}}},
	{"F19", "cardinality", runCardinality, nil},
	{"F20", "label injection", runInjection, nil},
	{"F21", "event times and clocks", runTimes, nil},
	{"F22", "replicas agree", runReplicas, []other{{pkg: "exporter", tests: "TestReplicasAgree", count: 20}}},
	{"F23", "duplicates", runDuplicates, nil},
	{"F24", "storm of scrapes", runStorm, nil},
	{"F25", "slow scrapes, stalled headers", runSlow, nil},
	{"F26", "SIGTERM while the broker is down or hangs", runTerm, nil},
	{"F27", "credentials and certificates rotate", nil, []other{{pkg: "exporter/jetstream", tests: "TestRotation|TestCertificatesRotate|TestCredentialsExpire"}}},
	{"F30", "upgrade and downgrade", runUpgrade, []other{{pkg: "exporter/storage", tests: "TestOtherVersion|TestFormatStays"}}},
	{"F31", "least permissions", nil, []other{{pkg: "exporter/jetstream", tests: "TestPermissions"}}},
	{"F32", "a server of three that is behind, or has lost its disk", runLagging, []other{
		{pkg: "exporter", tests: "TestLaggingConsumer|TestConsumerFallsBehind|TestNothingBelowWhatWasShown|TestMarkWithoutCheckpoint"}, {pkg: "exporter/jetstream", tests: "TestAhead"}}},
	{"F33", "wide cardinality under 1 GiB", runWide, []other{{pkg: "exporter/web", tests: "TestMemoryOfScrapes|TestSlowReadersLoseTheirCopies"}, {pkg: "collectors", tests: "TestBudget"}}},
	{"F34", "clock of the broker is wrong", runClock, []other{{pkg: "exporter/jetstream", tests: "TestClockOfBroker"}}},
	{"F35", "tail lost and resumed", runResumed, []other{
		{pkg: "exporter", tests: "TestResume|TestResumeAgainAndAgain|TestResumeAmongDeleted|TestShownAndLost"}}},
	{"F36", "mirrors, sourced streams, streams edited live", runMirror, []other{
		{pkg: "exporter/jetstream", tests: "TestMirrorHasHoles|TestMirrorOfAPart|TestOriginRecreated|TestOriginLags|TestSources|TestEditedLive"}}},
}

func TestFaults(t *testing.T) {
	results := map[string]*result{}
	t.Cleanup(func() { report(t, results) })
	for _, f := range catalogue {
		if f.run == nil && !whole {
			continue // its package tests it
		}
		t.Run(f.id, func(t *testing.T) {
			r := &result{}
			results[f.id] = r
			start := time.Now()
			defer func() { r.took = time.Since(start) }()
			if f.run != nil {
				f.run(t, r)
			}
			if whole {
				for _, o := range f.others {
					o.run(t, r)
				}
			}
		})
	}
}

// report prints the table, and keeps it when asked to.
func report(t *testing.T, results map[string]*result) {
	var b strings.Builder
	b.WriteString("| fault | | runs | passed | worst figure | took |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, f := range catalogue {
		r := results[f.id]
		if r == nil {
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", f.id, f.name, thousands(r.runs), thousands(r.passed),
			strings.Join(r.worst, "; "), r.took.Round(time.Second))
	}
	fmt.Println(b.String()) //nolint:forbidigo // the table is what the run is for
	if os.Getenv("BOT_EXPORTER_FAULTS_KEEP") != "" {
		keep(t, b.String())
	}
}

// keep puts the table into the README.
func keep(t *testing.T, table string) {
	const begin, end = "<!-- table:begin -->\n", "<!-- table:end -->"
	commit, err := exec.Command("git", "describe", "--always", "--dirty").Output()
	require.NoError(t, err)
	b, err := os.ReadFile("README.md")
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(b), begin)
	require.True(t, ok)
	_, after, ok := strings.Cut(rest, end)
	require.True(t, ok)
	text := fmt.Sprintf("%s%s%s, at commit %s.\n\n%s%s%s", before, begin,
		time.Now().UTC().Format("2 January 2006"), strings.TrimSpace(string(commit)), table, end, after)
	require.NoError(t, os.WriteFile("README.md", []byte(text), 0o644)) //nolint:gosec // no secret
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// dice returns random numbers from a seed that is printed; BOT_EXPORTER_FAULTS_SEED repeats one.
func dice(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if v := os.Getenv("BOT_EXPORTER_FAULTS_SEED"); v != "" {
		var err error
		seed, err = strconv.ParseUint(v, 10, 64)
		require.NoError(t, err)
	}
	fmt.Printf("%s: BOT_EXPORTER_FAULTS_SEED=%d\n", t.Name(), seed) //nolint:forbidigo // also when the test passes
	return rand.New(rand.NewPCG(seed, 0))
}

// pick returns how much the whole catalogue does, or a part of it; a third of that with -short.
func pick(all, part int) int {
	switch {
	case whole:
		return all
	case testing.Short():
		return max(1, part/3)
	}
	return part
}
