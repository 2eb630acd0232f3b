package storage

import (
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"slices"
)

var (
	Decode    = decode
	Encode    = encode
	CreateKey = createKey
)

const (
	FormatVersion = formatVersion

	PrefixSize  = prefixSize
	TrailerSize = trailerSize
)

// Seal makes a file of parts that need not make sense, with right checksums.
func Seal(version uint32, header, data, table []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(magic), version)
	b = appendCRC(b, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(header)))
	b = append(b, header...)
	b = appendCRC(b, prefixSize)
	b = append(b, data...)
	b = append(b, table...)
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(table, castagnoli))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(table)))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(b)+8+sha256.Size))
	return Digest(append(b, make([]byte, sha256.Size)...))
}

// Digest makes the digest of a file right again.
func Digest(b []byte) []byte {
	body := b[:len(b)-sha256.Size]
	sum := sha256.Sum256(body)
	return append(body, sum[:]...)
}

// Parts takes a whole file apart for Seal.
func Parts(b []byte) (header, data, table []byte) {
	start := prefixSize + 4 + int(binary.LittleEndian.Uint32(b[prefixSize:]))
	end := len(b) - trailerSize - crcSize
	from := end - int(binary.LittleEndian.Uint64(b[len(b)-trailerSize:]))
	return slices.Clone(b[prefixSize+4 : start]), slices.Clone(b[start+crcSize : from]), slices.Clone(b[from:end])
}
