// Package exporter runs the fold: it reads messages from a source, folds them into the state of collectors, keeps
// state and position in checkpoints, and shows the state to Prometheus and to people.
//
// The way of one message: a Source delivers it (package jetstream), Engine.fold hands it to the decoder and to
// collectors.Set.Fold, whose modules count it; a scrape copies the numbers between two batches (gather.go) and renders
// them (package expose). One goroutine folds; one mutex, taken for a batch, lets scrapes and checkpoints read. Nothing here knows a
// KPI's rules.
//
// Exactly once rests on three things. State and position are in one checkpoint, so that a restart goes on right after
// the last message that the state knows. Nothing is shown before everything that was stored at the start is folded,
// so that no scrape sees a counter lower than before a crash. And a stream that is not the one of the checkpoint is
// never folded into it unasked.
package exporter
