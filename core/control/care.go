package control

import (
	"context"
	"net/http"

	"usher/core"
)

// Forget implements Backend.
func (c *Client) Forget(ctx context.Context, who core.PersonRef) (done core.ForgetAnswer, err error) {
	err = c.hand(ctx, "/people/forget", who, &done)
	return done, err
}

// ChangeKeeping implements Backend.
func (c *Client) ChangeKeeping(ctx context.Context, change core.KeepingChange) (now core.Keeping, err error) {
	err = c.hand(ctx, "/keeping", change, &now)
	return now, err
}

// answerCare answers what is asked about data that goes again.
func answerCare(mux *http.ServeMux, b Backend) {
	on(mux, "/people/forget", b.Forget)
	on(mux, "/keeping", b.ChangeKeeping)
}
