package connections

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"usher/ui/look"
	"usher/ui/words"
)

// table edits a list of names, or of names that lead to names.
type table struct {
	columns []column
	changed func()
	rows    []tableRow
	lines   *fyne.Container
	add     *look.Button
	content fyne.CanvasObject
}

type column struct {
	placeholder string
	options     []string
}

type tableRow struct {
	cells []*look.Combo
	line  fyne.CanvasObject
}

func newTable(add string, changed func(), placeholders ...string) *table {
	t := &table{changed: changed, lines: container.NewVBox()}
	for _, p := range placeholders {
		t.columns = append(t.columns, column{placeholder: p})
	}
	t.add = look.NewButton(add, func() {
		t.append()
		t.changed()
		if c := fyne.CurrentApp().Driver().CanvasForObject(t.add); c != nil {
			look.FocusLater(c, t.rows[len(t.rows)-1].cells[0])
		}
	})
	t.content = container.NewVBox(t.lines, container.NewHBox(t.add))
	return t
}

// set shows other values.
func (t *table) set(values [][]string) {
	t.rows = nil
	t.lines.RemoveAll()
	for _, row := range values {
		t.append(row...)
	}
}

// values are the rows in which something is written.
func (t *table) values() (values [][]string) {
	for _, row := range t.rows {
		var texts []string
		for _, cell := range row.cells {
			texts = append(texts, strings.TrimSpace(cell.Text))
		}
		if strings.Join(texts, "") != "" {
			values = append(values, texts)
		}
	}
	return values
}

// half reports whether a row lacks a part.
func (t *table) half() bool {
	return slices.ContainsFunc(t.values(), func(row []string) bool { return slices.Contains(row, "") })
}

// twice is the first name of a row that another one has too; "" for none.
func (t *table) twice() string {
	seen := map[string]bool{}
	for _, row := range t.values() {
		if seen[row[0]] {
			return row[0]
		}
		seen[row[0]] = true
	}
	return ""
}

// offer says what can be picked in a column.
func (t *table) offer(at int, options []string) {
	t.columns[at].options = options
	for _, row := range t.rows {
		row.cells[at].SetOptions(options)
	}
}

func (t *table) append(texts ...string) {
	var row tableRow
	cells := container.NewGridWithColumns(len(t.columns))
	for i, c := range t.columns {
		cell := look.NewCombo(c.placeholder, c.options...)
		if i < len(texts) {
			cell.SetText(texts[i])
		}
		cell.OnChanged = func(string) { t.changed() }
		row.cells = append(row.cells, cell)
		var shown fyne.CanvasObject = cell
		if i > 0 {
			shown = container.NewBorder(nil, nil, widget.NewLabel("→"), nil, cell)
		}
		cells.Add(shown)
	}
	remove := look.NewQuietButton(words.T("connections.remove_row"), nil)
	row.line = container.NewBorder(nil, nil, nil, remove, cells)
	remove.OnTapped = func() { t.drop(row.line) }
	t.rows = append(t.rows, row)
	t.lines.Add(row.line)
}

func (t *table) drop(line fyne.CanvasObject) {
	t.rows = slices.DeleteFunc(t.rows, func(r tableRow) bool { return r.line == line })
	t.lines.Remove(line)
	if c := fyne.CurrentApp().Driver().CanvasForObject(t.add); c != nil {
		look.FocusLater(c, t.add)
	}
	t.changed()
}
