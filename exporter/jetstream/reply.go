package jetstream

import "strings"

// delivery is what the server tells about a message in its reply subject.
type delivery struct {
	streamSeq   uint64
	consumerSeq uint64
	time        int64  // stored, Unix nanoseconds
	pending     uint64 // messages of the consumer after this one
}

// Reply subjects of delivered messages:
//
//	$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>
//	$JS.ACK.<domain>.<account>.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>[.<more>]
const (
	ackPrefix = "$JS.ACK."
	tokensV1  = 9
	tokensV2  = 11 // at least
)

// deliveryPrefix returns the part of a reply subject before the numbers, which is the same for all messages of a
// consumer, or "" when it is not a reply subject of a message.
func deliveryPrefix(reply string) string {
	if !strings.HasPrefix(reply, ackPrefix) {
		return ""
	}
	n, skip := strings.Count(reply, ".")+1, 4
	switch {
	case n >= tokensV2:
		skip = 6
	case n != tokensV1:
		return ""
	}
	end := 0
	for range skip {
		end += strings.IndexByte(reply[end:], '.') + 1
	}
	return reply[:end]
}

// parseDelivery reads the numbers after the prefix. It is hand-made: it runs for each message.
func parseDelivery(numbers string) (d delivery, ok bool) {
	var v [5]uint64
	at := 0
	for i := range v {
		start := at
		for at < len(numbers) && numbers[at] != '.' {
			c := numbers[at] - '0'
			if c > 9 || at-start >= 19 { // 19 digits always fit
				return d, false
			}
			v[i] = v[i]*10 + uint64(c)
			at++
		}
		if at == start || i < len(v)-1 && at == len(numbers) {
			return d, false
		}
		at++ // the dot
	}
	return delivery{streamSeq: v[1], consumerSeq: v[2], time: int64(v[3]), pending: v[4]}, true //nolint:gosec // 19 digits
}
