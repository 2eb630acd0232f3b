package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/alecthomas/kingpin/v2"
)

func healthCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("health", "Check that a running exporter is ready, for containers without other tools. Exit code 1 if it is not.")
	url := cmd.Arg("url", "URL to check. Any status but 200 is a failure.").Default("http://127.0.0.1:9850/-/ready").String()
	timeout := cmd.Flag("timeout", "How long to wait for an answer.").Default("3s").Duration()
	return cmd.FullCommand(), func(ctx context.Context, std stdio) (int, error) {
		return 0, health(ctx, *url, *timeout, std.out)
	}
}

func health(ctx context.Context, url string, timeout time.Duration, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 4<<10))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", response.Status, text)
	}
	_, err = out.Write(text)
	return err
}
