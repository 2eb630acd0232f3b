package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"sync"
	"time"

	"github.com/bot-exporter/bot-exporter/exporter"
)

// The mark is one sector that is overwritten in place and never synced: it must survive the end of the process, not that
// of the machine, and it is written for each page. All numbers are little-endian:
//
//	magic     8 bytes
//	version   4 bytes
//	length    4 bytes, of the name
//	sequence  8 bytes
//	epoch     8 bytes
//	created   8 bytes, seconds of Unix time, and 4 bytes, nanoseconds
//	name      of the stream, 255 bytes at most as servers have it; zeros up to the end
//	checksum  4 bytes, CRC32C of everything before
const (
	markName    = "shown"
	markMagic   = "BOTXMARK"
	markVersion = 1
	markSize    = 512
	markStart   = len(markMagic) + 4 + 4 + 8 + 8 + 8 + 4 // of the name
)

// mark is the file that holds the mark. It stays open.
type mark struct {
	mu     sync.Mutex
	slot   Slot // nil until it is written
	closed bool
}

// Shown returns the mark that was set last, the zero Mark when there is none, and a *DamageError when it cannot be read.
func (s *Store) Shown() (exporter.Mark, error) {
	path := filepath.Join(s.cfg.Dir, markName)
	f, size, err := open(s.cfg.FS, path)
	if notExist(err) {
		return exporter.Mark{}, nil
	}
	if err != nil {
		return exporter.Mark{}, err
	}
	defer func() { _ = f.Close() }()
	if size != markSize {
		return exporter.Mark{}, withPath(path, damage(Truncated, "the mark has %d bytes", size))
	}
	b, err := readAt(f, 0, markSize)
	if err != nil {
		return exporter.Mark{}, withPath(path, err)
	}
	m, err := decodeMark(b)
	return m, withPath(path, err)
}

// SetShown replaces the mark. It may run concurrently with all other methods.
func (s *Store) SetShown(m exporter.Mark) error {
	s.mark.mu.Lock()
	defer s.mark.mu.Unlock()
	if s.mark.closed {
		return errClosed
	}
	if s.mark.slot == nil {
		slot, err := s.cfg.FS.Update(filepath.Join(s.cfg.Dir, markName))
		if err != nil {
			return fmt.Errorf("set mark: %w", err)
		}
		s.mark.slot = slot
	}
	b, err := encodeMark(m)
	if err == nil {
		_, err = s.mark.slot.WriteAt(b, 0)
	}
	if err != nil {
		return fmt.Errorf("set mark: %w", err)
	}
	return nil
}

func (m *mark) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	if m.slot == nil {
		return nil
	}
	return m.slot.Close()
}

func encodeMark(m exporter.Mark) ([]byte, error) {
	if len(m.Stream) > markSize-markStart-crcSize {
		return nil, errors.New("name of the stream is too long")
	}
	b := append(make([]byte, 0, markSize), markMagic...)
	b = binary.LittleEndian.AppendUint32(b, markVersion)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(m.Stream)))
	b = binary.LittleEndian.AppendUint64(b, m.Seq)
	b = binary.LittleEndian.AppendUint64(b, m.Epoch)
	b = binary.LittleEndian.AppendUint64(b, uint64(m.Created.Unix()))
	b = binary.LittleEndian.AppendUint32(b, uint32(m.Created.Nanosecond()))
	b = append(b, m.Stream...)
	return appendCRC(b[:markSize-crcSize], 0), nil
}

func decodeMark(b []byte) (exporter.Mark, error) {
	n := binary.LittleEndian.Uint32(b[12:])
	switch {
	case string(b[:len(markMagic)]) != markMagic:
		return exporter.Mark{}, damage(Magic, "the file does not start as a mark")
	case crc32.Checksum(b[:markSize-crcSize], castagnoli) != binary.LittleEndian.Uint32(b[markSize-crcSize:]):
		return exporter.Mark{}, damage(Checksum, "mark")
	case binary.LittleEndian.Uint32(b[8:]) != markVersion || int64(n) > int64(markSize-markStart-crcSize):
		return exporter.Mark{}, damage(Malformed, "mark of another version")
	}
	return exporter.Mark{
		Stream:  string(b[markStart : markStart+int(n)]),
		Created: time.Unix(int64(binary.LittleEndian.Uint64(b[32:])), int64(binary.LittleEndian.Uint32(b[40:]))).UTC(),
		Epoch:   binary.LittleEndian.Uint64(b[24:]),
		Seq:     binary.LittleEndian.Uint64(b[16:]),
	}, nil
}
