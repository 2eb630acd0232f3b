// Command goreleaser checks configuration files of goreleaser as it reads them itself: unknown fields are errors. The
// real program, which brings the clients of every cloud, is only needed to make a release.
package main

import (
	"fmt"
	"os"

	"github.com/goreleaser/goreleaser/v2/pkg/config"
)

func main() {
	for _, file := range os.Args[1:] {
		if _, err := config.Load(file); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %s\n", file, err)
			os.Exit(1)
		}
		fmt.Printf("%s: valid\n", file)
	}
}
