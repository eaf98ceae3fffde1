package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"usher/core"
	"usher/core/store"
)

const (
	usualPage = 100
	mostPage  = 500
	// mostShown bounds what is shown of a message, in bytes.
	mostShown = 32 << 10
)

// Activity implements control.Backend.
func (e *Engine) Activity(ctx context.Context, q core.ActivityQuery) (core.Activity, error) {
	before := uint64(0)
	if q.Before != "" {
		var ok bool
		if before, ok = core.ParseID(q.Before); !ok {
			return core.Activity{}, core.NewProblem("command.no_delivery", nil).About(q.Before)
		}
	}
	limit := usualPage
	if q.Limit > 0 {
		limit = min(q.Limit, mostPage)
	}
	records, next, err := e.store.Records(ctx, store.Query{Before: before, Limit: limit, Text: q.Text, Wanted: wanted(q)})
	if err != nil {
		return core.Activity{}, err
	}
	page := core.Activity{Lines: make([]core.Line, len(records))}
	for i, r := range records {
		if page.Lines[i], err = e.lineFor(r); err != nil {
			return core.Activity{}, err
		}
	}
	if next != 0 {
		page.Before = core.FormatID(next)
	}
	return page, nil
}

// lineFor is a record's line with the person's name in it.
func (e *Engine) lineFor(r core.Record) (core.Line, error) {
	line := r.Line()
	conn, ok := e.store.Config().ConnectionNamed(r.Connection)
	if !ok || r.Contact == "" {
		return line, nil
	}
	id := r.Contact
	if strings.Contains(id, "@") {
		id = core.Contact{Email: id}.Key()
	}
	link, ok, err := e.store.Link(conn.SiteID, conn.AccountID, id)
	if ok {
		line.Person = personView(link).Name
	}
	return line, err
}

// wanted is what a query asks for but the text; nil for everything.
func wanted(q core.ActivityQuery) func(core.Record) bool {
	if len(q.States) == 0 && q.Connection == "" {
		return nil
	}
	return func(r core.Record) bool {
		return (len(q.States) == 0 || slices.Contains(q.States, r.State)) && (q.Connection == "" || r.Connection == q.Connection)
	}
}

// Detail implements control.Backend.
func (e *Engine) Detail(ctx context.Context, id string) (core.Detail, error) {
	seq, ok := core.ParseID(id)
	if !ok {
		return core.Detail{}, core.NewProblem("command.no_delivery", nil).About(id)
	}
	record, err := e.store.Record(seq)
	if err != nil {
		return core.Detail{}, err
	}
	var detail core.Detail
	if detail.Line, err = e.lineFor(record); err != nil {
		return core.Detail{}, err
	}
	entries, err := e.store.JournalOf(ctx, seq)
	if err != nil {
		return core.Detail{}, err
	}
	for _, entry := range entries {
		detail.Steps = append(detail.Steps, journalStep(entry))
	}
	if e.unlock(ctx) == nil { // a locked keyring hides what came, not what was done
		d, err := e.store.Delivery(seq)
		switch {
		case core.HasCode(err, "delivery.expired"):
			detail.Erased = true
		case err != nil:
			return core.Detail{}, err
		default:
			detail.Message = shown(d, e.secretFields(d.Connection))
		}
	}
	return detail, nil
}

func journalStep(entry core.JournalEntry) core.JournalStep {
	step := core.JournalStep{At: entry.At, State: entry.State, Outcome: entry.Outcome, Fields: entry.Fields}
	for _, note := range entry.Notes {
		step.Notes = append(step.Notes, note.Text())
	}
	if entry.Problem != nil {
		trouble := entry.Problem.Trouble("")
		step.Problem = &trouble
	}
	return step
}

// secretFields are the CRM fields of a connection that hold passwords.
func (e *Engine) secretFields(connection string) (fields []string) {
	via, problem := e.route(connection)
	if problem != nil {
		return nil
	}
	if field := via.conn.ReturnPasswordField; field != "" {
		fields = append(fields, field)
	}
	mapped := via.conn.FieldMap
	if mapped == nil {
		mapped = via.adapter.Describe().FieldMap
	}
	for field, target := range mapped {
		if target == "user_pass" {
			fields = append(fields, field)
		}
	}
	return fields
}

// hidden stands for a password in what is shown of a message.
const hidden = "(hidden)"

// shown writes a message for people, without the passwords in it.
func shown(d core.Delivery, secret []string) string {
	var text string
	message, err := d.Read()
	switch {
	case err != nil:
		text = strings.ToValidUTF8(string(d.Body), "\ufffd")
		if len(secret) > 0 {
			text = "" // it cannot be told where in it a password may be
		}
	case message.JSON != nil:
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if enc.Encode(hide(message.JSON, secret)) == nil {
			text = out.String()
		}
	default:
		for _, name := range slices.Sorted(maps.Keys(message.Params)) {
			value := strings.Join(message.Params[name], ", ")
			if isSecret(name, secret) {
				value = hidden
			}
			text += name + ": " + value + "\n"
		}
	}
	if len(text) > mostShown {
		text = strings.ToValidUTF8(text[:mostShown], "") + "…"
	}
	return strings.TrimSpace(text)
}

// hide replaces the values of secret fields, wherever in a message they are. A message may
// also name a field in one value and give it in the next: a list entry that names a secret
// field is hidden whole.
func hide(value any, secret []string) any {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if name, ok := inner.(string); ok && isSecret(name, secret) {
				return hidden
			}
			if isSecret(key, secret) {
				v[key] = hidden
				continue
			}
			v[key] = hide(inner, secret)
		}
	case []any:
		for i := range v {
			v[i] = hide(v[i], secret)
		}
	}
	return value
}

// isSecret reports whether a name in a message is that of a secret field, which CRMs may
// prefix ("custom_password", "str::password", "[Password]").
func isSecret(name string, secret []string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(secret, func(field string) bool {
		return field != "" && strings.Contains(name, strings.ToLower(field))
	})
}
