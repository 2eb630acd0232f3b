// Package event is the contract between the bots and the exporter: what a bot publishes, and how a message becomes
// an Event or is rejected for one reason of a closed list.
//
// Events are CloudEvents 1.0 in structured or binary mode. The package depends on no other package of this module,
// so that producers may import it; it reads no clock, does no I/O and keeps nothing between two calls.
package event
