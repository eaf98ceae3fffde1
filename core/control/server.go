package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"usher/core"
)

const (
	maxRequest   = 1 << 20 // bytes of a set-up file
	maxListed    = 100_000
	stopPatience = 2 * time.Second
)

// Listen opens the socket: from then on commands find this Usher. The caller must hold
// the data file, so that a socket found in the way is a leftover.
func Listen(ctx context.Context, dataDir string) (net.Listener, error) {
	path, err := socketPath(dataDir)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove old control socket: %w", err)
	}
	listener, err := listenPrivately(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("listen for commands: %w", err)
	}
	return listener, nil
}

// Serve answers commands until ctx ends, then closes the listener.
func Serve(ctx context.Context, listener net.Listener, backend Backend) error {
	server := &http.Server{
		Handler:           handler(backend),
		ReadHeaderTimeout: 5 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("answer commands: %w", err)
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
	defer cancel()
	if err := server.Shutdown(patience); err != nil {
		_ = server.Close() // whoever still waits is told by the closed connection
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("answer commands: %w", err)
	}
	return nil
}

func handler(backend Backend) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, r *http.Request) {
		status, err := backend.Status(r.Context())
		answer(w, status, err)
	})
	mux.HandleFunc("GET /deliveries", func(w http.ResponseWriter, r *http.Request) {
		limit, err := strconv.Atoi(r.FormValue("limit"))
		if err != nil || limit < 0 || limit > maxListed {
			limit = maxListed
		}
		lines, err := backend.Deliveries(r.Context(), limit)
		answer(w, lines, err)
	})
	mux.HandleFunc("POST /retry", func(w http.ResponseWriter, r *http.Request) {
		n, err := backend.Retry(r.Context(), r.URL.Query().Get("id"))
		answer(w, n, err)
	})
	mux.HandleFunc("POST /decline", func(w http.ResponseWriter, r *http.Request) {
		answer(w, struct{}{}, backend.Decline(r.Context(), r.URL.Query().Get("id")))
	})
	mux.HandleFunc("POST /setup", func(w http.ResponseWriter, r *http.Request) {
		file, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
		if err != nil {
			answer(w, nil, core.NewProblem("setup.invalid", err).About("the file is too large"))
			return
		}
		done, err := backend.Setup(r.Context(), file)
		answer(w, done, err)
	})
	mux.HandleFunc("POST /connections/remove", func(w http.ResponseWriter, r *http.Request) {
		done, err := backend.RemoveConnection(r.Context(), r.URL.Query().Get("name"))
		answer(w, done, err)
	})
	mux.HandleFunc("POST /sites/connect", site(func(ctx context.Context, asked siteRequest) (core.SiteAnswer, error) {
		return backend.ConnectSite(ctx, asked.Address, asked.User, core.NewSecret(asked.Password))
	}))
	mux.HandleFunc("POST /sites/disconnect", site(func(ctx context.Context, asked siteRequest) (core.SiteAnswer, error) {
		return backend.DisconnectSite(ctx, asked.Address)
	}))
	answerCRMs(mux, backend)
	answerViews(mux, backend)
	answerCare(mux, backend)
	answerShow(mux, backend)
	answerCopies(mux, backend)
	mux.HandleFunc("POST /address", func(w http.ResponseWriter, r *http.Request) {
		var asked addressRequest
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&asked); err != nil {
			answer(w, nil, core.NewProblem("address.bad_url", nil)) // the cause may quote the token
			return
		}
		plan, err := backend.ChangeAddress(r.Context(), asked.Change, core.NewSecret(asked.Token))
		answer(w, plan, err)
	})
	mux.HandleFunc("POST /test", func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		done, err := backend.SendTest(r.Context(), query.Get("connection"), query.Get("contact"))
		answer(w, done, err)
	})
	return mux
}

// site reads a request about a site.
func site(do func(context.Context, siteRequest) (core.SiteAnswer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var asked siteRequest
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&asked); err != nil {
			answer(w, nil, core.NewProblem("site.invalid", nil)) // the cause may quote the password
			return
		}
		done, err := do(r.Context(), asked)
		answer(w, done, err)
	}
}

// answer sends v, or the Problem in err with status 422.
func answer(w http.ResponseWriter, v any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		v = core.AsProblem(err)
	}
	_ = json.NewEncoder(w).Encode(v) // the command has gone away
}
