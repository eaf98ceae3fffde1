package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"usher/core"
)

// Copies are copies of a whole Usher, made while it runs. They hold names and e-mail
// addresses; what was received is sealed. Errors are Problems, or those of to.
type Copies interface {
	// Export writes a move file, described in the move package: everything, with all secrets,
	// sealed with a passphrase. With stop Usher first stops all it does, also at the door, until
	// Pause says what is to be.
	Export(ctx context.Context, to io.Writer, passphrase core.Secret, stop bool) error
	// Backup writes a copy of the data file, which is of use only with the secrets on this
	// computer.
	Backup(ctx context.Context, to io.Writer) error
}

// exportRequest is what Export sends, with the passphrase in clear.
type exportRequest struct {
	Passphrase string `json:"passphrase"`
	Stop       bool   `json:"stop"`
}

// Export implements Backend.
func (c *Client) Export(ctx context.Context, to io.Writer, passphrase core.Secret, stop bool) error {
	return c.take(ctx, "/copies/export", exportRequest{Passphrase: passphrase.Reveal(), Stop: stop}, to)
}

// Backup implements Backend.
func (c *Client) Backup(ctx context.Context, to io.Writer) error {
	return c.take(ctx, "/copies/backup", nil, to)
}

func answerCopies(mux *http.ServeMux, b Backend) {
	mux.HandleFunc("POST /copies/export", func(w http.ResponseWriter, r *http.Request) {
		var asked exportRequest
		if json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&asked) != nil {
			answer(w, nil, core.NewProblem("move.passphrase_short", nil)) // the cause may quote it
			return
		}
		stream(w, func(to io.Writer) error {
			return b.Export(r.Context(), to, core.NewSecret(asked.Passphrase), asked.Stop)
		})
	})
	mux.HandleFunc("POST /copies/backup", func(w http.ResponseWriter, r *http.Request) {
		stream(w, func(to io.Writer) error { return b.Backup(r.Context(), to) })
	})
}

// ended is the trailer that says how a stream ended: "well", or with a Problem. Without it
// the stream was cut off.
const (
	ended     = "Usher-Ended"
	endedWell = "well"
)

// stream answers with a stream.
func stream(w http.ResponseWriter, write func(io.Writer) error) {
	w.Header().Set("Trailer", ended)
	w.Header().Set("Content-Type", "application/octet-stream")
	how := endedWell
	if err := write(w); err != nil {
		problem, _ := json.Marshal(core.AsProblem(err)) // code and detail always can be
		how = string(problem)                           // JSON is one line
	}
	w.Header().Set(ended, how)
}

// take asks for a stream and writes it to to, whatever its length.
func (c *Client) take(ctx context.Context, path string, what any, to io.Writer) error {
	body, err := json.Marshal(what)
	if err != nil {
		return errors.New("ask running usher: encode request") // the cause may quote the secret
	}
	resp, err := c.send(ctx, http.MethodPost, path, nil, body)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(to, resp.Body); err != nil {
		return fmt.Errorf("take copy from running usher: %w", err)
	}
	how := resp.Trailer.Get(ended)
	if how == endedWell {
		return nil
	}
	var problem core.Problem
	if json.Unmarshal([]byte(how), &problem) != nil {
		return errors.New("take copy from running usher: it is cut off")
	}
	return &problem
}
