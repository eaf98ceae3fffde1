package words

import (
	"slices"
	"strconv"
	"time"
)

// When says how long ago t was, or how soon it will be, seen from now and on now's clock: "just now",
// "2 min ago", "yesterday 14:05", "Monday 14:05", "3 Nov 2026".
func When(t, now time.Time) string {
	t = t.In(now.Location())
	ago := now.Sub(t)
	switch days := daysBetween(t, now); {
	case ago.Abs() < time.Minute:
		return T("time.now")
	case ago > 0 && ago < time.Hour:
		return N("time.minutes_ago", int(ago/time.Minute))
	case ago < 0 && -ago < time.Hour:
		return N("time.in_minutes", int(-ago/time.Minute))
	case days == 0:
		return T("time.today", "Clock", Clock(t))
	case days == 1:
		return T("time.yesterday", "Clock", Clock(t))
	case days == -1:
		return T("time.tomorrow", "Clock", Clock(t))
	case days > -7 && days < 7:
		return T("time.weekday", "Day", list(T("time.weekdays"))[t.Weekday()], "Clock", Clock(t))
	}
	return Date(t)
}

// Exact is t to the minute: "3 Nov 2026, 14:05".
func Exact(t time.Time) string { return T("time.exact", "Date", Date(t), "Clock", Clock(t)) }

// Date is t's day: "3 Nov 2026", and "Nov 3, 2026" where English puts the month first.
func Date(t time.Time) string {
	day, month, year := strconv.Itoa(t.Day()), list(T("time.months"))[t.Month()-1], strconv.Itoa(t.Year())
	if here.language == "en" && slices.Contains(monthFirst, here.region) {
		return month + " " + day + ", " + year
	}
	return T("time.date", "Day", day, "Month", month, "Year", year)
}

// Clock is t's time of day: "14:05", or "2:05 PM" where English counts twelve hours.
func Clock(t time.Time) string {
	if here.language == "en" && slices.Contains(twelveHours, here.region) {
		return t.Format("3:04 PM")
	}
	return t.Format("15:04")
}

// The regions whose English differs, after Unicode's CLDR 45: dateFormats and timeData.
var (
	monthFirst  = []string{"CA", "PH", "US"}
	twelveHours = []string{"AU", "CA", "IN", "MY", "NZ", "PH", "PK", "SG", "US"}
)

// daysBetween counts the midnights from t to now.
func daysBetween(t, now time.Time) int {
	day := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	}
	return int(day(now).Sub(day(t)) / (24 * time.Hour))
}
