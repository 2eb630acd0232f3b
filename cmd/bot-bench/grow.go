package main

import (
	"context"
	"fmt"
	"os"

	"github.com/alecthomas/kingpin/v2"
)

func growCommand(app *kingpin.Application) (string, command) {
	cmd := app.Command("grow", "How cost grows with events, users, open chats and series; all in process.")
	events := cmd.Flag("events", "Numbers of events.").Default("100000", "1000000", "10000000").Ints()
	users := cmd.Flag("users", "Numbers of users.").Default("10000", "100000", "1000000", "10000000").Ints()
	chats := cmd.Flag("chats", "Numbers of open chats.").Default("10000", "100000", "1000000").Ints()
	series := cmd.Flag("series", "Numbers of series, about.").Default("1000", "10000", "100000").Ints()
	svg := cmd.Flag("svg", "File for a drawing of the tables.").String()
	return cmd.FullCommand(), func(ctx context.Context) error {
		now := noteConditions(ctx)
		folded := foldTable(*events)
		state, err := stateTables(*users, *chats)
		if err != nil {
			return err
		}
		scraped, err := scrapeTable(ctx, *series)
		if err != nil {
			return err
		}
		text := fmt.Sprintf("%s\n\n### Events\n\nDecoded and folded, made-up traffic of two bots.\n\n%s\n### Users\n\n%s\n### Open chats\n\n%s\n### Series\n\nOne scrape, not compressed.\n\n%s",
			now, folded, state[0], state[1], scraped)
		if *svg != "" {
			if err := os.WriteFile(*svg, []byte(growthChart(folded, state[0], state[1], scraped)), 0o644); err != nil {
				return err
			}
		}
		return output("grow", text)
	}
}

func growthChart(folded, users, chats, scraped table) string {
	return chart([]panel{
		{"Time to fold events", "events", "s", []curve{folded.curve("CPU s", "CPU"), folded.curve("s", "wall")}},
		{"Memory of users and open chats", "users, open chats", "MiB", []curve{users.curve("MiB", "users"), chats.curve("MiB", "open chats")}},
		{"Checkpoint of users", "users", "ms", []curve{users.curve("read ms", "read"), users.curve("write ms", "write"), users.curve("freeze ms", "fold stands still")}},
		{"One scrape", "series", "ms", []curve{scraped.curve("OpenMetrics ms", "OpenMetrics"), scraped.curve("text ms", "text"), scraped.curve("protobuf ms", "protobuf")}},
	})
}
