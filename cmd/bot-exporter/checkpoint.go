package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/bot-exporter/bot-exporter/exporter/storage"
)

func checkpointClause(app *kingpin.Application) *kingpin.CmdClause {
	if cmd := app.GetCommand("checkpoint"); cmd != nil {
		return cmd
	}
	return app.Command("checkpoint", "Inspect, verify or restore checkpoints.")
}

func inspectCommand(app *kingpin.Application) (string, command) {
	cmd := checkpointClause(app).Command("inspect", "Print the contents of all checkpoints of a storage path, or of one file.")
	path := cmd.Arg("path", "Storage path or checkpoint file.").Default("data").String()
	return cmd.FullCommand(), func(_ context.Context, std stdio) (int, error) {
		return eachCheckpoint(*path, func(info storage.Info) { printCheckpoint(std.out, info) })
	}
}

func verifyCommand(app *kingpin.Application) (string, command) {
	cmd := checkpointClause(app).Command("verify", "Check that all checkpoints of a storage path, or one file, are intact. Exit code 1 if one is not.")
	path := cmd.Arg("path", "Storage path or checkpoint file.").Default("data").String()
	return cmd.FullCommand(), func(_ context.Context, std stdio) (int, error) {
		return eachCheckpoint(*path, func(info storage.Info) {
			if info.Err != nil {
				fmt.Fprintf(std.out, "%s: %s\n", info.Path, info.Err)
			} else {
				fmt.Fprintf(std.out, "%s: intact\n", info.Path)
			}
		})
	}
}

func restoreCommand(app *kingpin.Application) (string, command) {
	cmd := checkpointClause(app).Command("restore", "Make a checkpoint file the newest of a storage path. The next start continues from it.")
	file := cmd.Arg("file", "Checkpoint file.").Required().String()
	dir := cmd.Flag("storage.path", "Directory of the exporter's state. The exporter must be stopped.").Default("data").String()
	return cmd.FullCommand(), func(_ context.Context, std stdio) (int, error) {
		made, err := storage.Restore(filepath.Join(*dir, "checkpoints"), *file)
		if err != nil {
			return 1, err
		}
		fmt.Fprintln(std.out, made)
		return 0, nil
	}
}

func eachCheckpoint(path string, f func(storage.Info)) (int, error) {
	files, err := storage.List(filepath.Join(path, "checkpoints"))
	if err != nil {
		files = []string{path}
	} else if len(files) == 0 {
		return 1, errors.New("no checkpoint in " + path)
	}
	code := 0
	for _, file := range files {
		info, err := storage.Inspect(file)
		if err != nil {
			code = 1
		}
		f(info)
	}
	return code, nil
}

func printCheckpoint(w io.Writer, info storage.Info) {
	var version *storage.VersionError
	if errors.As(info.Err, &version) { // it may be intact, but this program cannot read it
		fmt.Fprintf(w, "%s\n  size       %d bytes, format %d\n  UNKNOWN    %s\n", info.Path, info.Size, info.Version, info.Err)
		return
	}
	h := info.Header
	fmt.Fprintf(w, "%s\n  size       %d bytes, format %d\n  stream     %s, created %s, epoch %d\n  sequence   %d, stored %s\n  key id     %s\n",
		info.Path, info.Size, info.Version, h.Stream, h.Created.Format(time.RFC3339Nano), h.Epoch,
		h.Seq, time.Unix(0, h.Anchor.Time).UTC().Format(time.RFC3339Nano), h.KeyID)
	for _, s := range info.Sections {
		fmt.Fprintf(w, "  section    %-20s version %d, %d bytes\n", s.Name, s.Version, s.Size)
	}
	if info.Err != nil {
		fmt.Fprintf(w, "  DAMAGED    %s\n", info.Err)
	}
}
