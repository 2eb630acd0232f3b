package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/alecthomas/kingpin/v2"
)

func allocsCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("allocs", "Fail when benchmarks allocate more often than before: reads what benchstat -format csv says of two files.")
	return cmd.FullCommand(), func(context.Context) error {
		grown, compared, err := grownAllocs(os.Stdin)
		if err != nil {
			return err
		}
		if compared == 0 {
			return fmt.Errorf("nothing was compared")
		}
		if len(grown) > 0 {
			return fmt.Errorf("allocations grew; \"make bench-allocs-baseline\" if that is meant:\n%s", strings.Join(grown, "\n"))
		}
		fmt.Printf("allocations of %d benchmarks have not grown\n", compared)
		return nil
	}
}

// Counts up to exactAllocs must not grow at all, larger ones by a share that covers pools and maps.
const (
	exactAllocs = 100
	moreAllocs  = 1.03
)

// grownAllocs lists the benchmarks that allocate more often than before or are gone, and says how many were compared.
// Lines are name, count before, spread, count now, and more; a table begins with a line of its package.
func grownAllocs(csv io.Reader) (grown []string, compared int, err error) {
	in := bufio.NewScanner(csv)
	in.Buffer(nil, 1<<20)
	pkg := ""
	for in.Scan() {
		if name, ok := strings.CutPrefix(in.Text(), "pkg: "); ok {
			pkg = name
		}
		f := strings.Split(in.Text(), ",")
		if len(f) < 3 || f[0] == "" || f[0] == "geomean" {
			continue
		}
		f = append(f, "") // a line without the count now ends early
		before, err := strconv.ParseFloat(f[1], 64)
		if err != nil {
			continue // a new one
		}
		now, err := strconv.ParseFloat(f[3], 64)
		switch {
		case err != nil:
			grown = append(grown, fmt.Sprintf("%s %s: %s allocs/op before, no longer there", pkg, f[0], f[1]))
		case now > before && (before <= exactAllocs || now > before*moreAllocs):
			grown = append(grown, fmt.Sprintf("%s %s: %s allocs/op before, %s now", pkg, f[0], f[1], f[3]))
		}
		compared++
	}
	return grown, compared, in.Err()
}
