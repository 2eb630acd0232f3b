package exporter

import "fmt"

// Reload reads the configuration again and applies what may change while the engine runs; apply does the rest of that,
// and is called only when nothing else can fail. After an error everything is as it was.
func (e *Engine) Reload(read func() (Config, error), apply func(Config)) error {
	e.reload.Lock()
	defer e.reload.Unlock()
	cfg, err := read()
	if err == nil {
		err = e.accepts(cfg)
	}
	e.metrics.configured(err == nil)
	if err != nil {
		e.log.Error("configuration not reloaded; going on with the one before", "err", err)
		return err
	}
	e.checkpointer.setInterval(cfg.CheckpointInterval)
	apply(cfg)
	e.log.Info("configuration reloaded", "checkpoint_interval", cfg.CheckpointInterval)
	return nil
}

// accepts returns an error that names the settings that decide about the numbers and are not those of the start.
func (e *Engine) accepts(cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	if list := cfg.differences(e.cfg.Fingerprint(), "the exporter"); list != "" {
		return fmt.Errorf("what decides about the numbers cannot change while they are counted: %s; restore the settings, "+
			"or stop the exporter and start it with an empty storage path to count the stream anew", list)
	}
	return nil
}
