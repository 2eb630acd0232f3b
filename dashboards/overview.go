package dashboards

const overviewUID = "bot-overview"

// overviewBoard shows whether all is well, and then the headlines of all modules, whatever modules there are.
func overviewBoard(cfg Config) (Dashboard, error) {
	b := newModule(cfg, overviewUID, "Assistant overview", "",
		"Whether all is well, and the headline numbers of each module, with their change against an earlier time. Click a number to open its module.")
	var numbers, trends []*panel
	var columns []func(*panel)
	for _, m := range modules() {
		if m.headlines == nil {
			continue
		}
		h := m.headlines(b)
		numbers, trends, columns = append(numbers, h.numbers...), append(trends, h.trends...), append(columns, h.columns...)
	}

	b.row("Is all well?")
	b.line(4,
		b.alertCount(),
		b.ready().link("Exporter health", healthUID),
		b.dataAge().link("Exporter health", healthUID),
		b.lag().link("Exporter health", healthUID),
	)
	b.line(6, b.alertList())
	b.row("Modules")
	b.lines(4, numbers...)
	b.row("Trends")
	b.line(8, trends...)
	table := perPair("Assistants and channels", "The headline numbers for each assistant and channel: users of the chosen window, everything else of the selected time range. A dash stands for too few to judge.")
	for _, add := range columns {
		add(table)
	}
	b.line(18, table.sortBy("Chats").none("No data on chats in this range"))
	return b.build()
}
