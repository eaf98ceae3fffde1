package control

import (
	"context"
	"slices"
	"strings"
	"testing"

	"usher/core"
)

func (e *engine) BeginSignIn(_ context.Context, account, redirect string) (core.SignIn, error) {
	e.asked = account + " " + redirect
	return core.SignIn{CRM: "Pulse", Page: "https://portal.test/?a=1&b=2", Redirect: redirect, State: "state"}, e.err
}

func (e *engine) FinishSignIn(_ context.Context, account, redirect string, code core.Secret) (core.SignInAnswer, error) {
	e.asked = strings.Join([]string{account, redirect, code.Reveal()}, " ")
	return core.SignInAnswer{Account: account, CRM: "Pulse", Notes: []string{"a note"}}, e.err
}

func (e *engine) RegisterWebhook(_ context.Context, connection string, action core.Action) (core.RegistrationAnswer, error) {
	e.asked = connection + " " + string(action)
	return core.RegistrationAnswer{Connection: connection, Actions: []core.Action{action}, Address: "https://hooks.test"}, e.err
}

func (e *engine) UnregisterWebhook(_ context.Context, connection string) (core.RegistrationAnswer, error) {
	e.asked = connection
	return core.RegistrationAnswer{Connection: connection, Actions: []core.Action{}}, e.err
}

func TestQuestionsAboutCRMsArrive(t *testing.T) {
	e := &engine{}
	client := start(t, t.TempDir(), e)
	ctx := t.Context()
	const redirect = "http://127.0.0.1:8738/pulse"
	if in, err := client.BeginSignIn(ctx, "Ann & Co", redirect); err != nil || in != (core.SignIn{CRM: "Pulse", Page: "https://portal.test/?a=1&b=2", Redirect: redirect, State: "state"}) || e.asked != "Ann & Co "+redirect {
		t.Errorf("begin %+v, %v, asked %q", in, err, e.asked)
	}
	if done, err := client.FinishSignIn(ctx, "pulse", redirect, core.NewSecret("a code")); err != nil || done.Account != "pulse" || len(done.Notes) != 1 || e.asked != "pulse "+redirect+" a code" {
		t.Errorf("finish %+v, %v, asked %q", done, err, e.asked)
	}
	if done, err := client.RegisterWebhook(ctx, "Ontraport → shop.test", core.UpdateTags); err != nil || !slices.Equal(done.Actions, []core.Action{core.UpdateTags}) || e.asked != "Ontraport → shop.test update_tags" {
		t.Errorf("register %+v, %v, asked %q", done, err, e.asked)
	}
	if done, err := client.UnregisterWebhook(ctx, "shop"); err != nil || done.Connection != "shop" || len(done.Actions) != 0 || e.asked != "shop" {
		t.Errorf("unregister %+v, %v, asked %q", done, err, e.asked)
	}
	e.err = core.NewProblem("crm.redirect_taken", nil).About("127.0.0.1:8738")
	if _, err := client.BeginSignIn(ctx, "pulse", ""); !core.HasCode(err, "crm.redirect_taken") {
		t.Errorf("got %v", err)
	}
}

func TestASignInHasALimitAndAForm(t *testing.T) {
	e := &engine{}
	client := start(t, t.TempDir(), e)
	_, err := client.FinishSignIn(t.Context(), "pulse", "", core.NewSecret(strings.Repeat("x", maxRequest)))
	if !core.HasCode(err, "crm.other_answered") || e.asked != "" {
		t.Errorf("got %v, asked %d bytes", err, len(e.asked))
	}
	err = client.ask(t.Context(), "POST", "/accounts/finish-sign-in", nil, []byte(`{"code":7}`), new(core.SignInAnswer))
	if !core.HasCode(err, "crm.other_answered") || e.asked != "" {
		t.Errorf("got %v, asked %q", err, e.asked)
	}
	for _, path := range []string{"/accounts/begin-sign-in", "/accounts/finish-sign-in", "/connections/register", "/connections/unregister"} {
		if err := client.ask(t.Context(), "GET", path, nil, nil, new(any)); err == nil {
			t.Errorf("GET %s was answered", path)
		}
	}
}
