package practice

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// orttoValue writes text that people read as the API does; nil where there is none.
func orttoValue(field orttoField, text string) any {
	if text == "" {
		return nil
	}
	switch kind, _, _ := strings.Cut(field.ID, ":"); kind {
	case "int":
		n, _ := strconv.ParseFloat(text, 64)
		if field.Kind == "decimal" || field.Kind == "currency" {
			n *= 1000
		}
		return int64(math.Round(n))
	case "bol":
		return text == "yes"
	case "phn":
		country, number, _ := strings.Cut(text, " ")
		return map[string]any{"c": strings.TrimPrefix(country, "+"), "n": number}
	case "geo":
		return map[string]any{"name": text, "id": 0, "lat": 0, "lng": 0}
	case "dtz":
		date, _ := time.Parse(time.DateOnly, text)
		return map[string]any{"year": date.Year(), "month": int(date.Month()), "day": date.Day(), "timezone": "UTC"}
	case "tme":
		at, _ := time.Parse("2006-01-02 15:04", text)
		return at.Format(time.RFC3339)
	case "sst":
		return strings.Split(text, ", ")
	default:
		return text
	}
}

// orttoText is the opposite of orttoValue. Values come from there or from a request.
func orttoText(field orttoField, value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	var v struct {
		C, N, Name       string
		Year, Month, Day int
	}
	var items []string
	var number float64
	var yes bool
	var at time.Time
	switch kind, _, _ := strings.Cut(field.ID, ":"); kind {
	case "int":
		_ = json.Unmarshal(encoded, &number)
		if field.Kind == "decimal" || field.Kind == "currency" {
			number /= 1000
		}
		return strconv.FormatFloat(number, 'f', -1, 64)
	case "bol":
		if _ = json.Unmarshal(encoded, &yes); yes {
			return "yes"
		}
		return "no"
	case "phn":
		_ = json.Unmarshal(encoded, &v)
		return "+" + v.C + " " + v.N
	case "geo":
		_ = json.Unmarshal(encoded, &v)
		return v.Name
	case "dtz":
		_ = json.Unmarshal(encoded, &v)
		return fmt.Sprintf("%04d-%02d-%02d", v.Year, v.Month, v.Day)
	case "tme":
		_ = json.Unmarshal(encoded, &at)
		return at.Format("2006-01-02 15:04")
	case "sst":
		_ = json.Unmarshal(encoded, &items)
		return strings.Join(items, ", ")
	default:
		text, _ := value.(string)
		return text
	}
}

// fits reports whether a value of a request has the form of the field.
func (f orttoField) fits(value any) bool {
	switch kind, _, _ := strings.Cut(f.ID, ":"); kind {
	case "str", "txt", "lnk", "tme":
		_, ok := value.(string)
		return ok
	case "int":
		number, ok := value.(float64)
		return ok && number == math.Trunc(number)
	case "bol":
		_, ok := value.(bool)
		return ok
	case "sst":
		_, ok := value.([]any)
		return ok
	default:
		_, ok := value.(map[string]any)
		return ok
	}
}
