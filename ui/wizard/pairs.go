package wizard

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"usher/ui/look"
)

// pair is what is on the left and the right of one row.
type pair struct{ left, right string }

// pairs is a list of two columns that grows and shrinks: fields and what they fill, tags and the
// roles they give.
type pairs struct {
	box           *fyne.Container
	list          *fyne.Container
	heads         *fyne.Container
	rows          []*pairRow
	lefts, rights []option
}

type pairRow struct{ left, right *choice }

func newPairs(left, right, add string) *pairs {
	p := &pairs{list: container.NewVBox()}
	p.heads = container.NewGridWithColumns(2, widget.NewLabel(left), widget.NewLabel(right))
	p.box = container.NewVBox(p.heads, p.list, look.Actions(look.NewButton(add, func() {
		p.add(pair{})
		p.draw()
	})))
	p.draw()
	return p
}

// offer lists what there is on both sides.
func (p *pairs) offer(lefts, rights []option) {
	p.lefts, p.rights = lefts, rights
	for _, row := range p.rows {
		row.left.offer(lefts)
		row.right.offer(rights)
	}
}

func (p *pairs) set(list []pair) {
	p.rows = nil
	for _, row := range list {
		p.add(row)
	}
	p.draw()
}

func (p *pairs) add(row pair) {
	r := &pairRow{left: newChoice("", func() {}), right: newChoice("", func() {})}
	r.left.set(row.left)
	r.right.set(row.right)
	r.left.offer(p.lefts)
	r.right.offer(p.rights)
	r.left.set(row.left)
	r.right.set(row.right)
	p.rows = append(p.rows, r)
}

func (p *pairs) draw() {
	p.list.RemoveAll()
	for _, row := range p.rows {
		remove := look.NewQuietButton("", func() { p.remove(row) })
		remove.Icon = theme.DeleteIcon()
		p.list.Add(container.NewBorder(nil, nil, nil, remove, container.NewGridWithColumns(2, row.left.box, row.right.box)))
	}
	p.heads.Hidden = len(p.rows) == 0
	p.box.Refresh()
}

func (p *pairs) remove(row *pairRow) {
	p.rows = slices.DeleteFunc(p.rows, func(r *pairRow) bool { return r == row })
	p.draw()
}

// get lists the rows that are whole.
func (p *pairs) get() (list []pair) {
	for _, row := range p.rows {
		if left, right := row.left.value(), row.right.value(); left != "" && right != "" {
			list = append(list, pair{left, right})
		}
	}
	return list
}

// moreButton shows a part of a page that few need.
func moreButton(text string, part *fyne.Container) *look.Button {
	part.Hide()
	var button *look.Button
	button = look.NewQuietButton(text, func() {
		part.Show()
		button.Hide()
	})
	return button
}
