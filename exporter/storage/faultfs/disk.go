package faultfs

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"github.com/bot-exporter/bot-exporter/exporter/storage"
)

const (
	pageSize   = 4096
	sectorSize = 512
)

// ErrDead is the error of every call of a process that has no power.
var ErrDead = errors.New("the power is off")

// Disk is a disk in memory. It always keeps what was synced; of the rest PowerCut keeps a random part: some pages of a file
// and not others, pages torn at a sector, a length without its data, renames in another order.
type Disk struct {
	mu      sync.Mutex
	rng     *rand.Rand
	life    int // counts power cuts: handles from before are dead
	dead    bool
	locked  bool
	seen    map[string]*inode // what processes see
	durable map[string]*inode // what the medium holds
	pending []func(map[string]*inode)
}

type inode struct {
	seen  []byte // what processes see
	kept  []byte // what the medium holds
	dirty map[int]bool
}

var _ storage.FS = (*Disk)(nil)

// NewDisk returns an empty disk whose power cuts follow from the seed.
func NewDisk(seed uint64) *Disk {
	return &Disk{rng: rand.New(rand.NewPCG(seed, 0)), seen: map[string]*inode{}, durable: map[string]*inode{}}
}

// Kill ends the process: calls fail from now on and change nothing. What it wrote stays to be seen.
func (d *Disk) Kill() { d.mu.Lock(); d.dead = true; d.mu.Unlock() }

// Restart lets a new process use the disk after Kill; nothing is lost.
func (d *Disk) Restart() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.life++
	d.dead, d.locked = false, false
}

// PowerCut loses what was not synced, in part, and lets a new process use the disk.
func (d *Disk) PowerCut() {
	d.Restart()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rng.Shuffle(len(d.pending), func(i, j int) { d.pending[i], d.pending[j] = d.pending[j], d.pending[i] })
	for _, change := range d.pending {
		if d.rng.IntN(2) == 0 {
			change(d.durable)
		}
	}
	d.pending = nil
	for _, name := range slices.Sorted(maps.Keys(d.durable)) { // in an order that the seed decides
		d.durable[name].lose(d.rng)
	}
	d.seen = maps.Clone(d.durable)
}

// lose writes a random part of the dirty pages, as the kernel might have done before the power went.
func (i *inode) lose(rng *rand.Rand) {
	if len(i.dirty) > 0 && rng.IntN(4) > 0 {
		size := len(i.kept) + rng.IntN(len(i.seen)-len(i.kept)+1)
		if rng.IntN(2) == 0 {
			size = len(i.seen)
		}
		i.resize(size)
		for _, p := range slices.Sorted(maps.Keys(i.dirty)) {
			switch rng.IntN(3) {
			case 0:
				i.writeBack(p, pageSize)
			case 1:
				i.writeBack(p, sectorSize*rng.IntN(pageSize/sectorSize))
			}
		}
	}
	i.dirty = map[int]bool{}
	i.seen = slices.Clone(i.kept)
}

func (i *inode) resize(size int) {
	i.kept = append(i.kept, make([]byte, max(0, size-len(i.kept)))...)
}

func (i *inode) writeBack(page, n int) {
	if start := page * pageSize; start < len(i.kept) {
		copy(i.kept[start:], i.seen[start:min(start+n, len(i.seen))])
	}
}

func (d *Disk) do(life int, op Op, path string, f func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := ErrDead
	if !d.dead && (life < 0 || life == d.life) {
		err = f()
	}
	if err != nil {
		return &fs.PathError{Op: string(op), Path: path, Err: err}
	}
	return nil
}

func (d *Disk) rename(change func(map[string]*inode)) {
	change(d.seen)
	d.pending = append(d.pending, change)
}

// MkdirAll succeeds; directories are not simulated.
func (d *Disk) MkdirAll(dir string) error {
	return d.do(-1, MkdirAll, dir, func() error { return nil })
}

// Lock takes the only lock of the disk.
func (d *Disk) Lock(name string) (storage.Lock, error) {
	h := &handle{d: d, name: name, lock: true}
	return h, d.do(-1, Lock, name, func() error {
		if d.locked {
			return storage.ErrLocked
		}
		d.locked, h.life = true, d.life
		return nil
	})
}

// ReadDir returns the names in a directory.
func (d *Disk) ReadDir(dir string) (names []string, err error) {
	err = d.do(-1, ReadDir, dir, func() error {
		for name := range d.seen {
			if filepath.Dir(name) == filepath.Clean(dir) {
				names = append(names, filepath.Base(name))
			}
		}
		slices.Sort(names)
		return nil
	})
	return names, err
}

// Create makes a new file.
func (d *Disk) Create(name string) (storage.File, error) {
	h := &handle{d: d, name: name, inode: &inode{dirty: map[int]bool{}}}
	return h, d.do(-1, Create, name, func() error {
		if d.seen[name] != nil {
			return fs.ErrExist
		}
		h.life = d.life
		d.rename(func(names map[string]*inode) { names[name] = h.inode })
		return nil
	})
}

// Open opens a file to read.
func (d *Disk) Open(name string) (storage.File, error) {
	h := &handle{d: d, name: name}
	return h, d.do(-1, Open, name, func() error {
		h.life, h.inode = d.life, d.seen[name]
		if h.inode == nil {
			return fs.ErrNotExist
		}
		return nil
	})
}

// Update opens a file to overwrite it.
func (d *Disk) Update(name string) (storage.Slot, error) {
	h := &handle{d: d, name: name}
	return h, d.do(-1, Update, name, func() error {
		h.life, h.inode = d.life, d.seen[name]
		if h.inode == nil {
			h.inode = &inode{dirty: map[int]bool{}}
			d.rename(func(names map[string]*inode) { names[name] = h.inode })
		}
		return nil
	})
}

// Rename gives a file another name.
func (d *Disk) Rename(from, to string) error {
	return d.do(-1, Rename, to, func() error {
		i := d.seen[from]
		if i == nil {
			return fs.ErrNotExist
		}
		d.rename(func(names map[string]*inode) { delete(names, from); names[to] = i })
		return nil
	})
}

// Remove deletes a name.
func (d *Disk) Remove(name string) error {
	return d.do(-1, Remove, name, func() error {
		if d.seen[name] == nil {
			return fs.ErrNotExist
		}
		d.rename(func(names map[string]*inode) { delete(names, name) })
		return nil
	})
}

// SyncDir makes all names durable.
func (d *Disk) SyncDir(dir string) error {
	return d.do(-1, SyncDir, dir, func() error {
		for _, change := range d.pending {
			change(d.durable)
		}
		d.pending = nil
		return nil
	})
}

// LoseDirty does to a file what a failed fsync does on Linux: its pages count as written and are not. Only the next power
// cut reveals it.
func (d *Disk) LoseDirty(name string) error {
	return d.do(-1, Sync, name, func() error {
		if i := d.seen[name]; i != nil {
			i.resize(len(i.seen))
			i.dirty = map[int]bool{}
		}
		return syscall.EIO
	})
}

type handle struct {
	d     *Disk
	name  string
	life  int
	inode *inode
	lock  bool
}

// Held succeeds: a disk has one directory.
func (h *handle) Held() error { return nil }

func (h *handle) do(op Op, f func() error) error { return h.d.do(h.life, op, h.name, f) }

func (h *handle) Write(p []byte) (int, error) {
	return h.write(Write, p, func() int { return len(h.inode.seen) })
}

func (h *handle) WriteAt(p []byte, off int64) (int, error) {
	return h.write(WriteAt, p, func() int { return int(off) })
}

func (h *handle) write(op Op, p []byte, at func() int) (int, error) {
	err := h.do(op, func() error {
		start := at()
		end := start + len(p)
		h.inode.seen = append(h.inode.seen, make([]byte, max(0, end-len(h.inode.seen)))...)
		copy(h.inode.seen[start:], p)
		for page := start / pageSize; page*pageSize < end; page++ {
			h.inode.dirty[page] = true
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

func (h *handle) ReadAt(p []byte, off int64) (n int, err error) {
	err = h.do(ReadAt, func() error {
		n = copy(p, h.inode.seen[min(off, int64(len(h.inode.seen))):])
		return nil
	})
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

func (h *handle) Size() (n int64, err error) {
	err = h.do(Size, func() error { n = int64(len(h.inode.seen)); return nil })
	return n, err
}

func (h *handle) Sync() error {
	return h.do(Sync, func() error {
		h.inode.resize(len(h.inode.seen))
		for page := range h.inode.dirty {
			h.inode.writeBack(page, pageSize)
		}
		h.inode.dirty = map[int]bool{}
		return nil
	})
}

func (h *handle) Close() error {
	return h.do(Close, func() error {
		if h.lock {
			h.d.locked = false
		}
		return nil
	})
}
