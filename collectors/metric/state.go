package metric

import "github.com/bot-exporter/bot-exporter/collectors/snapshot"

// Saver is state that goes into a checkpoint.
type Saver interface {
	Save(*snapshot.Writer)
	Load(*snapshot.Reader)
}
