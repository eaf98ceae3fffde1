package practice

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// check holds params against args as WordPress does, and leaves the cleaned values in params.
func check(args []arg, params map[string]any) *refusal {
	var missing []string
	for _, a := range args {
		if params[a.name] == nil && a.required {
			missing = append(missing, a.name)
		}
	}
	if missing != nil {
		return refuse(http.StatusBadRequest, "rest_missing_callback_param",
			"Missing parameter(s): "+strings.Join(missing, ", ")).with("params", missing)
	}
	for _, late := range []bool{false, true} {
		if no := checkStage(args, params, late); no != nil {
			return no
		}
	}
	for _, a := range args {
		if _, sent := params[a.name]; !sent && a.initial != nil {
			params[a.name] = a.initial
		}
	}
	return nil
}

// checkStage first checks what is not late; then what is late, and cleans everything.
func checkStage(args []arg, params map[string]any, late bool) *refusal {
	var names []string
	messages, details := map[string]any{}, map[string]any{}
	for _, a := range args {
		value, sent := params[a.name]
		if !sent {
			continue
		}
		var no *refusal
		if a.late == late && value != nil {
			value, no = a.check(a.name, value)
		}
		if late && no == nil && a.clean != nil {
			value, no = a.clean(value)
		}
		params[a.name] = value
		if no != nil {
			names = append(names, a.name)
			messages[a.name] = no.message
			if no.code != "" {
				details[a.name] = no.answer().body
			}
		}
	}
	if names == nil {
		return nil
	}
	no := refuse(http.StatusBadRequest, "rest_invalid_param", "Invalid parameter(s): "+strings.Join(names, ", ")).
		with("params", messages).with("details", details)
	if len(details) == 0 {
		no.data["details"] = []any{}
	}
	return no
}

// check returns the value in its kind, or what is wrong with it. name says where it is: roles[0].
func (a arg) check(name string, value any) (any, *refusal) {
	switch a.kind {
	case "string":
		text, ok := value.(string)
		if !ok {
			return nil, wrongType(name, a.kind)
		}
		return text, a.checkText(name, text)
	case "integer":
		n, ok := integer(value)
		if !ok {
			return nil, wrongType(name, a.kind)
		}
		return n, a.checkBounds(name, n)
	case "boolean":
		b, ok := boolean(value)
		if !ok {
			return nil, wrongType(name, a.kind)
		}
		return b, nil
	case "array":
		return a.checkList(name, value)
	case "object":
		switch value.(type) {
		case map[string]any, []any: // PHP has one kind of array for both
			return value, nil
		}
		return nil, &refusal{message: "Invalid parameter."}
	default:
		return value, nil
	}
}

func (a arg) checkText(name, text string) *refusal {
	if a.email && !isEmail(text) {
		return fail("rest_invalid_email", "Invalid email address.")
	}
	if a.enum != nil && !slices.Contains(a.enum, text) {
		return fail("rest_not_in_enum", fmt.Sprintf("%s is not one of %s.", name, enumerate(a.enum)))
	}
	return nil
}

func (a arg) checkBounds(name string, n int64) *refusal {
	switch {
	case a.max > 0 && (n < int64(a.min) || n > int64(a.max)):
		return fail("rest_out_of_bounds",
			fmt.Sprintf("%s must be between %d (inclusive) and %d (inclusive)", name, a.min, a.max))
	case a.max == 0 && n < int64(a.min) && a.min > 0:
		return fail("rest_out_of_bounds", fmt.Sprintf("%s must be greater than or equal to %d", name, a.min))
	default:
		return nil
	}
}

func (a arg) checkList(name string, value any) (any, *refusal) {
	list, ok := value.([]any)
	if !ok {
		if _, object := value.(map[string]any); object {
			return nil, wrongType(name, a.kind)
		}
		for _, word := range listOf(value) {
			list = append(list, word)
		}
	}
	checked := make([]any, len(list))
	for i, item := range list {
		one := arg{kind: a.items, enum: a.enum}
		v, no := one.check(fmt.Sprintf("%s[%d]", name, i), item)
		if no != nil {
			return nil, no
		}
		checked[i] = v
	}
	return checked, nil
}

func wrongType(name, kind string) *refusal {
	no := fail("rest_invalid_type", fmt.Sprintf("%s is not of type %s.", name, kind))
	no.data = map[string]any{"param": name}
	return no
}

var listSeparator = regexp.MustCompile(`[\s,]+`)

// listOf reads a list as WordPress does: a real one, or words between commas or spaces.
func listOf(value any) []string {
	var words []string
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			words = append(words, strings.TrimSpace(fmt.Sprint(item)))
		}
	case nil:
	default:
		for _, word := range listSeparator.Split(fmt.Sprint(v), -1) {
			if word != "" {
				words = append(words, word)
			}
		}
	}
	return words
}

func integer(value any) (int64, bool) {
	var f float64
	var err error
	switch v := value.(type) {
	case string:
		f, err = strconv.ParseFloat(strings.TrimSpace(v), 64)
	case json.Number:
		f, err = v.Float64()
	default:
		return 0, false
	}
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

func boolean(value any) (b, ok bool) {
	switch v := value.(type) {
	case bool:
		return v, true
	case json.Number:
		return v == "1", v == "0" || v == "1"
	case string:
		v = strings.ToLower(v)
		return v == "1" || v == "true", slices.Contains([]string{"0", "1", "false", "true"}, v)
	default:
		return false, false
	}
}

// enumerate writes "a and b" or "a, b, and c".
func enumerate(words []string) string {
	last := len(words) - 1
	if last < 2 {
		return strings.Join(words, " and ")
	}
	return strings.Join(words[:last], ", ") + ", and " + words[last]
}
