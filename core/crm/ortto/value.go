package ortto

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"usher/core"
)

const (
	dateTime = "2006-01-02 15:04"
	perUnit  = 1000 // decimals travel as whole thousandths
)

// plainText is a value of the API or a webhook as text a person reads, and "" for a shape
// nobody knows. The kind is Ortto's display_type, where it is known.
func plainText(value any, kind string) string {
	switch v := value.(type) {
	case string:
		if at, err := time.Parse(time.RFC3339Nano, v); err == nil && kind == "time" {
			return at.UTC().Format(dateTime)
		}
		return core.Text(v)
	case json.Number:
		if thousandths(kind) {
			return units(v)
		}
		return v.String()
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case []any:
		return strings.Join(list(v), ", ")
	case map[string]any:
		return objectText(v)
	default:
		return ""
	}
}

// list reads the texts of a list; anything else in it is left out.
func list(value any) []string {
	items, _ := value.([]any)
	var texts []string
	for _, item := range items {
		if text := core.Text(item); text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

// objectText knows a phone number, a date and a place.
func objectText(v map[string]any) string {
	if number := core.Text(v["n"]); number != "" {
		country := strings.TrimPrefix(core.Text(v["c"]), "+")
		if country == "" {
			return number
		}
		return "+" + country + " " + number
	}
	if _, ok := v["year"]; ok {
		return dateText(v)
	}
	return core.Text(v["name"])
}

func dateText(v map[string]any) string {
	year, month, day := whole(v["year"]), whole(v["month"]), whole(v["day"])
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if year < 1 || year > 9999 || date.Day() != day || int(date.Month()) != month {
		return ""
	}
	return date.Format(time.DateOnly)
}

func whole(value any) int {
	n, err := strconv.Atoi(core.Text(value))
	if err != nil {
		return 0
	}
	return n
}

func thousandths(kind string) bool { return kind == "decimal" || kind == "currency" }

// units turns thousandths into units: 1500 into 1.5.
func units(n json.Number) string {
	v, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil {
		return n.String()
	}
	text := big.NewRat(v, perUnit).FloatString(3)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// wireValue is the opposite of plainText: what the API takes for a field. Empty text
// clears the field.
func wireValue(f field, text string) (any, error) {
	if text == "" {
		return nil, nil
	}
	kind, _, _ := strings.Cut(f.id, ":")
	switch kind {
	case "int":
		return wireNumber(f, text)
	case "bol":
		return wireBool(f, text)
	case "phn":
		return wirePhone(text), nil
	case "geo":
		return map[string]any{"name": text}, nil
	case "dtz":
		return wireDate(f, text)
	case "tme":
		at, err := time.Parse(dateTime, text)
		if err != nil {
			return nil, unfit(f)
		}
		return at.Format(time.RFC3339), nil
	case "sst", "stl":
		var items []any
		for item := range strings.SplitSeq(text, ",") {
			items = append(items, strings.TrimSpace(item))
		}
		return items, nil
	default:
		return text, nil
	}
}

// unfit says that a value is not of the kind the field holds, and not which value.
func unfit(f field) error { return core.NewProblem("crm.refused", nil).About(f.id) }

func wireNumber(f field, text string) (any, error) {
	factor := int64(1)
	if thousandths(f.kind) {
		factor = perUnit
	}
	if len(text) > 20 || strings.ContainsAny(text, "eE/_") { // Rat reads more than people write
		return nil, unfit(f)
	}
	number, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, unfit(f)
	}
	number.Mul(number, big.NewRat(factor, 1))
	if !number.IsInt() || !number.Num().IsInt64() {
		return nil, unfit(f)
	}
	return json.Number(number.Num().String()), nil
}

func wireBool(f field, text string) (any, error) {
	switch strings.ToLower(text) {
	case "yes", "true", "1":
		return true, nil
	case "no", "false", "0":
		return false, nil
	default:
		return nil, unfit(f)
	}
}

func wirePhone(text string) any {
	country, number, ok := strings.Cut(text, " ")
	if ok && strings.HasPrefix(country, "+") {
		return map[string]any{"c": strings.TrimPrefix(country, "+"), "n": number}
	}
	return map[string]any{"n": text}
}

func wireDate(f field, text string) (any, error) {
	date, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return nil, unfit(f)
	}
	number := func(n int) json.Number { return json.Number(fmt.Sprint(n)) }
	return map[string]any{
		"year": number(date.Year()), "month": number(int(date.Month())), "day": number(date.Day()), "timezone": "UTC",
	}, nil
}
