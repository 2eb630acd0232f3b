package main

import (
	"context"
	"fmt"
	"time"
)

const (
	drillInterval = "5s"
	drillQuiet    = 45 * time.Second // good traffic before, in which no alert may fire
	drillTimeout  = 4 * time.Minute  // for alerts to fire, and to resolve
)

// simulate replaces the traffic there is.
func (p *picture) simulate(kind string) error {
	if old := p.named["simulate"]; old != nil {
		p.end("simulate", old)
	}
	args := []string{"simulate", "--nats.url=nats://" + p.nats}
	if p.drill {
		// A steady rate from the middle of a working day, whatever the time is here: many chats a second, each of them
		// over in seconds.
		args = append(args, "--rate=200", "--start=2026-01-06T10:00:00Z", "--seed="+fmt.Sprint(len(p.ends)))
	} else {
		args = append(args, "--chats-per-hour=3600")
	}
	if kind == "bad" {
		args = append(args, "--handover-share=0.8", "--csat-mean=1.8")
	}
	return p.start("simulate", p.program, args...)
}

// wanted are the alerts that bad traffic must raise, for both assistants on their busiest channel.
var wanted = []alert{
	{name: "BotCSATLow", bot: "bank", channel: "web"},
	{name: "BotCSATLow", bot: "shop", channel: "web"},
	{name: "BotHandoverRateHigh", bot: "bank", channel: "web", window: "1m"},
	{name: "BotHandoverRateHigh", bot: "shop", channel: "web", window: "1m"},
}

func (p *picture) alertDrill(ctx context.Context) error {
	begin := time.Now()
	fmt.Printf("\ngood traffic: no alert may fire in %s\n", drillQuiet)
	quiet := time.After(drillQuiet)
	for done := false; !done; {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-quiet:
			done = true
		case <-time.After(time.Second):
		}
		if list := p.sink.alerts(); len(list) > 0 {
			return fmt.Errorf("fires though all is well: %v", list)
		}
	}

	fmt.Println("\nbad traffic: 80% of chats ask for a human, CSAT 1.8")
	if err := p.simulate("bad"); err != nil {
		return err
	}
	if err := p.eventually(ctx, drillTimeout, "the right alerts fire", p.rightAlerts); err != nil {
		return err
	}

	fmt.Println("\ngood traffic again")
	if err := p.simulate("good"); err != nil {
		return err
	}
	if err := p.eventually(ctx, drillTimeout, "all alerts are resolved", p.noAlerts); err != nil {
		return err
	}
	fmt.Printf("\ndrill passed in %s\n", time.Since(begin).Round(time.Second))
	return nil
}

// rightAlerts wants all of the wanted alerts, and none of another name.
func (p *picture) rightAlerts(context.Context) error {
	list := p.sink.alerts()
	firing, names := map[alert]bool{}, map[string]bool{}
	for _, a := range wanted {
		names[a.name] = true
	}
	for _, a := range list {
		firing[a] = true
		if !names[a.name] {
			return fmt.Errorf("%s fires, too", a)
		}
	}
	for _, a := range wanted {
		if !firing[a] {
			return fmt.Errorf("%s does not fire; %v do", a, list)
		}
	}
	return nil
}

func (p *picture) noAlerts(context.Context) error {
	if list := p.sink.alerts(); len(list) > 0 {
		return fmt.Errorf("still firing: %v", list)
	}
	return nil
}
