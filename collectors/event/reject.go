package event

// Reject is the error of Decode: why a message cannot be applied, and which field is to blame. It never holds a
// value of the message, so that it can be logged.
type Reject struct {
	Reason Reason
	Field  string // path of the field, such as "data.bot"; empty where there is none
}

func (r *Reject) Error() string {
	if r.Field == "" {
		return r.Reason.String()
	}
	return r.Reason.String() + ": " + r.Field
}
