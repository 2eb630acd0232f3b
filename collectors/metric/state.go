package metric

import "github.com/bot-exporter/bot-exporter/collectors/codec"

// Saver is state that goes into a checkpoint.
type Saver interface {
	Save(*codec.Writer)
	Load(*codec.Reader)
}
