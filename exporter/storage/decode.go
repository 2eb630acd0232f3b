package storage

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"io"
	"time"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
	"github.com/bot-exporter/bot-exporter/exporter"
)

// layout says where everything lies in a file, according to its header and table.
type layout struct {
	header   Header
	sections []place
	size     int64
}

type place struct {
	name    string
	version uint64
	off     int64
	size    int64
	crc     uint32
}

// parse reads header and table and checks their checksums; check covers the rest. Neither allocates more than the tables
// can hold, whatever the file claims.
func parse(r io.ReaderAt, size int64) (*layout, error) {
	header, start, err := parseHeader(r, size)
	if err != nil {
		return nil, err
	}
	if size < start+crcSize+int64(trailerSize) {
		return nil, damage(Truncated, "%d bytes are too few", size)
	}
	trailer, err := readAt(r, size-int64(trailerSize), trailerSize)
	if err != nil {
		return nil, err
	}
	tableSize, total := binary.LittleEndian.Uint64(trailer), binary.LittleEndian.Uint64(trailer[8:])
	if total != uint64(size) {
		return nil, damage(Truncated, "the file has %d bytes and does not end as one", size)
	}
	room := size - int64(trailerSize) - crcSize - start
	if tableSize > maxTable || int64(tableSize) > room {
		return nil, damage(Checksum, "table of %d bytes in a file of %d", tableSize, size)
	}
	table, err := readChecked(r, size-int64(trailerSize)-crcSize-int64(tableSize), int(tableSize), "table")
	if err != nil {
		return nil, err
	}
	l := &layout{header: header, size: size}
	if l.sections, err = parseTable(table, start, room-int64(tableSize)); err != nil {
		return nil, err
	}
	return l, nil
}

// parseHeader also returns where the data starts.
func parseHeader(r io.ReaderAt, size int64) (h Header, start int64, err error) {
	prefix, err := readAt(r, 0, int(min(size, int64(prefixSize)+4)))
	if err != nil {
		return h, 0, err
	}
	n := min(len(prefix), len(magic))
	if string(prefix[:n]) != magic[:n] {
		return h, 0, damage(Magic, "the file does not start as a checkpoint")
	}
	if len(prefix) < prefixSize+4 {
		return h, 0, damage(Truncated, "%d bytes are too few", size)
	}
	if crc32.Checksum(prefix[:prefixSize-crcSize], castagnoli) != binary.LittleEndian.Uint32(prefix[prefixSize-crcSize:]) {
		return h, 0, damage(Checksum, "version")
	}
	if v := binary.LittleEndian.Uint32(prefix[len(magic):]); v != formatVersion {
		return h, 0, &VersionError{Version: v}
	}
	length := int64(binary.LittleEndian.Uint32(prefix[prefixSize:]))
	switch {
	case length > maxHeader:
		return h, 0, damage(Checksum, "header of %d bytes", length)
	case int64(prefixSize)+4+length+crcSize > size:
		return h, 0, damage(Truncated, "header of %d bytes in a file of %d", length, size)
	}
	b, err := readChecked(r, int64(prefixSize), 4+int(length), "header")
	if err != nil {
		return h, 0, err
	}
	h, err = decodeHeader(b[4:])
	return h, int64(prefixSize) + 4 + length + crcSize, err
}

func decodeHeader(b []byte) (h Header, err error) {
	r := codec.NewReader(b)
	h.Stream = r.String()
	sec, nsec := r.Int(), r.Uint()
	h.Created = time.Unix(sec, int64(nsec%1e9)).UTC()
	for range r.Len(1) {
		h.Subjects = append(h.Subjects, r.String())
	}
	h.Seq = r.Uint()
	h.Anchor = readAnchor(r)
	h.Epoch = r.Uint()
	h.Floor = r.Uint()
	h.Lost = r.Uint()
	h.Known = readKnown(r)
	h.Fingerprint = r.String()
	h.KeyID = r.String()
	if err := r.Close(); err != nil {
		return h, damage(Malformed, "header: %w", err)
	}
	return h, nil
}

func readKnown(r *codec.Reader) (list []exporter.Known) {
	var k exporter.Known
	for range r.Len(knownSize) {
		last := k
		k.Seq, k.Count = last.Seq+r.Uint(), last.Count+r.Uint()
		k.Anchor = readAnchor(r)
		k.Time += last.Time
		if k.Count <= last.Count || k.Seq <= last.Seq {
			r.Fail()
			return nil
		}
		list = append(list, k)
	}
	return list
}

func readAnchor(r *codec.Reader) exporter.Anchor {
	return exporter.Anchor{Time: r.Int(), Hash: r.Word()}
}

func parseTable(b []byte, off, room int64) ([]place, error) {
	r := codec.NewReader(b)
	var list []place
	names := map[string]bool{}
	for range r.Len(4) {
		p := place{name: r.String(), version: r.Uint(), off: off}
		size := r.Uint()
		p.crc = uint32(r.Uint())
		if size > uint64(room) || names[p.name] {
			r.Fail()
			break
		}
		names[p.name] = true
		p.size = int64(size)
		off, room = off+p.size, room-p.size
		list = append(list, p)
	}
	if err := r.Close(); err != nil || room != 0 {
		return nil, damage(Malformed, "table: sections and file do not fit")
	}
	return list, nil
}

// check compares every byte with the checksums. The quick ones come first.
func (l *layout) check(r io.ReaderAt) error {
	buf := make([]byte, min(1<<18, l.size))
	for _, p := range l.sections {
		crc := crc32.New(castagnoli)
		if err := copyAt(crc, r, p.off, p.size, buf); err != nil {
			return err
		}
		if crc.Sum32() != p.crc {
			return damage(Checksum, "section %s", p.name)
		}
	}
	sha := sha256.New()
	if err := copyAt(sha, r, 0, l.size-sha256.Size, buf); err != nil {
		return err
	}
	want, err := readAt(r, l.size-sha256.Size, sha256.Size)
	if err != nil {
		return err
	}
	if !bytes.Equal(sha.Sum(nil), want) {
		return damage(Checksum, "digest")
	}
	return nil
}

// memory is a file in memory.
type memory []byte

func (m memory) ReadAt(p []byte, off int64) (int, error) {
	n := copy(p, m[min(off, int64(len(m))):])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func copyAt(w io.Writer, r io.ReaderAt, off, n int64, buf []byte) error {
	var part io.Reader = io.NewSectionReader(r, off, n)
	if m, ok := r.(memory); ok {
		part = bytes.NewReader(m[off : off+n]) // without copying
	}
	m, err := io.CopyBuffer(w, part, buf)
	if err == nil && m != n {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return damage(Unreadable, "%w", err)
	}
	return nil
}

func readAt(r io.ReaderAt, off int64, n int) ([]byte, error) {
	b := make([]byte, n)
	if m, err := r.ReadAt(b, off); m < n {
		return nil, damage(Unreadable, "%w", err)
	}
	return b, nil
}

func readChecked(r io.ReaderAt, off int64, n int, what string) ([]byte, error) {
	b, err := readAt(r, off, n+crcSize)
	if err != nil {
		return nil, err
	}
	if crc32.Checksum(b[:n], castagnoli) != binary.LittleEndian.Uint32(b[n:]) {
		return nil, damage(Checksum, "%s", what)
	}
	return b[:n], nil
}
