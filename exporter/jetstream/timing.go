package jetstream

import "time"

const requestTimeout = 5 * time.Second // longest wait for one answer of the server, or for the connection

// timing holds how long a Source waits. Tests are less patient.
type timing struct {
	request   time.Duration // longest wait for one answer of the server, or for the connection
	expiry    time.Duration // after which the server ends a request for messages
	heartbeat time.Duration // between heartbeats of such a request while there are no messages; at most half of expiry
	settle    time.Duration // in which replicas agree after a change of the leader
	doubt     time.Duration // after which we leave a server that cannot answer about the stream
	servers   time.Duration // for servers of the cluster that start together with us
}

var defaultTiming = timing{
	request: requestTimeout, expiry: 10 * time.Second, heartbeat: 2 * time.Second, settle: 4 * time.Second, doubt: 5 * time.Second,
	servers: 30 * time.Second,
}

// silence is how long the server may send nothing.
func (t timing) silence() time.Duration { return 2*t.heartbeat + t.heartbeat/4 }

// poll is the time between two attempts while an answer is awaited.
func (t timing) poll() time.Duration { return t.settle / 16 }
