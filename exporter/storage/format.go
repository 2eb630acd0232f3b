package storage

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/crc32"
	"io"

	"github.com/bot-exporter/bot-exporter/collectors/codec"
	"github.com/bot-exporter/bot-exporter/exporter"
)

// A file, all numbers little-endian:
//
//	magic     8 bytes
//	version   4 bytes, of the format
//	checksum  4 bytes, CRC32C of the 12 before: what lies here is the same in every version
//	length    4 bytes, of the header
//	header    stream, created, subjects, sequence, anchor, epoch, floor, lost, known messages, fingerprint, key id
//	checksum  4 bytes, CRC32C of length and header
//	data      of the sections, one after the other
//	table     of the sections: name, version, length, CRC32C
//	checksum  4 bytes, CRC32C of the table
//	length    8 bytes, of the table
//	length    8 bytes, of the whole file
//	digest    32 bytes, SHA-256 of everything before it
//
// The table comes last since a section's length is known only once it is written.
const (
	magic         = "BOTXSNAP"
	formatVersion = 2

	prefixSize  = len(magic) + 4 + 4
	crcSize     = 4
	trailerSize = 8 + 8 + sha256.Size

	maxHeader = 1 << 20
	maxTable  = 1 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Header is what a checkpoint says of itself.
type Header struct {
	exporter.Position
	Fingerprint string // of the configuration that decides about the numbers
	KeyID       string // of the key of the pseudonyms
	Known       []exporter.Known
	Floor       uint64 // sequence below which nothing may be shown
	Lost        uint64 // messages that the broker lost after they were counted or shown
}

func headerOf(c *exporter.Checkpoint) Header {
	return Header{c.Position, c.Fingerprint, c.KeyID, c.Known, c.Floor, c.Lost}
}

const knownSize = 3 + 8 // bytes of a known message at least

// sumWriter counts and digests what goes through it.
type sumWriter struct {
	w   io.Writer
	n   uint64
	crc uint32
	sha hash.Hash
}

func (s *sumWriter) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := s.w.Write(p)
	if n != len(p) && err == nil {
		err = io.ErrShortWrite
	}
	if err != nil {
		return n, err
	}
	s.n += uint64(n)
	s.crc = crc32.Update(s.crc, castagnoli, p)
	s.sha.Write(p)
	return n, nil
}

// encode streams a checkpoint, and holds no more of it than a codec.Writer's buffer.
func encode(w io.Writer, c *exporter.Checkpoint) error {
	out := &sumWriter{w: w, sha: sha256.New()}
	header := encodeHeader(headerOf(c))
	if len(header) > maxHeader {
		return fmt.Errorf("header of %d bytes, %d at most", len(header), maxHeader)
	}
	if _, err := out.Write(header); err != nil {
		return err
	}
	table := codec.NewWriter(nil)
	table.Uint(uint64(len(c.Sections)))
	names := map[string]bool{}
	for _, s := range c.Sections {
		if names[s.Name] {
			panic("BUG: two sections are named " + s.Name)
		}
		names[s.Name] = true
		start := out.n
		out.crc = 0
		to := codec.NewWriter(out)
		s.Write(to)
		if err := to.Flush(); err != nil {
			return fmt.Errorf("section %s: %w", s.Name, err)
		}
		table.String(s.Name)
		table.Uint(s.Version)
		table.Uint(out.n - start)
		table.Uint(uint64(out.crc))
	}
	if len(table.Bytes()) > maxTable {
		return fmt.Errorf("table of %d bytes, %d at most", len(table.Bytes()), maxTable)
	}
	end := appendCRC(table.Bytes(), 0)
	end = binary.LittleEndian.AppendUint64(end, uint64(len(end)-crcSize))
	end = binary.LittleEndian.AppendUint64(end, out.n+uint64(len(end))+8+sha256.Size)
	if _, err := out.Write(end); err != nil {
		return err
	}
	_, err := out.Write(out.sha.Sum(nil))
	return err
}

func encodeHeader(h Header) []byte {
	fields := codec.NewWriter(nil)
	fields.String(h.Stream)
	fields.Int(h.Created.Unix()) // not UnixNano, which has no room for the zero time
	fields.Uint(uint64(h.Created.Nanosecond()))
	fields.Uint(uint64(len(h.Subjects)))
	for _, s := range h.Subjects {
		fields.String(s)
	}
	fields.Uint(h.Seq)
	writeAnchor(fields, h.Anchor)
	fields.Uint(h.Epoch)
	fields.Uint(h.Floor)
	fields.Uint(h.Lost)
	fields.Uint(uint64(len(h.Known)))
	for i, k := range h.Known { // as differences from the one before, which are small
		var last exporter.Known
		if i > 0 {
			last = h.Known[i-1]
		}
		fields.Uint(k.Seq - last.Seq)
		fields.Uint(k.Count - last.Count)
		writeAnchor(fields, exporter.Anchor{Time: k.Time - last.Time, Hash: k.Hash})
	}
	fields.String(h.Fingerprint)
	fields.String(h.KeyID)

	b := []byte(magic)
	b = binary.LittleEndian.AppendUint32(b, formatVersion)
	b = appendCRC(b, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(fields.Bytes())))
	b = append(b, fields.Bytes()...)
	return appendCRC(b, prefixSize)
}

// writeAnchor writes the hash at full width: as a varint most would be longer.
func writeAnchor(w *codec.Writer, a exporter.Anchor) {
	w.Int(a.Time)
	w.Word(a.Hash)
}

func appendCRC(b []byte, from int) []byte {
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[from:], castagnoli))
}
