package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/config"
)

func healthCommand(app *kingpin.Application) (string, command) {
	const usual = "http://127.0.0.1:9850"
	cmd := app.Command("health", "Check that a running exporter is ready, for containers without other tools. Exit code 1 if it is not.")
	address := cmd.Arg("url", "Address of the exporter, or a whole URL to check; without a path it is /-/ready. Default: "+usual+". Any status but 200 is a failure.").Default(usual).String()
	file := cmd.Flag("http.config.file", "HTTP client configuration as of Prometheus: tls_config with ca_file, cert_file, key_file and server_name, basic_auth. Empty for none.").String()
	timeout := cmd.Flag("timeout", "How long to wait for an answer.").Default("3s").Duration()
	return cmd.FullCommand(), func(ctx context.Context, std stdio) (int, error) {
		to, err := url.Parse(*address)
		if err != nil || to.Host == "" {
			return 2, fmt.Errorf("%q is no URL; it must look like %s", *address, usual)
		}
		if to.Path == "" || to.Path == "/" {
			to.Path = "/-/ready"
		}
		client, err := httpClient(*file)
		if err != nil {
			return 2, err
		}
		return 0, health(ctx, client, to.String(), *timeout, std.out)
	}
}

// httpClient returns a client as a file says; without one, the usual.
func httpClient(file string) (*http.Client, error) {
	if file == "" {
		return http.DefaultClient, nil
	}
	cfg, _, err := config.LoadHTTPConfigFile(file)
	if err != nil {
		return nil, fmt.Errorf("--http.config.file=%s is no HTTP client configuration, such as tls_config: {ca_file: ca.pem}; the server's web configuration is another file: %w", file, err)
	}
	cfg.SetDirectory("") // paths are from the working directory
	client, err := config.NewClientFromConfig(*cfg, "health")
	if err != nil {
		return nil, fmt.Errorf("--http.config.file: %w", err)
	}
	return client, nil
}

func health(ctx context.Context, client *http.Client, address string, timeout time.Duration, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
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
