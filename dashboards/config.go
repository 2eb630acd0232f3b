package dashboards

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"

	"github.com/bot-exporter/bot-exporter/dashboards/rules"
)

// Config is what users may change about generated files. Start from Defaults: the zero value is not usable.
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
	Least            Least `yaml:"least_count"`
}

// Least is from how many things on a ratio says something. What has an alert takes the alert's own number for colours.
type Least struct {
	Point   float64 `yaml:"point"`   // of a chart, in its step; and a cell of a table
	Compare float64 `yaml:"compare"` // with an earlier time
}

// Defaults returns the default configuration.
func Defaults() Config {
	return Config{
		Folder: "Virtual assistant",
		Rules:  rules.Defaults(),
		Thresholds: Thresholds{
			CSATResponseRate: Limit{0.2, 0.05},
			Containment:      Limit{0.6, 0.4},
			Least:            Least{Point: 10, Compare: 30},
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
