package control

import (
	"context"
	"encoding/json"
	"net/http"

	"usher/core"
)

// What a window asks for goes to a path of its own, with its argument as JSON.

// Overview implements Backend.
func (c *Client) Overview(ctx context.Context) (overview core.Overview, err error) {
	err = c.hand(ctx, "/view/overview", nil, &overview)
	return overview, err
}

// Watch implements Backend.
func (c *Client) Watch(ctx context.Context, since uint64) (version uint64, err error) {
	err = c.hand(ctx, "/view/watch", since, &version)
	return version, err
}

// Activity implements Backend.
func (c *Client) Activity(ctx context.Context, q core.ActivityQuery) (page core.Activity, err error) {
	err = c.hand(ctx, "/view/activity", q, &page)
	return page, err
}

// Detail implements Backend.
func (c *Client) Detail(ctx context.Context, id string) (detail core.Detail, err error) {
	err = c.hand(ctx, "/view/detail", id, &detail)
	return detail, err
}

// People implements Backend.
func (c *Client) People(ctx context.Context, text string) (people []core.PersonView, err error) {
	err = c.hand(ctx, "/view/people", text, &people)
	return people, err
}

// CRMs implements Backend.
func (c *Client) CRMs(ctx context.Context) (list []core.Descriptor, err error) {
	err = c.hand(ctx, "/view/crms", nil, &list)
	return list, err
}

// Choices implements Backend.
func (c *Client) Choices(ctx context.Context, connection string) (choices core.Choices, err error) {
	err = c.hand(ctx, "/view/choices", connection, &choices)
	return choices, err
}

// Misses implements Backend.
func (c *Client) Misses(ctx context.Context) (misses []core.Miss, err error) {
	err = c.hand(ctx, "/view/misses", nil, &misses)
	return misses, err
}

// WebhookURLs implements Backend.
func (c *Client) WebhookURLs(ctx context.Context, connection string) (done core.SetupAnswer, err error) {
	err = c.hand(ctx, "/connections/urls", connection, &done)
	return done, err
}

// RotateKey implements Backend.
func (c *Client) RotateKey(ctx context.Context, connection string, endOld bool) (done core.SetupAnswer, err error) {
	err = c.hand(ctx, "/connections/rotate", rotateRequest{Connection: connection, EndOld: endOld}, &done)
	return done, err
}

// Pause implements Backend.
func (c *Client) Pause(ctx context.Context, connection string, paused bool) error {
	var nothing struct{}
	return c.hand(ctx, "/pause", pauseRequest{Connection: connection, Paused: paused}, &nothing)
}

type rotateRequest struct {
	Connection string `json:"connection"`
	EndOld     bool   `json:"end_old,omitempty"`
}

type pauseRequest struct {
	Connection string `json:"connection,omitempty"`
	Paused     bool   `json:"paused"`
}

// answerViews answers what a window asks.
func answerViews(mux *http.ServeMux, b Backend) {
	on(mux, "/view/overview", func(ctx context.Context, _ any) (core.Overview, error) { return b.Overview(ctx) })
	on(mux, "/view/watch", b.Watch)
	on(mux, "/view/activity", b.Activity)
	on(mux, "/view/detail", b.Detail)
	on(mux, "/view/people", b.People)
	on(mux, "/view/crms", func(ctx context.Context, _ any) ([]core.Descriptor, error) { return b.CRMs(ctx) })
	on(mux, "/view/choices", b.Choices)
	on(mux, "/view/misses", func(ctx context.Context, _ any) ([]core.Miss, error) { return b.Misses(ctx) })
	on(mux, "/connections/urls", b.WebhookURLs)
	on(mux, "/connections/rotate", func(ctx context.Context, asked rotateRequest) (core.SetupAnswer, error) {
		return b.RotateKey(ctx, asked.Connection, asked.EndOld)
	})
	on(mux, "/pause", func(ctx context.Context, asked pauseRequest) (struct{}, error) {
		return struct{}{}, b.Pause(ctx, asked.Connection, asked.Paused)
	})
}

// on answers a path whose request is a In as JSON.
func on[In, Out any](mux *http.ServeMux, path string, do func(context.Context, In) (Out, error)) {
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		var asked In
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&asked); err != nil {
			answer(w, nil, core.NewProblem("command.not_understood", nil)) // the cause may quote a secret
			return
		}
		done, err := do(r.Context(), asked)
		answer(w, done, err)
	})
}
