// Package jetstream reads a NATS JetStream stream for the exporter: it connects, verifies that the stream is the one that
// the checkpoint was made from, and delivers its messages in order, each with the sequence and the time that the server
// stored it with.
//
// The way of an event from the broker to a line of /metrics:
//
//  1. puller.take receives the message and reads sequence and time from its reply subject (pull.go)
//  2. Source.Next returns it in a batch (source.go)
//  3. exporter.Engine.follow passes the batch to
//  4. exporter.Engine.fold, which takes the lock and calls for each message
//  5. exporter.Engine.apply, which decodes the event and passes it to
//  6. collectors.Set.Fold, whose modules count it in their tables
//  7. expose.Layout.Copy copies the numbers of all tables for a scrape
//  8. expose.Cut.Render writes them to the response
//
// Before the first message Source.Open verifies the stream (verify.go), or creates it (ensure.go), and creates a consumer
// that keeps no state for us (consumer.go): the position lives in the exporter's checkpoint, never in an acknowledgement.
// Beside the messages Source.Check looks at the stream for edits and risks (look.go, origin.go).
//
// The package knows nothing of events, KPIs or metrics, keeps no state beyond a connection, and decides nothing: what it
// cannot vouch for it returns as an error, and the engine decides when to try again.
package jetstream
