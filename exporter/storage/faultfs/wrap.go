// Package faultfs provides failing file systems for tests: Wrap puts a hook around every call, and Disk is a disk in memory
// that loses what was not synced in a power cut. No program imports it.
package faultfs

import (
	"sync"

	"github.com/bot-exporter/bot-exporter/exporter/storage"
)

// Op is a call of storage.FS or storage.File.
type Op string

// The calls that a hook sees.
const (
	MkdirAll Op = "mkdir"
	Lock     Op = "lock"
	ReadDir  Op = "readdir"
	Create   Op = "create"
	Open     Op = "open"
	Update   Op = "update"
	WriteAt  Op = "overwrite"
	Rename   Op = "rename" // Path is the new name
	Remove   Op = "remove"
	SyncDir  Op = "syncdir"
	Write    Op = "write"
	ReadAt   Op = "read"
	Size     Op = "size"
	Sync     Op = "sync"
	Close    Op = "close"
)

// Call is one call. A hook may shorten Data to make a short write.
type Call struct {
	N    int // counts all calls from 1
	Op   Op
	Path string
	Data []byte // of Write and WriteAt
}

// Hook stands between a call and the file system: it may skip do, call it more than once, kill the process before or after
// it, and return another error. Hooks run one at a time.
type Hook func(c *Call, do func() error) error

type wrapped struct {
	fsys storage.FS
	hook Hook
	mu   sync.Mutex
	n    int
}

// Wrap returns a file system whose calls go through the hook.
func Wrap(fsys storage.FS, hook Hook) storage.FS { return &wrapped{fsys: fsys, hook: hook} }

func (w *wrapped) call(op Op, path string, do func() error) error {
	return w.run(&Call{Op: op, Path: path}, do)
}

func (w *wrapped) run(c *Call, do func() error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
	c.N = w.n
	return w.hook(c, do)
}

func (w *wrapped) MkdirAll(dir string) error {
	return w.call(MkdirAll, dir, func() error { return w.fsys.MkdirAll(dir) })
}

func (w *wrapped) Lock(name string) (l storage.Lock, err error) {
	err = w.call(Lock, name, func() (err error) { l, err = w.fsys.Lock(name); return err })
	return l, err
}

func (w *wrapped) ReadDir(dir string) (names []string, err error) {
	err = w.call(ReadDir, dir, func() (err error) { names, err = w.fsys.ReadDir(dir); return err })
	return names, err
}

func (w *wrapped) Create(name string) (storage.File, error) {
	return w.file(Create, name, w.fsys.Create)
}

func (w *wrapped) Open(name string) (storage.File, error) { return w.file(Open, name, w.fsys.Open) }

func (w *wrapped) file(op Op, name string, get func(string) (storage.File, error)) (storage.File, error) {
	var f storage.File
	err := w.call(op, name, func() (err error) { f, err = get(name); return err })
	if err == nil {
		return &file{w: w, f: f, name: name}, nil
	}
	if f != nil {
		_ = f.Close()
	}
	return nil, err
}

func (w *wrapped) Rename(from, to string) error {
	return w.call(Rename, to, func() error { return w.fsys.Rename(from, to) })
}

func (w *wrapped) Remove(name string) error {
	return w.call(Remove, name, func() error { return w.fsys.Remove(name) })
}

func (w *wrapped) SyncDir(dir string) error {
	return w.call(SyncDir, dir, func() error { return w.fsys.SyncDir(dir) })
}

func (w *wrapped) Update(name string) (s storage.Slot, err error) {
	err = w.call(Update, name, func() (err error) { s, err = w.fsys.Update(name); return err })
	if err != nil {
		if s != nil {
			_ = s.Close()
		}
		return nil, err
	}
	return &slot{w: w, Slot: s, name: name}, nil
}

type slot struct {
	storage.Slot
	w    *wrapped
	name string
}

func (s *slot) WriteAt(p []byte, off int64) (n int, err error) {
	c := &Call{Op: WriteAt, Path: s.name, Data: p}
	err = s.w.run(c, func() (err error) { n, err = s.Slot.WriteAt(c.Data, off); return err })
	return n, err
}

type file struct {
	w    *wrapped
	f    storage.File
	name string
}

func (f *file) Write(p []byte) (n int, err error) {
	c := &Call{Op: Write, Path: f.name, Data: p}
	err = f.w.run(c, func() (err error) { n, err = f.f.Write(c.Data); return err })
	return n, err
}

func (f *file) ReadAt(p []byte, off int64) (n int, err error) {
	err = f.w.call(ReadAt, f.name, func() (err error) { n, err = f.f.ReadAt(p, off); return err })
	return n, err
}

func (f *file) Size() (n int64, err error) {
	err = f.w.call(Size, f.name, func() (err error) { n, err = f.f.Size(); return err })
	return n, err
}

func (f *file) Sync() error { return f.w.call(Sync, f.name, f.f.Sync) }

// Close closes the file in any case: a test has only so many.
func (f *file) Close() error {
	done := false
	err := f.w.call(Close, f.name, func() error { done = true; return f.f.Close() })
	if !done {
		_ = f.f.Close()
	}
	return err
}
