package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

func get(ctx context.Context, url string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", response.Status, body)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(body, into)
}

func (p *picture) ready(ctx context.Context) error {
	return get(ctx, "http://"+p.exporter+"/-/ready", nil)
}

func (p *picture) targetsUp(ctx context.Context) error {
	var answer struct {
		Data struct {
			ActiveTargets []struct {
				ScrapePool, Health, LastError string
			}
		}
	}
	if err := get(ctx, "http://"+p.prometheus+"/api/v1/targets?state=active", &answer); err != nil {
		return err
	}
	if len(answer.Data.ActiveTargets) != 3 {
		return fmt.Errorf("%d targets instead of exporter, Prometheus and Alertmanager", len(answer.Data.ActiveTargets))
	}
	for _, t := range answer.Data.ActiveTargets {
		if t.Health != "up" {
			return fmt.Errorf("%s is %s: %s", t.ScrapePool, t.Health, t.LastError)
		}
	}
	return nil
}

func (p *picture) rulesHealthy(ctx context.Context) error {
	var answer struct {
		Data struct {
			Groups []struct {
				Name  string
				Rules []struct {
					Name, Health, LastError string
				}
			}
		}
	}
	if err := get(ctx, "http://"+p.prometheus+"/api/v1/rules", &answer); err != nil {
		return err
	}
	rules := 0
	for _, g := range answer.Data.Groups {
		for _, r := range g.Rules {
			rules++
			if r.Health != "ok" {
				return fmt.Errorf("rule %s of %s is %s: %s", r.Name, g.Name, r.Health, r.LastError)
			}
		}
	}
	if rules == 0 {
		return errors.New("no rules in Prometheus")
	}
	return nil
}
