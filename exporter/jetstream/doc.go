// Package jetstream reads a NATS JetStream stream for the exporter: it connects, makes sure that the stream is the one
// that the checkpoint was made from, and delivers its messages in order, each with the sequence and the time that the
// server stored it with.
//
// The way of one message: Source.Open verifies the stream (verify.go) and creates a consumer (consumer.go) that
// remembers nothing for us; Source.Next asks for messages two requests ahead (pull.go) and takes what the subscription
// holds; the server's reply subject tells sequence and time (consumer.go). The position lives in the exporter's
// checkpoint, never in an acknowledgement.
//
// The package knows nothing of events, KPIs or metrics, keeps no state beyond a connection, and decides nothing: what
// it cannot vouch for it returns as an error, and the engine decides when to try again.
package jetstream
