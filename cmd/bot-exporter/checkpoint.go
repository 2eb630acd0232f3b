package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
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

// checkpointArg is the storage path as serve knows it, unless another one or a file is given.
func checkpointArg(cmd *kingpin.CmdClause) *string {
	return cmd.Arg("path", "Storage path or checkpoint file. Default: BOT_EXPORTER_STORAGE_PATH, else data.").Envar("BOT_EXPORTER_STORAGE_PATH").Default("data").String()
}

func inspectCommand(app *kingpin.Application) (string, command) {
	cmd := checkpointClause(app).Command("inspect", "Print the contents of all checkpoints of a storage path, or of one file.")
	path := checkpointArg(cmd)
	return cmd.FullCommand(), func(_ context.Context, std stdio) (int, error) {
		return eachCheckpoint(*path, func(info storage.Info) { printCheckpoint(std.out, info) })
	}
}

func verifyCommand(app *kingpin.Application) (string, command) {
	cmd := checkpointClause(app).Command("verify", "Check that all checkpoints of a storage path, or one file, are intact. Exit code 1 if one is not.")
	path := checkpointArg(cmd)
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
	files := []string{path}
	at, err := os.Stat(path)
	switch {
	case err != nil:
		return 1, err
	case at.IsDir():
		dir := filepath.Join(path, "checkpoints")
		if files, err = storage.List(dir); errors.Is(err, fs.ErrNotExist) {
			return 1, fmt.Errorf("%s holds no checkpoints: there is no %s; give the --storage.path of the exporter, or one file", path, dir)
		}
		if err != nil {
			return 1, err
		}
		if len(files) == 0 {
			return 1, fmt.Errorf("%s holds no checkpoints: the exporter has written none yet", path)
		}
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
	if h.Stream == "" { // nothing of it can be read
		fmt.Fprintf(w, "%s\n  size       %d bytes\n  DAMAGED    %s\n", info.Path, info.Size, info.Err)
		return
	}
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
