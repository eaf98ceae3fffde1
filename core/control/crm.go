package control

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"usher/core"
)

// signInRequest is what BeginSignIn and FinishSignIn send, with the code in clear.
type signInRequest struct {
	Account  string `json:"account"`
	Redirect string `json:"redirect,omitempty"`
	Code     string `json:"code,omitempty"`
}

// BeginSignIn implements Backend.
func (c *Client) BeginSignIn(ctx context.Context, account, redirect string) (in core.SignIn, err error) {
	err = c.hand(ctx, "/accounts/begin-sign-in", signInRequest{Account: account, Redirect: redirect}, &in)
	return in, err
}

// FinishSignIn implements Backend.
func (c *Client) FinishSignIn(ctx context.Context, account, redirect string, code core.Secret) (done core.SignInAnswer, err error) {
	err = c.hand(ctx, "/accounts/finish-sign-in", signInRequest{Account: account, Redirect: redirect, Code: code.Reveal()}, &done)
	return done, err
}

// RegisterWebhook implements Backend.
func (c *Client) RegisterWebhook(ctx context.Context, connection string, action core.Action) (done core.RegistrationAnswer, err error) {
	err = c.ask(ctx, http.MethodPost, "/connections/register", url.Values{"name": {connection}, "action": {string(action)}}, nil, &done)
	return done, err
}

// UnregisterWebhook implements Backend.
func (c *Client) UnregisterWebhook(ctx context.Context, connection string) (done core.RegistrationAnswer, err error) {
	err = c.ask(ctx, http.MethodPost, "/connections/unregister", url.Values{"name": {connection}}, nil, &done)
	return done, err
}

// answerCRMs answers what is asked about accounts at CRMs.
func answerCRMs(mux *http.ServeMux, backend Backend) {
	mux.HandleFunc("POST /accounts/begin-sign-in", signIn(func(ctx context.Context, asked signInRequest) (any, error) {
		return backend.BeginSignIn(ctx, asked.Account, asked.Redirect)
	}))
	mux.HandleFunc("POST /accounts/finish-sign-in", signIn(func(ctx context.Context, asked signInRequest) (any, error) {
		return backend.FinishSignIn(ctx, asked.Account, asked.Redirect, core.NewSecret(asked.Code))
	}))
	mux.HandleFunc("POST /connections/register", func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		done, err := backend.RegisterWebhook(r.Context(), query.Get("name"), core.Action(query.Get("action")))
		answer(w, done, err)
	})
	mux.HandleFunc("POST /connections/unregister", func(w http.ResponseWriter, r *http.Request) {
		done, err := backend.UnregisterWebhook(r.Context(), r.URL.Query().Get("name"))
		answer(w, done, err)
	})
}

// signIn reads a request about a sign-in.
func signIn(do func(context.Context, signInRequest) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var asked signInRequest
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&asked); err != nil {
			answer(w, nil, core.NewProblem("crm.other_answered", nil)) // the cause may quote the code
			return
		}
		done, err := do(r.Context(), asked)
		answer(w, done, err)
	}
}
