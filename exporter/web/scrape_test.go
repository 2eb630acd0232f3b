package web

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/collectors/self"
	"github.com/bot-exporter/bot-exporter/exporter/expose"
)

// regathered is the KPIs as a collector, for a registry that checks each metric.
type regathered struct{ *running }

func (c *regathered) Describe(ch chan<- *prometheus.Desc) {
	for _, m := range collectors.Catalogue() {
		for _, d := range m.Defs {
			ch <- prometheus.NewDesc(d.Name, d.Help, d.LabelNames(), nil)
		}
	}
}

func (c *regathered) Collect(ch chan<- prometheus.Metric) {
	status, _, text := c.get("/metrics", "Accept", acceptProtobuf)
	if status != http.StatusOK {
		panic(text)
	}
	for name, f := range delimited(c.t, strings.NewReader(text)) {
		if strings.HasPrefix(name, "bot_exporter_") || !strings.HasPrefix(name, "bot_") {
			continue
		}
		var names []string
		for _, d := range defs() {
			if d.Name == f.GetName() {
				names = d.LabelNames()
			}
		}
		desc := prometheus.NewDesc(f.GetName(), f.GetHelp(), names, nil)
		for _, m := range f.Metric {
			ch <- &copied{desc, proto.Clone(m).(*dto.Metric)}
		}
	}
}

func defs() (list []*metric.Def) {
	for _, m := range collectors.Catalogue() {
		list = append(list, m.Defs...)
	}
	return list
}

type copied struct {
	desc *prometheus.Desc
	m    *dto.Metric
}

func (c *copied) Desc() *prometheus.Desc { return c.desc }
func (c *copied) Write(to *dto.Metric) error {
	proto.Merge(to, c.m)
	return nil
}

// A scrape shows the state after one message, and never an earlier one than the scrape before.
func TestScrapeIsOneMoment(t *testing.T) {
	all := stored(10_001)
	for i := range all { // some of each fate
		switch i % 50 {
		case 3:
			all[i].Data = all[i-1].Data
		case 7:
			all[i].Data = []byte("{")
		}
	}
	b := newStream(all[:1001:1001]...)
	b.batch = 7
	r := run(t, b, nowhere{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			cuts, last := bare(r), 0.0
			for last < 10_001 {
				k, err := cuts.acquire(0)
				if err != nil {
					t.Error(err)
					return
				}
				total := k.Sum(collectors.Events) + k.Sum(collectors.EventsRejected) + k.Sum(collectors.EventsDuplicate) + k.Sum(collectors.EventsIgnored)
				sent, kinds := k.Sum(collectors.Messages), 0.0
				for _, kind := range []string{"message.user", "message.bot", "message.operator"} {
					kinds += k.Sum(collectors.Events, "kind", kind)
				}
				cuts.release(k)
				if sent != kinds || total < last || total < 10_001 && int(total)%7 != 0 {
					t.Errorf("after %v messages, which is no end of a batch, or less than %v, %v are sent and %v applied", total, last, sent, kinds)
					return
				}
				last = total
			}
		})
	}
	for i := 1001; i < len(all); i += 7 {
		b.publish(all[i:min(i+7, len(all))]...)
	}
	r.live(10_001)
	wg.Wait()
	require.EqualValues(t, 10_001, r.value(self.AppliedSequence))
}

// A panic while metrics are collected ends in status 500 without a word about the cause. The process lives.
func TestPanicInCollector(t *testing.T) {
	for name, broken := range map[string]func(r *running) (mend func()){
		"KPI": func(r *running) func() { r.broken.Store(true); return func() { r.broken.Store(false) } },
		"process": func(r *running) func() {
			c := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "broken", Help: "x"}, func() float64 { panic("secret of the gauge") })
			r.Registry().MustRegister(c)
			return func() { r.Registry().Unregister(c) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, newStream(stored(2000)...), nowhere{})
			mend := broken(r)
			for range 3 * maxScrapes { // no place is lost
				for _, path := range []string{"/metrics", "/"} {
					status, _, text := r.get(path)
					if path == "/metrics" {
						require.Equal(t, http.StatusInternalServerError, status, text)
					}
					for _, word := range []string{"goroutine", ".go:", "secret", "nil pointer"} {
						require.NotContains(t, text, word)
					}
				}
			}
			require.Contains(t, r.log.String(), "secret")
			mend()
			require.NotNil(t, r.metrics()[collectors.Messages.Name])
			status, _, _ := r.get("/-/healthy")
			require.Equal(t, http.StatusOK, status)
		})
	}
}

// What a panic left of a copy is not used again.
func TestPanicLeavesNoHalfCopy(t *testing.T) {
	r := run(t, newStream(stored(500)...), nowhere{})
	c := bare(r)
	render := func() (string, error) {
		kpis, err := c.acquire(0)
		if err != nil {
			return "", err
		}
		defer c.release(kpis)
		var text bytes.Buffer
		require.NoError(t, kpis.Render(&text, expose.Page{Format: expfmt.FmtText}))
		return text.String(), nil
	}
	want, err := render()
	require.NoError(t, err)
	require.NotEmpty(t, want)
	r.broken.Store(true)
	_, err = render()
	require.ErrorIs(t, err, errScrape)
	r.broken.Store(false)
	got, err := render()
	require.NoError(t, err)
	require.Equal(t, len(strings.Split(want, "\n")), len(strings.Split(got, "\n")))
	require.Empty(t, c.leases)
}
