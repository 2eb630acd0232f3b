// Package simulate makes up the traffic of a shop's and a bank's virtual assistant: an endless stream of events that
// depends on a seed alone, for demos, load tests and alert drills.
//
// A Simulator has its own clock. It begins at Config.Start and goes from event to event as fast as Next is called, so
// the past is simulated like the present: a caller who wants two weeks of history starts two weeks ago and calls Next
// until it reaches now. The chats that are open then are a plausible live state. There are none at the start; the first
// hour lacks the long ones and everybody is new for a while.
//
// The traps when events go to a live stream, whose server stamps its own stored time:
//   - An event more than 24 hours older than its stored time is counted at the stored time. History that is published
//     must be shorter than that; longer history has to be folded with its stored times, which NDJSON writes.
//   - The exporter's idle timeouts follow the stored time. All chats of a published history that ended in silence stay
//     open until their timeout in real time.
//   - Simulated time that runs faster than real time would lie in the future soon. Publish maps it to real time, which
//     makes durations and response times shorter by Pace.Speed. For more traffic with honest durations raise
//     Config.ChatsPerHour instead.
//
// Nothing is invalid, but not everything is tidy. The bot writes first, and most people do not reply. A click comes as a
// message, too; ratings and votes are changed, sometimes when the chat is over; a person has two tabs open, or says only
// later on what device. Operators take an hour, or step in unasked, and are not there at night. An event is stored a few
// seconds after the one that it caused. Config.OutageEvery adds outages, after which everything arrives late.
//
// The package knows the contract of events only. It has no goroutine, reads a clock in Publish alone, and a Simulator is
// not safe for concurrent use.
package simulate
