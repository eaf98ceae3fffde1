package connections

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2/test"

	"usher/core"
	"usher/ui/look/looktest"
)

// edit tests what a person does on the form of rules.
func edit(t *testing.T, do func(t *testing.T, s *Screen, r *rules, backend *fake)) {
	t.Helper()
	act(t, func(t *testing.T, s *Screen, backend *fake, _ *theHost) {
		s.page.tabs.Choose(2)
		do(t, s, s.page.rules, backend)
	})
}

func TestOnlyWhatChangedIsSaved(t *testing.T) {
	const head = `{"site":{"url":"https://yogawithann.com"},"crm":{"kind":"ontraport","name":"ontraport"},"connection":{"name":"Shop",`
	cases := map[string]struct {
		do   func(*rules)
		want string
	}{
		"role by name":   {func(r *rules) { r.role.SetText("Customer") }, `"default_role":"customer"}}`},
		"the usual role": {func(r *rules) { r.role.SetText("") }, `"default_role":""}}`},
		"another role":   {func(r *rules) { r.role.SetText("shop_helper ") }, `"default_role":"shop_helper"}}`},
		"most":           {func(r *rules) { r.most.SetText("70") }, `"most_new_users":70}}`},
		"the usual most": {func(r *rules) { r.most.SetText("") }, `"most_new_users":0}}`},
		"allowed role": {func(r *rules) {
			test.Tap(r.allowed.add)
			r.allowed.rows[0].cells[0].SetText("Author")
		}, `"allowed_roles":["author"]}}`},
		"another tag rule": {func(r *rules) {
			test.Tap(r.tags.add)
			r.tags.rows[1].cells[0].SetText("Welcome")
			r.tags.rows[1].cells[1].SetText("Subscriber")
		}, `"tag_rules":[{"tag":"VIP","role":"customer"},{"tag":"Welcome","role":"subscriber"}]}}`},
		"no tag rule": {func(r *rules) { r.tags.drop(r.tags.rows[0].line) }, `"tag_rules":[]}}`},
		"field map": {func(r *rules) {
			r.fields.rows[0].cells[1].SetText("nickname")
		}, `"field_map":{"firstname":"nickname","lastname":"last_name"}}}`},
		"usual fields":   {func(r *rules) { test.Tap(r.usual) }, `"field_map":{"firstname":"first_name"}}}`},
		"password field": {func(r *rules) { r.password.SetText("WP password") }, `"return_password_field":"f1"}}`},
		"done tag":       {func(r *rules) { r.done.SetText("Welcome") }, `"done_tag":"Welcome"}}`},
		"e-mails":        {func(r *rules) { test.Tap(r.emails) }, `"change_emails":true}}`},
		"passwords":      {func(r *rules) { test.Tap(r.pwords) }, `"change_passwords":true}}`},
		"the CRM wins":   {func(r *rules) { test.Tap(r.wins) }, `"crm_wins":false}}`},
		"two at once":    {func(r *rules) { r.most.SetText("7"); test.Tap(r.wins) }, `"most_new_users":7,"crm_wins":false}}`},
	}
	edit(t, func(t *testing.T, s *Screen, r *rules, backend *fake) {
		for name, c := range cases {
			backend.told = nil
			r.fill(shop().Rules)
			if r.edited() || !r.save.Disabled() {
				t.Fatalf("%s: edited from the start: %+v", name, r.edits())
			}
			c.do(r)
			test.Tap(r.save)
			settle(s)
			if got := backend.toldOf("setup"); !slices.Equal(got, []string{head + c.want}) {
				t.Errorf("%s: told %s, want %s", name, got, head+c.want)
			}
			if r.edited() || !r.save.Disabled() {
				t.Errorf("%s: not taken as saved", name)
			}
		}
	})
}

func TestWhatIsHalfTypedSurvivesNews(t *testing.T) {
	edit(t, func(t *testing.T, s *Screen, r *rules, backend *fake) {
		canvas := s.stage.Window.Canvas()
		canvas.Focus(r.done)
		test.Type(r.done, "Wel")
		test.Tap(r.tags.add)
		settle(s)
		now := full()
		now.Connections[0].Rules.DefaultRole = "customer" // somebody else changed it
		s.Update(now)
		settle(s)
		if r.done.Text != "Wel" || len(r.tags.rows) != 2 {
			t.Fatalf("typed %q, %d tags", r.done.Text, len(r.tags.rows))
		}
		test.Tap(r.save)
		settle(s)
		if got := backend.toldOf("setup"); len(got) != 1 || !slices.Equal(got, []string{`{"site":{"url":"https://yogawithann.com"},"crm":{"kind":"ontraport","name":"ontraport"},"connection":{"name":"Shop","done_tag":"Wel"}}`}) {
			t.Errorf("what somebody else changed is written over: %s", got)
		}
	})
}

func TestNewsIsShownWhileNothingIsTyped(t *testing.T) {
	edit(t, func(t *testing.T, s *Screen, r *rules, _ *fake) {
		now := full()
		now.Connections[0].Rules.DefaultRole = "customer"
		s.Update(now)
		if r.role.Text != "Customer" {
			t.Errorf("shows %q", r.role.Text)
		}
	})
}

func TestOldNewsDoesNotUndoWhatWasSaved(t *testing.T) {
	edit(t, func(t *testing.T, s *Screen, r *rules, _ *fake) {
		r.done.SetText("Welcome")
		test.Tap(r.save)
		settle(s)
		s.Update(full()) // from before
		if r.done.Text != "Welcome" {
			t.Errorf("shows %q", r.done.Text)
		}
	})
}

func TestWhatCannotBeSavedStays(t *testing.T) {
	edit(t, func(t *testing.T, s *Screen, r *rules, backend *fake) {
		problem := core.NewProblem("site.unauthorized", nil)
		backend.fail("setup", problem)
		r.done.SetText("Welcome")
		test.Tap(r.save)
		if !looktest.Shows(s.Content(), "Saving. Usher asks your site first.") || !r.save.Disabled() {
			t.Error("nothing says that it is being saved")
		}
		settle(s)
		if !looktest.Shows(s.Content(), problem.Title) || !looktest.Shows(s.Content(), problem.Fix) {
			t.Errorf("shown: %q", looktest.Drawn(s.Content()))
		}
		if r.done.Text != "Welcome" || r.save.Disabled() {
			t.Error("what was typed is lost, or cannot be saved again")
		}
		test.Tap(r.undo)
		if r.done.Text != "" || looktest.Shows(s.Content(), problem.Title) {
			t.Error("not undone")
		}
	})
}

func TestWhatIsTypedWrongIsSaidBeforeItIsSent(t *testing.T) {
	cases := map[string]struct {
		do   func(*rules)
		want string
	}{
		"no number":    {func(r *rules) { r.most.SetText("many") }, "Type a whole number, 1 or more, or leave it empty."},
		"none at all":  {func(r *rules) { r.most.SetText("0") }, "Type a whole number, 1 or more, or leave it empty."},
		"half a tag":   {func(r *rules) { r.tags.append("Gold"); r.changed() }, "Give each tag a role, or remove the row."},
		"half a field": {func(r *rules) { r.fields.append("", "nickname"); r.changed() }, "Fill in both sides, or remove the row."},
		"field twice":  {func(r *rules) { r.fields.append("First Name", "nickname"); r.changed() }, "“First Name” stands here twice. Remove one of the rows."},
	}
	edit(t, func(t *testing.T, s *Screen, r *rules, backend *fake) {
		for name, c := range cases {
			r.fill(shop().Rules)
			c.do(r)
			test.Tap(r.save)
			settle(s)
			if !looktest.Shows(s.Content(), c.want) || len(backend.toldOf("setup")) != 0 {
				t.Errorf("%s: sent %q, shown %q", name, backend.toldOf("setup"), looktest.Drawn(s.Content()))
			}
			r.emails.SetChecked(!r.emails.Checked)
			if looktest.Shows(s.Content(), c.want) {
				t.Errorf("%s: still said after another change", name)
			}
		}
	})
}

func TestRulesAreEditedWithoutChoices(t *testing.T) {
	edit(t, func(t *testing.T, s *Screen, _ *rules, backend *fake) {
		backend.fail("choices", core.NewProblem("site.unreachable", nil))
		s.back()
		s.Show("Shop")
		settle(s)
		if !looktest.Shows(s.Content(), core.NewProblem("site.unreachable", nil).Title) {
			t.Errorf("shown: %q", looktest.Drawn(s.Content()))
		}
		r := s.page.rules
		if r.role.Text != "subscriber" || r.edited() {
			t.Errorf("role %q, edits %+v", r.role.Text, r.edits())
		}
		r.role.SetText("customer")
		backend.fail("choices", nil)
		test.Tap(looktest.Button(t, s.Content(), "Try again"))
		settle(s)
		if r.role.Text != "customer" {
			t.Errorf("the choices wrote over %q", r.role.Text)
		}
	})
}

func TestFieldsLabelledAlikeAreToldApart(t *testing.T) {
	fields := []core.CRMField{{Key: "f1", Label: "Phone"}, {Key: "f2", Label: "Phone"}, {Key: "f3", Label: "City"}, {Key: "f4"}}
	for _, f := range fields {
		if got := fieldKey(fields, fieldName(fields, f.Key)); got != f.Key {
			t.Errorf("%s is shown as %q, read as %q", f.Key, fieldName(fields, f.Key), got)
		}
	}
	if got := fieldKey(fields, " typed "); got != "typed" {
		t.Errorf("read %q", got)
	}
}
