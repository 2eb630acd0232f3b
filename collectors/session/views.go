package session

// Waiting appends the number of open chats of each pair that wait for an operator.
func (t *Table) Waiting(dst []float64, now int64) []float64 {
	return append(dst, make([]float64, t.pairs.Len())...)
}

// OldestWait appends for how long the chat of each pair that waits longest has waited, in seconds.
func (t *Table) OldestWait(dst []float64, now int64) []float64 {
	return append(dst, make([]float64, t.pairs.Len())...)
}
