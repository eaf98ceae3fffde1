package practice

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxKartraCall is how much of a call Kartra reads, in bytes.
const maxKartraCall = 1 << 20

// ServeHTTP answers Kartra's API at /api, as support.kartra.com describes it under "Developers": a form is
// posted, and everything but too many calls is answered with 200. Unlike Kartra's it may be called over plain
// http. The Content-Type of answers is not documented; this is what PHP says when nobody says otherwise.
func (k *Kartra) ServeHTTP(w http.ResponseWriter, r *http.Request) { k.pass(w, r, k.serveAPI) }

func (k *Kartra) serveAPI(w http.ResponseWriter, r *http.Request) {
	if strings.TrimSuffix(r.URL.Path, "/") != "/api" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	if !k.rate.take() {
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxKartraCall)
	var reply any
	if err := r.ParseForm(); err != nil {
		reply = kartraError(223)
	} else {
		reply = k.call(readKartraForm(r.PostForm))
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(reply)
}

// kartraRate lets a number of calls pass in every second.
type kartraRate struct {
	perSecond int
	now       func() time.Time

	mu     sync.Mutex
	second int64
	calls  int
}

func (r *kartraRate) take() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if second := r.now().Unix(); second != r.second {
		r.second, r.calls = second, 0
	}
	r.calls++
	return r.perSecond < 0 || r.calls <= r.perSecond
}

// kartraMessages are what Kartra says with an error, by its type.
var kartraMessages = map[int]string{
	202: "API key cannot be empty. Please get an API key first",
	203: "API key not valid. Please get an API key first",
	206: "email or lead id is required. Nothing done",
	212: "Tag does not exist",
	223: "'lead' not an array",
	224: "'actions' not an array",
	233: "API password not valid. Please get an API password first",
	234: "No lead found",
	238: "App Id cannot be empty. Please get an App Id first",
	239: "App Id is not valid. The app does not exists or is inactive",
	243: "No lead found",
	245: "Lead is deleted",
	254: "'cmd' is required",
	262: "App does not have permission to execute this CMD",
	271: "Wrong custom field format",
}

func kartraError(kind int) map[string]any {
	return map[string]any{"status": "Error", "message": kartraMessages[kind], "type": strconv.Itoa(kind)}
}

func kartraSuccess(more map[string]any) map[string]any {
	reply := map[string]any{"status": "Success"}
	maps.Copy(reply, more)
	return reply
}

func (k *Kartra) call(f kartraForm) map[string]any {
	k.mu.Lock()
	defer k.mu.Unlock()
	if kind := k.refuses(f); kind != 0 {
		return kartraError(kind)
	}
	if asked, ok := f["get_lead"].(kartraForm); ok {
		return k.getLead(asked)
	}
	if _, ok := f["actions"].(kartraForm); !ok {
		return kartraError(224)
	}
	return k.act(f.at("lead"), f.at("actions").inner())
}

// refuses checks the credentials and returns the error's type, 0 if there is none.
func (k *Kartra) refuses(f kartraForm) int {
	switch {
	case f.text("app_id") == "":
		return 238
	case f.text("app_id") != k.login["app_id"]:
		return 239
	case f.text("api_key") == "":
		return 202
	case f.text("api_key") != k.login["api_key"]:
		return 203
	case f.text("api_password") != k.login["api_password"]:
		return 233
	}
	return 0
}

// find returns the lead a form names, or the error's type. If both are there, the id counts.
func (k *Kartra) find(named kartraForm, missing int) (Lead, int) {
	id, email := named.text("id"), named.text("email")
	if id == "" && email == "" {
		return Lead{}, 206
	}
	lead, ok := k.leads[id]
	if id == "" {
		for _, other := range k.leads {
			if strings.EqualFold(other.Email, email) {
				lead, ok = other, true
			}
		}
	}
	switch {
	case !ok:
		return Lead{}, missing
	case !lead.Deleted.IsZero():
		return Lead{}, 245
	}
	return lead, 0
}

// kartraDetails is a lead as get_lead tells it.
type kartraDetails struct {
	printedLead
	Tags        []kartraTag `json:"tags"`
	Lists       []any       `json:"lists"`
	Sequences   []any       `json:"sequences"`
	Memberships []any       `json:"memberships"`
}

type kartraTag struct {
	Name string `json:"tag_name"`
}

func (k *Kartra) getLead(asked kartraForm) map[string]any {
	lead, kind := k.find(asked, 234)
	if kind != 0 {
		return kartraError(kind)
	}
	details := kartraDetails{
		printedLead: lead.print(),
		Tags:        []kartraTag{}, Lists: []any{}, Sequences: []any{}, Memberships: []any{},
	}
	details.CustomFields = k.every(lead)
	for _, tag := range lead.Tags {
		details.Tags = append(details.Tags, kartraTag{tag})
	}
	if !k.detailsAsText {
		return kartraSuccess(map[string]any{"lead_details": details})
	}
	text, _ := json.Marshal(details) // texts, numbers and lists of them: it cannot fail
	return kartraSuccess(map[string]any{"lead_details": string(text)})
}

// every returns all custom fields of the account with the lead's values, the empty ones too.
func (k *Kartra) every(lead Lead) []CustomField {
	all := []CustomField{}
	for _, field := range k.fields {
		i := slices.IndexFunc(lead.Custom, func(c CustomField) bool { return c.Identifier == field.Identifier })
		if i < 0 {
			all = append(all, field.empty())
		} else {
			all = append(all, field.holding(lead.Custom[i].Value))
		}
	}
	return all
}

// act runs a chain of commands, all about one lead. Each tells by itself whether it went well.
func (k *Kartra) act(named kartraForm, actions []kartraForm) map[string]any {
	reply := kartraSuccess(nil)
	results := []any{}
	for _, action := range actions {
		cmd := action.text("cmd")
		switch cmd {
		case "":
			return kartraError(254)
		case "retrieve_account_tags":
			reply["account_tags"] = append([]string{}, k.tags...)
			continue
		case "retrieve_custom_fields":
			reply["custom_fields"] = k.definitions()
			continue
		}
		lead, kind := k.find(named, 243)
		if kind != 0 {
			return kartraError(kind)
		}
		result := k.change(&lead, named, action)
		if result["status"] == "Success" {
			k.leads[lead.ID] = lead
		}
		results = append(results, map[string]any{cmd: result})
	}
	if len(results) > 0 {
		reply["actions"] = results
	}
	return reply
}

// change runs one command that is about a lead.
func (k *Kartra) change(lead *Lead, named, action kartraForm) map[string]any {
	switch action.text("cmd") {
	case "search_lead":
		return kartraSuccess(map[string]any{"lead_details": map[string]any{"id": lead.ID}})
	case "edit_lead":
		if !k.edit(lead, named) {
			return kartraError(271)
		}
		return kartraSuccess(map[string]any{"lead_details": map[string]any{"id": lead.ID}})
	case "assign_tag", "unassign_tag":
		return k.assign(lead, action)
	default:
		return kartraError(262)
	}
}

func (k *Kartra) assign(lead *Lead, action kartraForm) map[string]any {
	name, kind := action.text("tag_name"), "103"
	if !slices.Contains(k.tags, name) {
		return kartraError(212)
	}
	lead.Tags = slices.DeleteFunc(slices.Clone(lead.Tags), func(tag string) bool { return tag == name })
	if action.text("cmd") == "assign_tag" {
		lead.Tags = append(lead.Tags, name)
	} else {
		kind = "104"
	}
	return kartraSuccess(map[string]any{"type": kind})
}

// edit writes what it knows of a form and passes over the rest without a word. It reports whether custom
// fields are in the form they must have.
func (k *Kartra) edit(lead *Lead, to kartraForm) bool {
	for name, value := range lead.values() {
		if text, ok := to[name].(string); ok {
			*value = text
		}
	}
	if text := to.text("new_email"); text != "" {
		lead.Email = text
	}
	for _, custom := range to.at("custom_fields").inner() {
		field, known := k.field(custom.text("field_identifier"))
		if !known {
			continue
		}
		value, ok := field.read(custom["field_value"])
		if !ok {
			return false
		}
		lead.set(field.holding(value))
	}
	return true
}

// read turns a posted value into a lead's: choices are posted as ids of options, for check boxes as a list of
// them. An empty text clears.
func (f kartraField) read(posted any) (any, bool) {
	text, isText := posted.(string)
	if f.Type == "input_field" || text == "" && isText {
		return f.chosen(text), isText
	}
	ids := []any{posted}
	if f.Type == "checkbox" {
		list, _ := posted.(kartraForm)
		ids = slices.Collect(maps.Values(list))
	}
	chosen := []Option{}
	for _, option := range f.Options {
		if slices.Contains(ids, any(option.ID)) {
			chosen = append(chosen, option)
		}
	}
	return chosen, len(chosen) > 0 && len(chosen) == len(ids)
}

// definitions are the account's custom fields with all options there are.
func (k *Kartra) definitions() []CustomField {
	all := []CustomField{}
	for _, field := range k.fields {
		if field.Type == "input_field" {
			all = append(all, field.holding(""))
		} else {
			all = append(all, field.holding(append([]Option{}, field.Options...)))
		}
	}
	return all
}
