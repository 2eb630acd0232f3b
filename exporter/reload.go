package exporter

import "fmt"

// Reload reads the configuration again and applies the settings that may change while the engine runs. It calls apply,
// for the settings outside the engine, once nothing can fail any more. After an error nothing has changed.
func (e *Engine) Reload(read func() (Config, error), apply func(Config)) error {
	e.reloading.Lock()
	defer e.reloading.Unlock()
	cfg, err := read()
	if err == nil {
		err = e.checkReload(cfg)
	}
	e.metrics.setReloaded(err == nil)
	if err != nil {
		e.log.Error("cannot reload configuration; keeping the old one", "err", err)
		return err
	}
	e.checkpointer.setInterval(cfg.CheckpointInterval)
	apply(cfg)
	e.log.Info("reloaded configuration", "checkpoint_interval", cfg.CheckpointInterval)
	return nil
}

// checkReload returns an error that names every setting that affects the numbers and differs from the running one.
func (e *Engine) checkReload(cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	if list := cfg.differences(e.cfg.Fingerprint(), "the exporter"); list != "" {
		return fmt.Errorf("settings that affect the numbers cannot change while the exporter runs: %s; restore the settings, "+
			"or stop the exporter and start it with an empty storage path to count the stream again", list)
	}
	return nil
}
