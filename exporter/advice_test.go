package exporter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/self"
)

// What a look at the stream finds is shown until a look does not find it any more.
func TestWhatLooksFind(t *testing.T) {
	r := run(t, quick(), newBroker(nil), &shelf{})
	for _, settings := range [][]string{{"mirror", "origin", "origin", "max_age"}, {"max_age", "origin", "subjects"}, {"max_age"}} {
		var list []Advice
		for _, s := range settings {
			list = append(list, Advice{s, "because"})
		}
		r.Advise(list)
		for _, s := range []string{"mirror", "origin", "subjects"} {
			want := 0.0
			for _, found := range settings {
				if s == found {
					want = 1
				}
			}
			require.Equal(t, want, r.value(self.Advice, "setting", s), "%s in %v", s, settings)
		}
	}
	r.BrokerClock(-90 * time.Second)
	require.EqualValues(t, -90, r.value(self.BrokerClock))
	r.Origins(7)
	require.EqualValues(t, 7, r.value(self.OriginLag))
}
