package dashboards

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/bot-exporter/bot-exporter/dashboards/rules"
)

// Config is what users may change about generated files. Its zero value is no good: start from Defaults.
type Config struct {
	// Matchers for all queries, such as `namespace="bots"`, separated by commas. Empty by default.
	Selector string `yaml:"selector"`
	// Title of the Grafana folder.
	Folder string `yaml:"folder"`
	// Where colours change on dashboards, for what has no alert.
	Thresholds Thresholds `yaml:"thresholds"`
	// Recording rules and alerts. Their selector and folder are those above.
	Rules rules.Config `yaml:"rules"`
}

// Limit is where a value begins to be a warning, and where it is critical. Shares are 0 to 1.
type Limit struct {
	Warning  float64 `yaml:"warning"`
	Critical float64 `yaml:"critical"`
}

// Thresholds are the limits of what has no alert.
type Thresholds struct {
	CSATResponseRate Limit `yaml:"csat_response"` // votes of surveys shown; low is bad
	Containment      Limit `yaml:"containment"`   // share of engaged chats; low is bad
}

// Defaults returns the default configuration.
func Defaults() Config {
	return Config{
		Folder: "Virtual assistant",
		Rules:  rules.Defaults(),
		Thresholds: Thresholds{
			CSATResponseRate: Limit{0.2, 0.05},
			Containment:      Limit{0.6, 0.4},
		},
	}
}

// limitsOf are where colours change for what has an alert: critical is where the alert begins to look, so that a
// threshold is changed in one place.
type limitsOf struct {
	HandoverRate, HandoverWait, HandoverOldestWait, CSAT, NegativeShare, FallbackRate, AbandonedRate, Lag Limit
}

func (c *Config) limits() limitsOf {
	a := &c.Rules.Alerts
	return limitsOf{
		HandoverRate:       rising(a.HandoverRateHigh.Above),
		HandoverWait:       rising(time.Duration(a.HandoverWaitLong.Above).Seconds()),
		HandoverOldestWait: rising(time.Duration(a.HandoverWaitingNow.Above).Seconds()),
		CSAT:               falling(a.CSATLow.Below, 5),
		NegativeShare:      rising(a.NegativeFeedbackHigh.Above),
		FallbackRate:       rising(a.FallbackRateHigh.Above),
		AbandonedRate:      rising(a.ChatsAbandoned.Above),
		Lag:                Limit{c.Rules.HeldAbove, a.ExporterLagging.Above},
	}
}

// rising is a limit that a value should stay below, falling one that it should stay above: a warning comes on the last
// third of the way.
func rising(critical float64) Limit        { return Limit{critical * 2 / 3, critical} }
func falling(critical, best float64) Limit { return Limit{critical + (best-critical)/3, critical} }

// Load reads YAML over the defaults: what is absent keeps its default, what is unknown is an error.
func Load(file io.Reader) (Config, error) {
	c := Defaults()
	b, err := io.ReadAll(file)
	if err != nil {
		return c, err
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return c, fmt.Errorf("configuration of dashboards: %w", err)
	}
	return c, nil
}
