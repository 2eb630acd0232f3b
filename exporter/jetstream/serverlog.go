package jetstream

import (
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
)

// serverLog hands the server's log to slog; what the server calls a notice is of interest to somebody who debugs. The server calls Fatalf and expects the process to end; we keep the reason
// for whoever waits for the server.
type serverLog struct {
	log   *slog.Logger
	fatal atomic.Pointer[error]
}

func (l *serverLog) Noticef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l *serverLog) Warnf(format string, v ...any)   { l.log.Warn(fmt.Sprintf(format, v...)) }
func (l *serverLog) Errorf(format string, v ...any)  { l.log.Error(fmt.Sprintf(format, v...)) }
func (l *serverLog) Debugf(format string, v ...any)  { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l *serverLog) Tracef(format string, v ...any)  { l.log.Debug(fmt.Sprintf(format, v...)) }

func (l *serverLog) Fatalf(format string, v ...any) {
	err := errors.New(fmt.Sprintf(format, v...)) //nolint:revive // Errorf would take %w from the server's format
	l.fatal.CompareAndSwap(nil, &err)
	l.log.Error(err.Error())
}

func (l *serverLog) fatalError() error {
	if err := l.fatal.Load(); err != nil {
		return *err
	}
	return nil
}
