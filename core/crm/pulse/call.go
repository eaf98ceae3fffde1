package pulse

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"usher/core"
	"usher/core/rest"
)

// get reads the JSON object at a path below the API.
func (c *client) get(ctx context.Context, path string, query url.Values) (map[string]any, error) {
	answer, err := c.call(ctx, http.MethodGet, path, query)
	if err != nil {
		return nil, err
	}
	return object(answer)
}

// post sends a form and reads the JSON object that answers it.
func (c *client) post(ctx context.Context, path string, form url.Values) (map[string]any, error) {
	answer, err := c.call(ctx, http.MethodPost, path, form)
	if err != nil {
		return nil, err
	}
	return object(answer)
}

// call sends values as the query of a GET, else as a form, and returns an answer that went
// well. An access token that is refused is renewed once: what the API did not let in it has
// not done.
func (c *client) call(ctx context.Context, method, path string, values url.Values) (*rest.Response, error) {
	token, err := c.tokens.access(ctx)
	if err != nil {
		return nil, err
	}
	if !token.Empty() {
		answer, err := c.send(ctx, method, path, values, token)
		if !core.HasCode(err, "crm.sign_in") {
			return answer, err
		}
	}
	if token, err = c.tokens.renew(ctx, token); err != nil {
		return nil, err
	}
	return c.send(ctx, method, path, values, token)
}

func (c *client) send(ctx context.Context, method, path string, values url.Values, token core.Secret) (*rest.Response, error) {
	req, err := c.request(ctx, method, path, values)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token.Reveal())
	req.Header.Set("Accept", "application/json")
	answer, err := c.http.Do(req)
	if err != nil {
		return nil, problemOf(err)
	}
	if p := classify(answer); p != nil {
		return nil, p
	}
	return answer, nil
}

// request keeps the slash some paths end in: without it the server redirects.
func (c *client) request(ctx context.Context, method, path string, values url.Values) (*http.Request, error) {
	address := c.base.String() + path
	if method == http.MethodGet {
		if len(values) > 0 {
			address += "?" + values.Encode()
		}
		return http.NewRequestWithContext(ctx, method, address, nil)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(values.Encode()))
	if err == nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return req, err
}

// object reads an answer that must be a JSON object.
func object(answer *rest.Response) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(answer.Body))
	dec.UseNumber() // ids keep every digit
	var object map[string]any
	if err := dec.Decode(&object); err != nil {
		return nil, notUnderstood()
	}
	return object, nil
}
