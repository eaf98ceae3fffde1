package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strconv"

	"usher/core"
)

// maxAnswer bounds what a command reads from the running Usher.
const maxAnswer = 256 << 20

// Client asks the running Usher. It satisfies Backend.
type Client struct {
	http *http.Client
}

// Dial finds the Usher that runs for a data folder; ErrNotRunning when there is none.
func Dial(ctx context.Context, dataDir string) (*Client, error) {
	path, err := socketPath(dataDir)
	if err != nil {
		return nil, err
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}
	conn, err := dial(ctx, "", "")
	switch {
	case errors.Is(err, fs.ErrPermission), ctx.Err() != nil:
		return nil, fmt.Errorf("reach running usher: %w", err)
	case err != nil: // no socket, or a leftover; systems name these differently
		return nil, ErrNotRunning
	}
	_ = conn.Close() // it was only a knock
	return &Client{http: &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}}, nil
}

// Status implements Backend.
func (c *Client) Status(ctx context.Context) (status core.Status, err error) {
	err = c.ask(ctx, http.MethodGet, "/status", nil, nil, &status)
	return status, err
}

// Deliveries implements Backend.
func (c *Client) Deliveries(ctx context.Context, limit int) (lines []core.Line, err error) {
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	err = c.ask(ctx, http.MethodGet, "/deliveries", query, nil, &lines)
	return lines, err
}

// Retry implements Backend.
func (c *Client) Retry(ctx context.Context, id string) (n int, err error) {
	err = c.ask(ctx, http.MethodPost, "/retry", url.Values{"id": {id}}, nil, &n)
	return n, err
}

// Decline implements Backend.
func (c *Client) Decline(ctx context.Context, id string) error {
	var nothing struct{}
	return c.ask(ctx, http.MethodPost, "/decline", url.Values{"id": {id}}, nil, &nothing)
}

// Setup implements Backend.
func (c *Client) Setup(ctx context.Context, file []byte) (done core.SetupAnswer, err error) {
	err = c.ask(ctx, http.MethodPost, "/setup", nil, file, &done)
	return done, err
}

// ConnectSite implements Backend.
func (c *Client) ConnectSite(ctx context.Context, address, user string, password core.Secret) (core.SiteAnswer, error) {
	return c.askSite(ctx, "/sites/connect", siteRequest{Address: address, User: user, Password: password.Reveal()})
}

// DisconnectSite implements Backend.
func (c *Client) DisconnectSite(ctx context.Context, address string) (core.SiteAnswer, error) {
	return c.askSite(ctx, "/sites/disconnect", siteRequest{Address: address})
}

// RemoveConnection implements Backend.
func (c *Client) RemoveConnection(ctx context.Context, name string) (done core.RemovalAnswer, err error) {
	err = c.ask(ctx, http.MethodPost, "/connections/remove", url.Values{"name": {name}}, nil, &done)
	return done, err
}

// ChangeAddress implements Backend.
func (c *Client) ChangeAddress(ctx context.Context, change core.AddressChange, ngrokToken core.Secret) (plan core.AddressPlan, err error) {
	err = c.hand(ctx, "/address", addressRequest{Change: change, Token: ngrokToken.Reveal()}, &plan)
	return plan, err
}

// SendTest implements Backend.
func (c *Client) SendTest(ctx context.Context, connection, contact string) (done core.TestAnswer, err error) {
	err = c.ask(ctx, http.MethodPost, "/test", url.Values{"connection": {connection}, "contact": {contact}}, nil, &done)
	return done, err
}

func (c *Client) askSite(ctx context.Context, path string, what siteRequest) (done core.SiteAnswer, err error) {
	err = c.hand(ctx, path, what, &done)
	return done, err
}

// hand sends what may hold a secret, in the body.
func (c *Client) hand(ctx context.Context, path string, what, into any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return errors.New("ask running usher: encode request") // the cause may quote the secret
	}
	return c.ask(ctx, http.MethodPost, path, nil, body, into)
}

func (c *Client) ask(ctx context.Context, method, path string, query url.Values, body []byte, into any) error {
	resp, err := c.send(ctx, method, path, query, body)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read running usher's answer: %w", err)
	}
	if resp.StatusCode == http.StatusUnprocessableEntity {
		var problem core.Problem
		if err := json.Unmarshal(data, &problem); err != nil {
			return fmt.Errorf("read running usher's answer: %w", err)
		}
		return &problem
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("read running usher's answer: %w", err)
	}
	return nil
}

func (c *Client) send(ctx context.Context, method, path string, query url.Values, body []byte) (*http.Response, error) {
	target := url.URL{Scheme: "http", Host: "usher", Path: path, RawQuery: query.Encode()}
	req, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask running usher: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask running usher: %w", err)
	}
	return resp, nil
}
