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
	return app.Command("users", "Take users out of the checkpoints, or change the key of their pseudonyms. The exporter must be stopped.")
}

// stoppedFlags say where an exporter that does not run keeps its state, and how it was configured.
type stoppedFlags struct {
	fold             *foldFlags
	storage, keyFile *string
}

func addStoppedFlags(c clause) *stoppedFlags {
	return &stoppedFlags{
		fold:    addFoldFlags(c),
		storage: c.Flag("storage.path", "Directory that the exporter keeps its state in; it must not be running.").Default("data").String(),
		keyFile: c.Flag("users.key-file", "File with the key of the users' pseudonyms; that in the storage when not given.").String(),
	}
}

func (f *stoppedFlags) dir() string { return filepath.Join(*f.storage, "checkpoints") }

// with opens the storage for f.
func (f *stoppedFlags) with(std stdio, do func(exporter.Config, *storage.Store) error) (err error) {
	cfg, err := f.fold.config()
	if err != nil {
		return err
	}
	if _, err := os.Stat(f.dir()); err != nil { // it would be made
		return err
	}
	say := func(err error) { fmt.Fprintf(std.err, "bot-exporter: %s\n", err) }
	store, err := storage.Open(storage.Config{Dir: f.dir(), Rejected: func(e *storage.DamageError) { say(e) }, Warn: say})
	if err != nil {
		return err
	}
	defer closing(&err, store.Close)
	return do(cfg, store)
}

func eraseCommand(app *kingpin.Application) (string, command) {
	cmd := usersClause(app).Command("erase", "Take users out of the checkpoints, on all their devices and browsers. Totals stay. Exit code 1 when none is found.")
	stopped := addStoppedFlags(cmd)
	bot := cmd.Flag("bot", "Bot, as its events say.").Required().String()
	channels := cmd.Flag("channel", "Channel, as the events say; repeatable. All that were seen when not given.").Strings()
	ids := cmd.Flag("user-file", "File with the ids of the users, one in a line; - is standard input. Arguments of a program can be seen by others.").Default("-").String()
	return cmd.FullCommand(), func(_ context.Context, std stdio) (int, error) {
		var persons []exporter.Person
		err := reading(*ids, std.in, func(r io.Reader) error {
			lines := bufio.NewScanner(r)
			for lines.Scan() {
				if lines.Text() != "" {
					persons = append(persons, exporter.Person{Bot: *bot, Channels: *channels, User: lines.Text()})
				}
			}
			return lines.Err()
		})
		if err == nil && len(persons) == 0 {
			err = errors.New("no user id is given")
		}
		if err != nil {
			return 1, err
		}
		return 0, stopped.with(std, func(cfg exporter.Config, store *storage.Store) (err error) {
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
				fmt.Fprintf(std.out, "erased %d users, each on one device and browser; %d persons with what was last named for them; %d counts of messages of the day; the user of %d open chats\n",
					erased.Users, erased.Persons, erased.Days, erased.Chats)
			} else if err == nil {
				err = errors.New("no such user is in the checkpoints")
			}
			return err
		})
	}
}

func rekeyCommand(app *kingpin.Application) (string, command) {
	cmd := usersClause(app).Command("rekey", "Go on under another key: forget all pseudonyms and keep all totals. Without --users.key-file a new key is made in the storage.")
	stopped := addStoppedFlags(cmd)
	return cmd.FullCommand(), func(_ context.Context, std stdio) (int, error) {
		return 0, stopped.with(std, func(cfg exporter.Config, store *storage.Store) error {
			id, err := exporter.Rekey(cfg, store, func() ([16]byte, string, error) {
				if *stopped.keyFile != "" {
					return storage.LoadKey(*stopped.keyFile)
				}
				return storage.ReplaceKey(stopped.dir())
			})
			if err == nil {
				fmt.Fprintf(std.out, "the key is %s; the pseudonyms before are forgotten\n", id)
			}
			return err
		})
	}
}
