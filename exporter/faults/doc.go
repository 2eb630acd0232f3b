// Package faults breaks the exporter in every way that is known to happen, and requires the numbers to be right all the
// same. It holds tests only: TestFaults runs a part of each row by default, less of it with -short, and all of it with
// BOT_EXPORTER_FAULTS=1, as make faults does, and prints a table of it.
//
// Faults of the checkpoint files and of the broker that do not need the whole daemon are tested in packages storage,
// jetstream, event and exporter; the whole catalogue runs those tests too.
package faults
