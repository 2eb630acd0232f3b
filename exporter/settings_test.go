package exporter

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bot-exporter/bot-exporter/collectors/event"
)

// Every setting that decides about the numbers is in the fingerprint; only the key has an id of its own.
func TestFingerprintKnowsEverySetting(t *testing.T) {
	was := Defaults().Fingerprint()
	require.Equal(t, was, Defaults().Fingerprint())
	fields := 0
	var walk func(path string, at func(*Config) reflect.Value)
	walk = func(path string, at func(*Config) reflect.Value) {
		c := Defaults()
		v := at(&c)
		for i := range v.NumField() {
			name := path + "." + v.Type().Field(i).Name
			field := func(c *Config) reflect.Value { return at(c).Field(i) }
			if name == "KPIs.Session.Key" {
				continue
			}
			if f := v.Field(i); f.Kind() == reflect.Struct {
				walk(name, field)
				continue
			}
			fields++
			c := Defaults()
			alter(t, field(&c))
			require.NotEqual(t, was, c.Fingerprint(), name)
			require.NotEmpty(t, c.differences(was, "it"), name)
		}
	}
	walk("KPIs", func(c *Config) reflect.Value { return reflect.ValueOf(&c.KPIs).Elem() })
	walk("Events", func(c *Config) reflect.Value { return reflect.ValueOf(&c.Events).Elem() })
	require.Equal(t, fields, len(Defaults().countingSettings()))
}

func alter(t *testing.T, v reflect.Value) {
	switch x := v.Addr().Interface().(type) {
	case *map[string]time.Duration:
		(*x)["web"]++
	case *[]string:
		*x = append(*x, "fax")
	case *[]time.Duration:
		*x = append(*x, 0)
	case **time.Location:
		*x = time.FixedZone("Mars", 1)
	case *bool:
		*x = !*x
	case *string:
		*x += "x"
	case *int:
		*x += 3
	case *time.Duration:
		*x += 3
	default:
		require.Fail(t, "unknown kind of setting", v.Type())
	}
}

// Saying what is the default anyway changes nothing.
func TestFingerprintOfDefaults(t *testing.T) {
	c := Defaults()
	c.Events = event.Config{TypePrefix: event.DefaultTypePrefix, MaxSize: event.DefaultMaxSize}
	require.Equal(t, Defaults().Fingerprint(), c.Fingerprint())
	require.Empty(t, c.differences(Defaults().Fingerprint(), "it"))
	require.Contains(t, c.differences("?", "it"), "cannot read")
}
