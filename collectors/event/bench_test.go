package event

import "testing"

const typical = `{"specversion":"1.0","id":"0000000000000006-cca32abe","source":"/bots/bot-016","type":"bot.message.bot","subject":"chat/768543","time":"2026-03-01T00:00:00.003557Z","datacontenttype":"application/json","data":{"bot":"bot-016","channel":"telegram","chat":"c-0000768543","user":"u-0000256181","device":"tablet","browser":"chrome","message":"m-709bf33b20ab561c","reviewable":true,"agent":{"id":"agent-017"}}}`

func BenchmarkDecode(b *testing.B) {
	d := NewDecoder(Config{})
	var e Event
	p := []byte(typical)
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Decode(nil, p, &e); err != nil {
			b.Fatal(err)
		}
	}
}
