package wordpress

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"usher/core"
)

// helperJob is a job with how the helper is told of it.
type helperJob struct {
	job
	item helperItem
	size int // bytes of the item in the request
}

// writeByHelper writes with the helper, and over WordPress's own API what it declines.
func (c *Client) writeByHelper(ctx context.Context, info *helperInfo, jobs []job) {
	var ready []helperJob
	for _, j := range jobs {
		h, err := newHelperJob(info, j)
		if err != nil {
			j.fail(err)
			continue
		}
		ready = append(ready, h)
	}
	var declined declined
	left, err := inGroups(ready, info.fit, func(group []helperJob) error {
		return c.sendToHelper(ctx, info, group, &declined)
	})
	switch {
	case errors.Is(err, errGone):
		c.offers.forget()
		declined.roles = append(declined.roles, jobsOf(left)...)
	case err != nil:
		failAll(slices.Concat(jobsOf(left), declined.roles, declined.passwords), err)
		return
	}
	c.writeInstead(ctx, declined.roles)
	c.writePasswords(ctx, declined.passwords)
	c.showProtected(ctx, declined.users)
	c.showRepeated(ctx, declined.repeated)
}

// declined is what the helper leaves to others.
type declined struct {
	roles []job // a person allowed a role the helper gives nobody
	users []job // about users the helper does not touch; they have failed
	// passwords are jobs with a new password, which the helper does not change; the rest of
	// them is written.
	passwords []job
	// repeated are creates that were sent before, with other user meta to tell of than now.
	repeated []helperJob
}

func newHelperJob(info *helperInfo, j job) (helperJob, error) {
	h := helperJob{job: j, item: j.item()}
	if keys := slices.DeleteFunc(slices.Sorted(maps.Keys(h.item.Meta)), func(key string) bool { return !refusesMeta(key) }); len(keys) > 0 {
		return h, core.NewProblem("user.refused", nil).About(strings.Join(keys, ", "))
	}
	if sizeInPHP(h.item) > info.itemBytes {
		return h, h.tooBig()
	}
	encoded, err := json.Marshal(h.item)
	h.size = len(encoded) + len(",")
	return h, err
}

// item tells the helper of the job. The state a user is expected in can only be named if
// all the meta to be written was looked at then.
func (j job) item() helperItem {
	item := helperItem{Op: j.Op, Notify: j.Mail}
	if j.Create != nil {
		fields := printableFields(j.Create.Fields)
		delete(fields, "email")
		item.Email, item.Expect, item.Fields, item.Roles = j.order.body["email"].(string), "none", fields, j.Create.Roles
		item.Create = &helperCreate{j.Create.Login, j.Create.Password.Reveal(), j.Create.Generated}
		j.addMeta(&item)
		return item
	}
	item.ID, item.Login = j.Before.ID, j.Before.Login
	item.Fields, item.Roles = printableFields(j.Patch.Fields), j.Patch.Roles
	if j.Before.Mark != nil {
		item.crm = j.Before.Mark.CRM
	}
	j.addMeta(&item)
	hash, seen := stateParts(j.Before.State)
	unseen := slices.ContainsFunc(item.named(), func(key string) bool { return !slices.Contains(seen, key) })
	if hash != "" && !unseen {
		item.Expect, item.Show = hash, seen
	}
	return item
}

func (j job) addMeta(item *helperItem) {
	item.Meta = make(map[string]*string, len(j.Meta)+1)
	for key, value := range j.Meta {
		text := printable(value)
		item.Meta[key] = &text
	}
	if j.Mark == nil {
		return
	}
	item.crm = j.Mark.CRM
	if id := printable(j.Mark.ContactID); id != "" {
		item.Contact = &helperContact{j.Mark.CRM, id}
	}
	if j.Mark.Tags == nil {
		return
	}
	tags := []string{}
	for _, tag := range j.Mark.Tags {
		if tag = printable(tag); tag != "" {
			tags = append(tags, tag)
		}
	}
	item.Tags = &helperTags{j.Mark.CRM, tags}
}

func printableFields(fields core.Fields) core.Fields {
	clean := make(core.Fields, len(fields))
	for name, value := range fields {
		clean[name] = printable(value)
	}
	return clean
}

// printable leaves out what the helper refuses in texts, and WordPress drops anyway.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7F {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
}

// fit says how many of the jobs one request may hold.
func (i *helperInfo) fit(jobs []helperJob) int {
	mails, size := 0, len(`{"items":[]}`)
	for n, h := range jobs {
		if h.item.Notify {
			mails++
		}
		size += h.size
		if n > 0 && (n == i.items || mails > i.notified || size > i.bodyBytes) {
			return n
		}
	}
	return len(jobs)
}

// sendToHelper makes one request. Without an answer all its jobs have failed alike: the
// caller may send the same ops again, in smaller parts. It returns errors that make
// going on as before useless.
func (c *Client) sendToHelper(ctx context.Context, info *helperInfo, group []helperJob, declined *declined) error {
	items := make([]helperItem, len(group))
	for i, h := range group {
		items[i] = h.item
	}
	results, err := c.upsert(ctx, items)
	err = ended(ctx, err)
	switch {
	case errors.Is(err, errTooMuch) && len(group) == 1:
		group[0].fail(group[0].tooBig())
		return nil
	case errors.Is(err, errTooMuch), errors.Is(err, errGone), stops(err):
		return err
	case err != nil:
		failAll(jobsOf(group), err)
		return nil
	}
	for i, h := range group {
		c.settle(info, h, results[i], declined)
	}
	return nil
}

func (c *Client) settle(info *helperInfo, h helperJob, r helperResult, declined *declined) {
	switch {
	case r.Status == "created" && h.Create != nil && r.Created && r.After.tellsOther(h.item):
		*h.written = core.Written{User: core.User{ID: r.UserID}, Made: true, Mail: h.mail(r)}
		declined.repeated = append(declined.repeated, h)
	case r.Status == "created" || r.Status == "updated" || r.Status == "unchanged":
		h.take(r)
		if !h.Patch.Password.Empty() && h.written.Err == nil {
			declined.passwords = append(declined.passwords, h.job)
		}
	case r.Status == "conflict":
		h.conflict(r)
	case r.Status == "refused" && r.Code == "protected_role":
		declined.roles = append(declined.roles, h.job)
	case r.Status == "refused" && r.Code == "protected" && r.UserID > 0 && (h.Create != nil || h.Before.ID == r.UserID):
		h.changed(core.User{ID: r.UserID, Protected: true})
		declined.users = append(declined.users, h.job)
	case r.Status == "refused" && r.Code == "protected_meta":
		h.fail(core.NewProblem("user.refused", nil).About(strings.Join(slices.Sorted(maps.Keys(h.item.Meta)), ", ")))
	case r.Status == "error":
		if r.Code == "unknown_role" {
			c.offers.forget() // it was known when the write was planned
		}
		h.fail(c.itemProblem(info, h, r.Code))
	default:
		h.fail(brokenAnswer(errors.New("a result nobody understands")))
	}
}

// take reads what was written, now or when the op was sent before.
func (h helperJob) take(r helperResult) {
	state := r.After
	if state == nil && r.Status == "unchanged" {
		state = r.Before
	}
	user, err := state.user(h.item)
	if err == nil && !h.fits(r, user) {
		err = brokenAnswer(errors.New("another user than the one to write"))
	}
	if err != nil {
		h.fail(err)
		return
	}
	*h.written = core.Written{User: user, Made: r.Created, Mail: h.mail(r)}
}

func (h helperJob) mail(r helperResult) core.MailState {
	if !h.Mail {
		return core.MailNone
	}
	return mailState(r.Mail)
}

func (h helperJob) fits(r helperResult, user core.User) bool {
	if r.UserID != user.ID || r.Created != (r.Status == "created") {
		return false
	}
	if h.Create == nil {
		return user.ID == h.Before.ID && !r.Created
	}
	return !r.Created || strings.EqualFold(user.Email, h.item.Email)
}

func mailState(mail string) core.MailState {
	switch mail {
	case "":
		return core.MailNone
	case "sent":
		return core.MailSent
	case "failed", "stopped":
		return core.MailFailed
	case "not_new":
		return core.MailNotNew
	default:
		return core.MailUnknown
	}
}

func (h helperJob) conflict(r helperResult) {
	if r.Code == "gone" || r.Code == "other_user" {
		h.changed(core.User{})
		return
	}
	user, err := r.Before.user(h.item)
	if err == nil && h.Create == nil && user.ID != h.Before.ID {
		err = brokenAnswer(errors.New("another user than the one to write"))
	}
	if err != nil {
		h.fail(err)
		return
	}
	h.changed(user)
}

func (h helperJob) changed(now core.User) {
	*h.written = core.Written{User: now, Err: core.NewProblem("user.changed", nil)}
}

// itemCodes are the helper's and WordPress's codes for one item.
var itemCodes = map[string]string{
	"existing_user_email": "user.email_taken",
	"existing_user_login": "user.login_taken",
	"invalid_username":    "user.login_taken",
	"bad_login":           "user.login_taken", // the next choice may be better
	"user_name":           "user.login_taken", // on a network
	"user_email":          "user.on_network",
	"not_on_site":         "user.on_network",
	"no_user":             "user.gone",
	"bad_email":           "contact.bad_email",
}

// badParts are what the helper finds wrong with an item, in the words of the catalogue's details.
var badParts = map[string]string{
	"bad_password": "password", "bad_locale": "locale", "bad_roles": "roles", "bad_meta": "user meta",
	"bad_contact": "contact id", "bad_tags": "tags", "bad_item": "too much data", "bad_create": "user name and password",
}

func (c *Client) itemProblem(info *helperInfo, h helperJob, code string) error {
	if known, ok := itemCodes[code]; ok {
		return core.NewProblem(known, nil)
	}
	if part, ok := badParts[code]; ok {
		return core.NewProblem("user.refused", nil).About(part)
	}
	if field, ok := tooLong[code]; ok {
		return core.NewProblem("user.refused", nil).About(field)
	}
	switch code {
	case "unknown_role":
		return core.NewProblem("user.role_unknown", nil).About(h.unknownRole(info))
	case "bad_fields":
		return core.NewProblem("user.refused", nil).About(h.badField())
	default: // busy, failed, or what another plugin says: the site is well, for it said so
		p := core.NewProblem("site.server_error", nil).About(machineWord(code))
		p.Scope = core.OneItem
		return c.hush(p, h.item, "")
	}
}

// unknownRole is the role the site did not have when it told its roles; the only one, if
// it has lost it since.
func (h helperJob) unknownRole(info *helperInfo) string {
	for _, role := range h.item.Roles {
		if _, known := info.roles[role]; !known || len(h.item.Roles) == 1 {
			return role
		}
	}
	return ""
}

// badField finds the field that has no room in the database.
func (h helperJob) badField() string {
	for name, most := range map[string]int{"name": maxDisplayName, "url": maxURL} {
		if utf8.RuneCountInString(h.item.Fields[name]) > most {
			return name
		}
	}
	return "fields"
}

const maxURL = 100

// tooBig names what takes most of the room.
func (h helperJob) tooBig() error {
	what, most := "tags", len(strings.Join(h.tagValues(), ""))
	for name, value := range h.item.Fields {
		if len(value) > most {
			what, most = name, len(value)
		}
	}
	for key, value := range h.item.Meta {
		if value != nil && len(*value) > most {
			what, most = key, len(*value)
		}
	}
	return core.NewProblem("user.refused", nil).About(what)
}

func (h helperJob) tagValues() []string {
	if h.item.Tags == nil {
		return nil
	}
	return h.item.Tags.Values
}

// writeInstead writes over WordPress's own API what the helper cannot or does not do.
func (c *Client) writeInstead(ctx context.Context, jobs []job) {
	c.writeByCore(ctx, jobs)
	for _, j := range jobs {
		j.written.Left = j.written.Err == nil && j.extra()
	}
}

// writePasswords changes passwords over WordPress's own API. The users shown stay those the
// helper showed, which tells more.
func (c *Client) writePasswords(ctx context.Context, jobs []job) {
	written := make([]core.Written, len(jobs))
	orders := make([]job, len(jobs))
	for i, j := range jobs {
		patch := core.UserPatch{Password: j.Patch.Password}
		order, _ := alteration(j.Before.ID, patch) // nothing in it can be refused
		orders[i] = job{UserWrite: core.UserWrite{Before: j.Before, Patch: patch}, order: order, written: &written[i]}
	}
	c.writeByCore(ctx, orders)
	for i, j := range jobs {
		if err := written[i].Err; err != nil {
			j.fail(err)
		}
	}
}

// showProtected reads who is there instead of whom was planned for. Without an answer the
// id has to do.
func (c *Client) showProtected(ctx context.Context, jobs []job) {
	ids := make([]int64, len(jobs))
	for i, j := range jobs {
		ids[i] = j.written.User.ID
	}
	users, err := c.usersByID(ctx, ids)
	if err != nil {
		return
	}
	for _, j := range jobs {
		if user, there := users[j.written.User.ID]; there {
			user.Protected = true
			j.written.User = user
		}
	}
}

// showRepeated reads the users whose create was done before as they are now. The helper told
// of them what it was asked for then.
func (c *Client) showRepeated(ctx context.Context, repeated []helperJob) {
	if len(repeated) == 0 {
		return
	}
	found := make([]core.Found, len(repeated))
	lookups := make([]lookup, len(repeated))
	for i, h := range repeated {
		id := h.written.User.ID
		item := helperItem{Op: h.item.Op, DryRun: true, ID: id, Show: h.item.named(), crm: h.item.crm}
		lookups[i] = lookup{core.UserQuery{ID: id}, item, &found[i]}
	}
	odd, err := c.lookUp(ctx, lookups)
	if err == nil && len(odd) > 0 {
		err = brokenAnswer(errors.New("a user who was made cannot be shown"))
	}
	for i, h := range repeated {
		switch {
		case err != nil:
			h.fail(ended(ctx, err))
		case !found[i].OK:
			h.fail(core.NewProblem("user.gone", nil))
		case found[i].User.Protected:
			h.changed(found[i].User)
		default:
			h.written.User = found[i].User
		}
	}
}

func jobsOf(group []helperJob) []job {
	jobs := make([]job, len(group))
	for i, h := range group {
		jobs[i] = h.job
	}
	return jobs
}
