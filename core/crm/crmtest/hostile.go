package crmtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"usher/core"
)

// wholeNumber matches texts that are the same text when sent as a number.
var wholeNumber = regexp.MustCompile(`^(0|[1-9][0-9]{0,30})$`)

func numbersAreTexts(adapter core.Adapter) error {
	return eachJSON(adapter, func(name string, m core.Message) error {
		want, err := parse(adapter, m)
		if err != nil {
			return err
		}
		if err := eachPlace(m.JSON, swapNumberAndText); err != nil {
			return err
		}
		got, err := parse(adapter, m)
		if err == nil && got != want {
			err = fmt.Errorf("sample %s:\n got %s\nwant %s", name, got, want)
		}
		return err
	})
}

func swapNumberAndText(_ string, old any, set func(any)) error {
	switch old := old.(type) {
	case string:
		if wholeNumber.MatchString(old) {
			set(json.Number(old))
		}
	case json.Number:
		set(old.String())
	}
	return nil
}

func repeatable(adapter core.Adapter) error {
	return eachJSON(adapter, func(name string, m core.Message) error {
		before := fmt.Sprintf("%#v", m) // fmt prints maps in order
		first, err := parse(adapter, m)
		if err != nil {
			return err
		}
		notice, err := adapter.Parse(m)
		if err != nil {
			return nil
		}
		clear(notice.Contact.Fields)
		clear(notice.Contact.Tags)
		clear(notice.Events)
		if second, _ := parse(adapter, m); second != first {
			return fmt.Errorf("sample %s is read as %s, then as %s", name, first, second)
		}
		if after := fmt.Sprintf("%#v", m); after != before {
			return fmt.Errorf("sample %s is changed by reading it", name)
		}
		return nil
	})
}

// survivesHostileValues puts every hostile value in every place, in the first sample
// that has it; and in every sample takes each place away once, and adds names nobody
// expects to every object.
func survivesHostileValues(adapter core.Adapter) error {
	values := hostileValues()
	for _, value := range values {
		if _, err := parse(adapter, core.Message{JSON: value}); err != nil {
			return fmt.Errorf("%.40v for a body: %w", value, err)
		}
	}
	tried := map[string]bool{}
	return eachJSON(adapter, func(name string, m core.Message) error {
		try := func(place string, value any) error {
			if _, err := parse(adapter, m); err != nil {
				return fmt.Errorf("sample %s, %.40v at %q: %w", name, value, place, err)
			}
			return nil
		}
		if err := tryStrangeNames(m.JSON, func() error { return try("", "a strange name") }); err != nil {
			return err
		}
		return eachPlace(m.JSON, func(place string, old any, set func(any)) error {
			for _, value := range values {
				if tried[place] {
					break
				}
				set(value)
				if err := try(place, value); err != nil {
					return err
				}
			}
			tried[place] = true
			set(old)
			return tryStrangeNames(old, func() error { return try(place, "a strange name") })
		})
	})
}

func tryStrangeNames(value any, try func() error) error {
	object, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	original := maps.Clone(object)
	for _, name := range []string{"", " ", "\x00", "first_name\x00", "\u202eeman"} {
		object[name] = planted
	}
	if err := try(); err != nil {
		return err
	}
	for name := range original {
		clear(object)
		maps.Copy(object, original)
		delete(object, name)
		if err := try(); err != nil {
			return err
		}
	}
	clear(object)
	maps.Copy(object, original)
	return nil
}

func hostileValues() []any {
	deep := any("deep")
	for range core.MaxDepth - 8 {
		deep = []any{deep}
	}
	return []any{
		nil, true, false, "", " ", "\x00", planted, "[Contact ID]", "N/A", "0", "-1",
		"\u202e" + planted + "\x1b[0m\x00\u2066", "<script>alert(1)</script>", "%s%n{{.}}",
		strings.Repeat("9", 4000), strings.Repeat("a", 4000) + "@example.com",
		json.Number("1e400"), json.Number("-0"), json.Number("0.1"), json.Number(strings.Repeat("9", 400)),
		[]any{},
		[]any{nil},
		[]any{[]any{}, map[string]any{}},
		[]any{planted, json.Number("1")},
		map[string]any{},
		map[string]any{"": nil},
		map[string]any{"id": []any{}},
		deep,
	}
}

// eachJSON calls do with a fresh message of every sample that is JSON.
func eachJSON(adapter core.Adapter, do func(name string, m core.Message) error) error {
	for _, sample := range adapter.Describe().Samples {
		m, err := core.ReadMessage(nil, sample.Body)
		if err != nil {
			return fmt.Errorf("sample %s: %w", sample.Name, err)
		}
		if m.JSON == nil {
			continue
		}
		if err := do(sample.Name, m); err != nil {
			return err
		}
	}
	return nil
}

// eachPlace visits every value inside v, the outer before the inner; set replaces it.
func eachPlace(v any, visit func(place string, old any, set func(any)) error) error {
	return eachPlaceBelow("", v, visit)
}

func eachPlaceBelow(path string, v any, visit func(place string, old any, set func(any)) error) error {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			place := path + "." + key
			if err := visit(place, v[key], func(value any) { v[key] = value }); err != nil {
				return err
			}
			if err := eachPlaceBelow(place, v[key], visit); err != nil {
				return err
			}
		}
	case []any:
		for i := range v {
			place := fmt.Sprintf("%s.%d", path, i)
			if err := visit(place, v[i], func(value any) { v[i] = value }); err != nil {
				return err
			}
			if err := eachPlaceBelow(place, v[i], visit); err != nil {
				return err
			}
		}
	}
	return nil
}
