// Package faults breaks the exporter in every way that we know of, and requires correct numbers all the same. It holds
// tests only. TestFaults runs a part of each row of the catalogue by default, less with -short, and all of it with
// BOT_EXPORTER_FAULTS=1, as make faults does; then it prints a table.
//
// Faults of checkpoint files and of the broker that do not need the whole daemon are tested in packages storage, jetstream,
// event and exporter; the full catalogue runs those tests too.
package faults
