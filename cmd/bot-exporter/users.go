package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bot-exporter/bot-exporter/exporter"
	"github.com/bot-exporter/bot-exporter/exporter/storage"
)

func usersClause(app *kingpin.Application) *kingpin.CmdClause {
	if cmd := app.GetCommand("users"); cmd != nil {
		return cmd
	}
	return app.Command("users", "Erase users from the checkpoints, or change the key of their pseudonyms. The exporter must be stopped.")
}

// stoppedFlags locate the state of a stopped exporter and repeat its configuration.
type stoppedFlags struct {
	fold             *foldFlags
	storage, keyFile *string
}

func addStoppedFlags(c clause) *stoppedFlags {
	return &stoppedFlags{
		fold:    addFoldFlags(c),
		storage: c.Flag("storage.path", "Directory of the exporter's state. The exporter must be stopped.").Default("data").String(),
		keyFile: c.Flag("users.key-file", "File with the key of the users' pseudonyms. Without it, the key in the storage is used.").String(),
	}
}

func (f *stoppedFlags) dir() string { return filepath.Join(*f.storage, "checkpoints") }

// withStore calls do with the configuration and the open storage.
func (f *stoppedFlags) withStore(std stdio, do func(exporter.Config, *storage.Store) error) (err error) {
	cfg, err := f.fold.config()
	if err != nil {
		return err
	}
	if _, err := os.Stat(f.dir()); err != nil { // storage.Open would create it
		return err
	}
	warn := func(err error) { fmt.Fprintf(std.err, "bot-exporter: %s\n", err) }
	store, err := storage.Open(storage.Config{Dir: f.dir(), Rejected: func(e *storage.DamageError) { warn(e) }, Warn: warn})
	if err != nil {
		return err
	}
	defer joinError(&err, store.Close)
	return do(cfg, store)
}

func eraseCommand(app *kingpin.Application) (string, command) {
	cmd := usersClause(app).Command("erase", "Erase users from the checkpoints, on all their devices and browsers. Totals stay. Exit code 1 if none is found.")
	stopped := addStoppedFlags(cmd)
	bot := cmd.Flag("bot", "Bot, as named in events.").Required().String()
	channels := cmd.Flag("channel", "Channel, as named in events; repeatable. Default: every channel seen.").Strings()
	ids := cmd.Flag("user-file", "File with the user ids, one per line; - is standard input. Other users of the machine could see ids given as arguments.").Default("-").String()
	return cmd.FullCommand(), func(_ context.Context, std stdio) (int, error) {
		var persons []exporter.Person
		err := withInput(*ids, std.in, func(r io.Reader) error {
			lines := bufio.NewScanner(r)
			for lines.Scan() {
				if lines.Text() != "" {
					persons = append(persons, exporter.Person{Bot: *bot, Channels: *channels, User: lines.Text()})
				}
			}
			return lines.Err()
		})
		if err == nil && len(persons) == 0 {
			err = errors.New("no user id given; write one per line to --user-file or standard input")
		}
		if err != nil {
			return 1, err
		}
		return 0, stopped.withStore(std, func(cfg exporter.Config, store *storage.Store) (err error) {
			load := storage.StoredKey
			path := stopped.dir()
			if *stopped.keyFile != "" {
				load, path = storage.LoadKey, *stopped.keyFile
			}
			if cfg.KPIs.Session.Key, cfg.KeyID, err = load(path); err != nil {
				return err
			}
			erased, err := exporter.Erase(cfg, store, persons)
			if erased.Any() {
				fmt.Fprintf(std.out, "erased %d users (one per device and browser), %d persons with their last device and browser, %d message counts of today, and the user of %d open chats\n",
					erased.Users, erased.Persons, erased.Days, erased.Chats)
			} else if err == nil {
				err = errors.New("no such user in the checkpoints; check --bot, --channel and the ids")
			}
			return err
		})
	}
}

func rekeyCommand(app *kingpin.Application) (string, command) {
	cmd := usersClause(app).Command("rekey", "Switch to another key: discard all pseudonyms and keep all totals. Without --users.key-file, a new key is created in the storage.")
	stopped := addStoppedFlags(cmd)
	return cmd.FullCommand(), func(_ context.Context, std stdio) (int, error) {
		return 0, stopped.withStore(std, func(cfg exporter.Config, store *storage.Store) error {
			id, err := exporter.Rekey(cfg, store, func() ([16]byte, string, error) {
				if *stopped.keyFile != "" {
					return storage.LoadKey(*stopped.keyFile)
				}
				return storage.ReplaceKey(stopped.dir())
			})
			if err == nil {
				fmt.Fprintf(std.out, "the key is now %s; the old pseudonyms are discarded\n", id)
			}
			return err
		})
	}
}
