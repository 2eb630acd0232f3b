package main

import (
	"fmt"
	"strings"
)

// table is numbers that are printed and drawn. The first column is what the others grow with.
type table struct {
	columns []column
	rows    [][]float64
}

type column struct{ name, format string }

// String is the table in Markdown.
func (t table) String() string {
	var b strings.Builder
	for _, c := range t.columns {
		fmt.Fprintf(&b, "| %s ", c.name)
	}
	b.WriteString("|\n" + strings.Repeat("| --- ", len(t.columns)) + "|\n")
	for _, row := range t.rows {
		for i, v := range row {
			fmt.Fprintf(&b, "| "+t.columns[i].format+" ", v)
		}
		b.WriteString("|\n")
	}
	return b.String()
}

// curve is a column drawn over the first one.
func (t table) curve(column, name string) curve {
	c := curve{name: name}
	for i := range t.columns {
		if t.columns[i].name != column {
			continue
		}
		for _, row := range t.rows {
			c.x, c.y = append(c.x, row[0]), append(c.y, row[i])
		}
		return c
	}
	panic("BUG: no column " + column)
}
