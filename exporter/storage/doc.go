// Package storage keeps what the exporter must find again after a restart, as files in one directory that one process
// locks:
//
//   - checkpoints: the newest three generations, each the whole state of the fold and the position that led to it
//     (format.go). A generation is written beside the others and renamed once it is durable, so that a crash, a full
//     disk or a failing one costs the newest at most;
//   - the mark (mark.go): which message the last page was made at. Checkpoints are older than that, and after a crash no
//     page may show less;
//   - the key of the users' pseudonyms (key.go), which is made once and never replaced unasked;
//   - the name of the consumer at the broker (consumer.go), so that the next process can delete one left behind by a kill.
//
// A Store returns the bytes that were written, or none: every byte is covered by a checksum, and nothing damaged is ever
// returned. It must not look into the sections of a checkpoint, decide whether one fits the stream or the configuration,
// read a clock, start a goroutine or log: it returns errors and calls Config.Rejected and Config.Warn.
package storage
