package dashboards

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"

	"github.com/bot-exporter/bot-exporter/dashboards/rules"
)

// Config is what users may change about generated files. Its zero value is no good: start from Defaults.
type Config struct {
	// Matchers for all queries, such as `namespace="bots"`, separated by commas. Empty by default.
	Selector string `yaml:"selector"`
	// Title of the Grafana folder.
	Folder string `yaml:"folder"`
	// Where colours change on dashboards.
	Thresholds Thresholds `yaml:"thresholds"`
	// Recording rules and alerts. Their selector and folder are those above.
	Rules rules.Config `yaml:"rules"`
}

// Limit is where a value begins to be a warning, and where it is critical. Shares are 0 to 1.
type Limit struct {
	Warning  float64 `yaml:"warning"`
	Critical float64 `yaml:"critical"`
}

// Thresholds are the limits.
type Thresholds struct {
	HandoverRate     Limit `yaml:"handover_rate"`     // share of chats; high is bad
	HandoverWait     Limit `yaml:"handover_wait"`     // seconds; high is bad
	CSAT             Limit `yaml:"csat"`              // average of 1 to 5; low is bad
	CSATResponseRate Limit `yaml:"csat_response"`     // votes of surveys shown; low is bad
	NegativeShare    Limit `yaml:"negative_feedback"` // of positive and negative; high is bad
	FallbackRate     Limit `yaml:"fallback_rate"`     // share of the bot's messages; high is bad
	AbandonedRate    Limit `yaml:"abandoned_rate"`    // share of engaged chats; high is bad
	Containment      Limit `yaml:"containment"`       // share of engaged chats; low is bad
	Lag              Limit `yaml:"lag"`               // messages; high is bad
	CheckpointAge    Limit `yaml:"checkpoint_age"`    // seconds; high is bad
}

// Defaults returns the default configuration.
func Defaults() Config {
	return Config{
		Folder: "Virtual assistant",
		Rules:  rules.Defaults(),
		Thresholds: Thresholds{
			HandoverRate:     Limit{0.3, 0.5},
			HandoverWait:     Limit{120, 600},
			CSAT:             Limit{4, 3},
			CSATResponseRate: Limit{0.2, 0.05},
			NegativeShare:    Limit{0.3, 0.5},
			FallbackRate:     Limit{0.15, 0.3},
			AbandonedRate:    Limit{0.2, 0.4},
			Containment:      Limit{0.6, 0.4},
			Lag:              Limit{1000, 100_000},
			CheckpointAge:    Limit{180, 300},
		},
	}
}

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
