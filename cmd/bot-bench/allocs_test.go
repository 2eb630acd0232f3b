package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGrownAllocs(t *testing.T) {
	grown, compared, err := grownAllocs(strings.NewReader(`goos: linux
pkg: example.com/a
,old.txt,,new.txt,,,
,allocs/op,CI,allocs/op,CI,vs base,P
Same-2,0,0%,0,0%,~,p=1.000 n=3
Zero-2,0,0%,1,0%,?,p=0.100 n=3
Few-2,5,0%,6,0%,~,p=0.100 n=3
Less-2,5,0%,4,0%,~,p=0.100 n=3
Noise-2,2000,0%,2040,1%,~,p=0.100 n=3
Many-2,2000,0%,2100,1%,~,p=0.100 n=3
Gone-2,7,∞
geomean,3,,4,,+1.00%,

pkg: example.com/b
,new.txt,
,allocs/op,CI
New-2,,,9,∞
`))
	require.NoError(t, err)
	require.Equal(t, 7, compared)
	require.Equal(t, []string{
		"example.com/a Zero-2: 0 allocs/op before, 1 now",
		"example.com/a Few-2: 5 allocs/op before, 6 now",
		"example.com/a Many-2: 2000 allocs/op before, 2100 now",
		"example.com/a Gone-2: 7 allocs/op before, no longer there",
	}, grown)
}
