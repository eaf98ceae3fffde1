package finder

import (
	"reflect"
	"strings"
	"unicode/utf8"
	"unsafe"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// describe says what an object is to a person; most are nothing but a part of another.
func describe(o fyne.CanvasObject) (Piece, bool) {
	p, ok := describeWidget(o)
	if !ok {
		switch o := o.(type) {
		case *canvas.Text:
			p, ok = Piece{Kind: Text, Text: o.Text}, true
		case *canvas.Image:
			p, ok = Piece{Kind: Picture, Text: pictureName(o.Resource)}, true
		case *widget.PopUp: // takes clicks to close itself, which is no piece of the window
		case fyne.Tappable:
			p, ok = Piece{Kind: Tappable, Text: words(o.(fyne.CanvasObject)), Checked: selected(o)}, true
		}
	}
	if p.Text == "" && (p.Kind == Text || p.Kind == Picture) {
		return Piece{}, false
	}
	return p, ok
}

// describeWidget also knows widgets that are made from Fyne's by embedding.
func describeWidget(o fyne.CanvasObject) (Piece, bool) {
	if e := embedded[widget.Entry](o); e != nil {
		return Piece{Kind: Entry, Text: entryText(e), Hint: e.PlaceHolder}, true
	}
	if b := embedded[widget.Button](o); b != nil {
		if b.Text == "" {
			return Piece{Kind: Button, Text: pictureName(b.Icon)}, true
		}
		return Piece{Kind: Button, Text: b.Text}, true
	}
	if c := embedded[widget.Check](o); c != nil {
		return Piece{Kind: Check, Text: c.Text, Checked: c.Checked}, true
	}
	if s := embedded[widget.Select](o); s != nil {
		return Piece{Kind: Choice, Text: s.Selected, Hint: s.PlaceHolder}, true
	}
	if h := embedded[widget.Hyperlink](o); h != nil {
		return Piece{Kind: Link, Text: h.Text}, true
	}
	if l := embedded[widget.Label](o); l != nil {
		return Piece{Kind: Text, Text: l.Text}, true
	}
	if r := embedded[widget.RichText](o); r != nil {
		return Piece{Kind: Text, Text: strings.TrimSpace(r.String())}, true
	}
	return Piece{}, false
}

func entryText(e *widget.Entry) string {
	if e.Password {
		return strings.Repeat("•", utf8.RuneCountInString(e.Text))
	}
	return e.Text
}

func pictureName(r fyne.Resource) string {
	if r == nil {
		return ""
	}
	return r.Name()
}

// selected reads what Fyne's radio buttons, whose type has no public name, say of themselves.
func selected(o any) bool {
	v := reflect.Indirect(reflect.ValueOf(o))
	if v.Kind() != reflect.Struct {
		return false
	}
	field := v.FieldByName("Selected")
	return field.Kind() == reflect.Bool && field.Bool()
}

// embedded finds the T that o is or that is embedded in it; nil if there is none.
func embedded[T any](o any) *T {
	if t, ok := o.(*T); ok {
		return t
	}
	v := reflect.ValueOf(o)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return nil
	}
	for v, i := v.Elem(), 0; i < v.NumField(); i++ {
		if !v.Type().Field(i).Anonymous {
			continue
		}
		field := v.Field(i)
		// Anew, because reflection keeps what has no public name from being used.
		part := reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr()))
		if field.Kind() == reflect.Pointer {
			part = part.Elem()
		}
		if t := embedded[T](part.Interface()); t != nil {
			return t
		}
	}
	return nil
}
