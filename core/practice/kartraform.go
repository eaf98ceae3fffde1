package practice

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// kartraForm is a posted form as PHP reads it: "lead[id]" is the "id" within "lead". Values are texts or forms.
type kartraForm map[string]any

func readKartraForm(values url.Values) kartraForm {
	root := kartraForm{}
	for name, texts := range values {
		path := strings.Split(strings.ReplaceAll(name, "]", ""), "[")
		inner := root
		for _, step := range path[:len(path)-1] {
			inner = inner.at(step)
		}
		inner[path[len(path)-1]] = texts[len(texts)-1]
	}
	return root
}

// at is the form within f by this name, made if there is none.
func (f kartraForm) at(name string) kartraForm {
	if inner, ok := f[name].(kartraForm); ok {
		return inner
	}
	inner := kartraForm{}
	f[name] = inner
	return inner
}

func (f kartraForm) text(name string) string {
	text, _ := f[name].(string)
	return text
}

// inner are the forms within f, in the order of their numbers.
func (f kartraForm) inner() []kartraForm {
	var all []kartraForm
	for _, name := range slices.SortedFunc(maps.Keys(f), kartraNumbers) {
		if inner, ok := f[name].(kartraForm); ok {
			all = append(all, inner)
		}
	}
	return all
}

func kartraNumbers(a, b string) int {
	one, _ := strconv.Atoi(a)
	other, _ := strconv.Atoi(b)
	return one - other
}
