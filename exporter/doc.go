// Package exporter runs the fold: it reads messages from a source, folds them into the state of the collectors, and
// keeps state and position in checkpoints.
//
// The path of a message: a Source delivers it (package jetstream). Engine.fold passes it to the decoder (package event)
// and to collectors.Set.Fold, whose modules count it. Engine.Read shows the state between two batches to a scrape
// (package web), which renders it (package expose). One goroutine folds. One mutex, held for a batch, lets scrapes and
// checkpoints read. Nothing here knows HTTP or the rules of a KPI.
//
// Exactly-once counting rests on three rules. State and position are in one checkpoint, so a restart continues right
// after the last message in the state. Nothing is shown until everything stored at the start is folded, so no scrape
// sees a counter lower than before a crash. And a stream other than the checkpoint's is never folded into the state
// unless a policy says so.
package exporter
