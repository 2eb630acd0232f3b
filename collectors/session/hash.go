package session

import (
	"encoding/binary"

	"github.com/dchest/siphash"

	"github.com/bot-exporter/bot-exporter/collectors/table"
)

// hasher turns personal ids into keyed 128-bit hashes (SipHash-2-4). Nobody without the key can tell which id a hash
// stands for, nor make two ids collide.
type hasher struct {
	key [16]byte
	buf []byte
}

func (h *hasher) keys() (k0, k1 uint64) {
	return binary.LittleEndian.Uint64(h.key[:8]), binary.LittleEndian.Uint64(h.key[8:])
}

// of hashes strings of one domain. Lengths go in before the strings: ("ab", "c") is not ("a", "bc").
func (h *hasher) of(domain byte, parts ...string) table.Key {
	h.buf = append(h.buf[:0], domain)
	for _, p := range parts {
		h.buf = binary.AppendUvarint(h.buf, uint64(len(p)))
		h.buf = append(h.buf, p...)
	}
	return h.sum()
}

func (h *hasher) sum() table.Key {
	k0, k1 := h.keys()
	hi, lo := siphash.Hash128(k0, k1, h.buf)
	if hi == 0 && lo == 0 {
		lo = 1 // the zero key stands for no entry
	}
	return table.Key{Hi: hi, Lo: lo}
}

// again is the hash of a hash that was made with another key.
func (h *hasher) again(k uint64) uint64 {
	h.buf = append(h.buf[:0], 'a')
	h.buf = binary.LittleEndian.AppendUint64(h.buf, k)
	return h.sum().Hi
}

// message is the hash of a message of a chat.
func (h *hasher) message(chat uint64, id string) uint64 {
	h.buf = append(h.buf[:0], 'm')
	h.buf = binary.LittleEndian.AppendUint64(h.buf, chat)
	h.buf = append(h.buf, id...)
	return h.sum().Hi
}

// identity is the user on one device and browser.
func (h *hasher) identity(user table.Key, device, browser label) table.Key {
	h.buf = append(h.buf[:0], 'i')
	h.buf = binary.LittleEndian.AppendUint64(h.buf, user.Hi)
	h.buf = binary.LittleEndian.AppendUint64(h.buf, user.Lo)
	h.buf = binary.LittleEndian.AppendUint16(h.buf, uint16(device))
	h.buf = binary.LittleEndian.AppendUint16(h.buf, uint16(browser))
	return h.sum()
}
