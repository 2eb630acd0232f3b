// Package simulate generates the traffic of a shop's and a bank's virtual assistant: an endless stream of events that
// depends on a seed alone, for demos, load tests and alert drills.
//
// A Simulator has its own clock. It begins at Config.Start and moves from event to event as fast as Next is called, so
// the past is simulated like the present: for two weeks of history, start two weeks ago and call Next until it reaches
// now. The chats that are open then are a plausible live state. At the start there are none: the first hour lacks long
// chats, and for a while every user is new.
//
// Traps when events go to a live stream, whose server sets the stored time:
//   - An event more than 24 hours older than its stored time is counted at the stored time. Published history must be
//     shorter than that; fold longer history with its stored times, which NDJSON writes.
//   - The exporter's idle timeouts follow the stored time. All chats of a published history that ended in silence stay
//     open until their timeout in real time.
//   - Simulated time that runs faster than real time would soon lie in the future. Publish maps it to real time, which
//     shortens durations and response times by Pace.Speed. For more traffic with true durations raise
//     Config.ChatsPerHour instead.
//
// All events are valid, but traffic is untidy. The bot writes first, and most people do not reply. A click is followed by
// a message; ratings and votes change, sometimes after the chat; a person has two tabs open, or names the device only
// later. Operators take an hour, or step in unasked, and are away at night. An effect may be stored before its cause.
// Config.OutageEvery adds outages, after which everything arrives late.
//
// The package knows only the contract of events. It starts no goroutine, reads the clock in Publish alone, and a Simulator
// is not safe for concurrent use.
package simulate
