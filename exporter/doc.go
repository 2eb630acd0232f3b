// Package exporter runs the fold: it reads messages from a source, folds them into the state of collectors, and keeps
// state and position in checkpoints.
//
// The way of one message: a Source delivers it (package jetstream), Engine.fold hands it to the decoder (package event)
// and to collectors.Set.Fold, whose modules count it; Engine.Read shows the state between two batches to a scrape
// (package web), which renders it (package expose). One goroutine folds; one mutex, taken for a batch, lets scrapes and
// checkpoints read. Nothing here knows the rules of a KPI, or HTTP.
//
// Exactly once rests on three things. State and position are in one checkpoint, so that a restart goes on right after
// the last message that the state knows. Nothing is shown before everything that was stored at the start is folded,
// so that no scrape sees a counter lower than before a crash. And a stream that is not the one of the checkpoint is
// never folded into it unasked.
package exporter
