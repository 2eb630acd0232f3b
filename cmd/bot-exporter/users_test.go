package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// persons publishes what ann, bob and cat do, and returns the broker's address, its connection and a storage of a daemon
// that has counted that and was stopped.
func persons(t *testing.T, flags ...string) (url string, nc *nats.Conn, dir string) {
	t.Helper()
	url, nc = broker(t)
	dir = t.TempDir()
	for i, user := range []string{"ann", "bob", "cat", "ann"} {
		says(t, nc, fmt.Sprint("1-", i), user, []string{"mobile", "desktop"}[i%2])
	}
	for range 2 { // generations
		d := serving(t, append(flags, "--nats.url="+url, "--storage.path="+dir)...)
		d.Ready()
		require.Equal(t, 3.0+1, d.value("bot_users_active", `window="30d"`), "ann has two devices")
		require.Equal(t, 0, d.End(syscall.SIGTERM))
		says(t, nc, fmt.Sprint("2-", len(checkpoints(t, dir))), "bob", "desktop")
	}
	return url, nc, dir
}

func says(t *testing.T, nc *nats.Conn, id, user, device string) {
	t.Helper()
	js, err := nc.JetStream()
	require.NoError(t, err)
	_, err = js.Publish("bot.events.x", []byte(`{"specversion":"1.0","id":"`+id+`","source":"/s","type":"bot.message.user","data":{"bot":"shop","channel":"web","chat":"`+
		user+device+`","user":"`+user+`","device":"`+device+`"}}`))
	require.NoError(t, err)
}

// totals drops the gauges of distinct users from a page of KPIs.
func totals(page string) string {
	var b strings.Builder
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, "bot_users_active{") && !strings.HasPrefix(line, "bot_users_cohort{") && !strings.HasPrefix(line, "bot_handover_users_active{") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func TestUsersErase(t *testing.T) {
	key := "--users.key-file=" + file(t, "users.key", "000102030405060708090a0b0c0d0e0f\n")
	url, _, dir := persons(t, key)
	storage := "--storage.path=" + dir
	d := serving(t, "--nats.url="+url, storage, key)
	d.Ready()
	before := d.kpis()
	code, _, text := ended(t, "ann\n", "users", "erase", storage, key, "--bot=shop")
	require.Equal(t, 1, code)
	require.Contains(t, text, "in use by another process")
	require.Equal(t, 0, d.End(syscall.SIGTERM))
	generations := len(checkpoints(t, dir))
	require.Greater(t, generations, 1)

	for name, v := range map[string]struct {
		stdin, says string
		args        []string
	}{
		"nobody":          {"dan\n", "no such user", []string{storage, key, "--bot=shop"}},
		"another bot":     {"ann\n", "no such user", []string{storage, key, "--bot=bank"}},
		"another channel": {"ann\n", "no such user", []string{storage, key, "--bot=shop", "--channel=voice"}},
		"no id":           {"\n\n", "no user id given", []string{storage, key, "--bot=shop"}},
		"another key":     {"ann\n", "key id is", []string{storage, "--bot=shop", "--users.key-file=" + file(t, "k", "ffffffffffffffffffffffffffffff00")}},
		"no key":          {"ann\n", "users key", []string{storage, "--bot=shop"}},
		"another zone":    {"ann\n", "time.zone is Asia/Tokyo", []string{storage, key, "--bot=shop", "--time.zone=Asia/Tokyo"}},
		"no storage":      {"ann\n", "no such file", []string{"--storage.path=" + filepath.Join(dir, "nothing"), key, "--bot=shop"}},
		"no file":         {"ann\n", "no such file", []string{storage, key, "--bot=shop", "--user-file=/nothing"}},
	} {
		code, out, text := ended(t, v.stdin, append([]string{"users", "erase"}, v.args...)...)
		require.Equal(t, 1, code, name)
		require.Empty(t, out)
		require.Contains(t, text, v.says, name)
		require.NotContains(t, text, "ann\n")
	}
	require.NoDirExists(t, filepath.Join(dir, "nothing"))
	require.Len(t, checkpoints(t, dir), generations, "nothing changed")

	code, out, text := ended(t, "ann\r\n\ncat\n", "users", "erase", storage, key, "--bot=shop")
	require.Equal(t, 0, code, text)
	require.Equal(t, "erased 3 users (one per device and browser), 2 persons with their last device and browser, 3 message counts of today, and the user of 3 open chats\n", out)
	require.Len(t, checkpoints(t, dir), 1)
	code, _, text = ended(t, "", "users", "erase", storage, key, "--bot=shop", "--user-file="+file(t, "ids", "ann"))
	require.Equal(t, 1, code)
	require.Contains(t, text, "no such user")
	code, _, text = ended(t, "", "checkpoint", "verify", dir)
	require.Equal(t, 0, code, text)

	d = serving(t, "--nats.url="+url, storage, key)
	d.Ready()
	require.Equal(t, totals(before), totals(d.kpis()))
	require.Equal(t, 1.0, d.value("bot_users_active", `window="30d"`), "bob")
	require.Equal(t, 0, d.End(syscall.SIGTERM))
}

// A new key costs the distinct users, and no total.
func TestUsersRekey(t *testing.T) {
	url, nc, dir := persons(t)
	storage, own := "--storage.path="+dir, filepath.Join(dir, "checkpoints", "users.key")
	d := serving(t, "--nats.url="+url, storage)
	d.Ready()
	before := d.kpis()
	require.Equal(t, 0, d.End(syscall.SIGTERM))
	old, err := os.ReadFile(own)
	require.NoError(t, err)

	code, _, text := ended(t, "", "users", "rekey", storage, "--time.zone=Asia/Tokyo")
	require.Equal(t, 1, code)
	require.Contains(t, text, "time.zone is Asia/Tokyo")
	same, err := os.ReadFile(own)
	require.NoError(t, err)
	require.Equal(t, old, same, "nothing changed")

	started := valueIn(before, "bot_chats_started_total")
	for i, flags := range [][]string{nil, {"--users.key-file=" + file(t, "k", "0123456789abcdef0123456789abcdef")}} {
		code, out, text := ended(t, "", append([]string{"users", "rekey", storage}, flags...)...)
		require.Equal(t, 0, code, text)
		require.Contains(t, out, "the old pseudonyms are discarded")
		require.Len(t, checkpoints(t, dir), 1)
		if flags != nil {
			code, _, text = ended(t, "", append([]string{"users", "rekey", storage}, flags...)...)
			require.Equal(t, 1, code)
			require.Contains(t, text, "already")
		}
		d = serving(t, append(flags, "--nats.url="+url, storage)...)
		d.Ready()
		require.Equal(t, totals(before), totals(d.kpis()))
		require.Zero(t, d.value("bot_users_active", `window="30d"`))
		says(t, nc, fmt.Sprint("3-", i), "bob", "desktop")
		d.Until("bob is counted", func() bool { return d.value("bot_users_active", `window="30d"`) == 1 })
		require.Equal(t, started+1, d.value("bot_chats_started_total"), "the chat of before is another one")
		started++
		before = d.kpis()
		require.Equal(t, 0, d.End(syscall.SIGTERM))
	}
	now, err := os.ReadFile(own)
	require.NoError(t, err)
	require.NotEqual(t, old, now)
	code, _, text = ended(t, "", "serve", "--nats.url="+url, storage, "--web.listen-address=127.0.0.1:0")
	require.Equal(t, 1, code)
	require.Contains(t, text, "bot-exporter users rekey")
}
