package jetstream

// Permissions returns the subjects that the exporter must be allowed to publish to and to subscribe to, and no others:
// what a user of the server needs to read the stream. The inbox prefix is that of Config.
//
// Without the second last of them the exporter cannot recognize its stream again after somebody deleted the very
// message that it counted last. The right to create consumers is the right to read the whole stream.
func Permissions(stream, inboxPrefix string) (publish, subscribe []string) {
	return []string{
		"$JS.API.STREAM.INFO." + stream,
		"$JS.API.CONSUMER.CREATE." + stream + ".>",
		"$JS.API.CONSUMER.MSG.NEXT." + stream + ".>",
		"$JS.API.CONSUMER.DELETE." + stream + ".>",
		"$JS.API.STREAM.MSG.GET." + stream,
		"$JS.API.DIRECT.GET." + stream,
	}, []string{or(inboxPrefix, "_INBOX") + ".>"}
}
