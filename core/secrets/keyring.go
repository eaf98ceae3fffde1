package secrets

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	gokeyring "github.com/zalando/go-keyring"

	"usher/core"
)

const (
	service = "usher" // what the person sees the entries filed under

	// callTimeout is far above the 1–8 ms measured with gnome-keyring 42, and short
	// enough for a window to wait.
	callTimeout = 3 * time.Second
)

// Keyring keeps secrets in the operating system's keyring, one entry each, under the
// service "usher" and the account "<store id>/<name>", so that two stores on one
// computer do not meet.
//
// No call takes longer than three seconds. A keyring that waits for a person to unlock
// it, or a bus that hangs, is the Problem keyring.locked. The call itself cannot be
// taken back and goes on in its goroutine. So calls have one turn, which that goroutine
// keeps until it ends: there is never more than one, a Set that comes late cannot
// overtake a newer one, and calls made meanwhile are keyring.locked too. Once the person
// answers, the next call goes through. A Set or Delete that was given up may so still
// happen.
//
// A call has the system ask the person to unlock a locked keyring. Whoever sends that
// question away meets it again with the next Set or Delete, which they cause themselves;
// a Get, which Usher makes of its own accord, then only looks whether the keyring is
// still locked, for an hour.
type Keyring struct {
	storeID string
	system  system
	timeout time.Duration
	turn    chan struct{} // holds one token while a call runs
	refused time.Time     // when a person last left it locked; belongs to whoever has the turn
}

// leaveAlone is how long a person who left the keyring locked is not asked again.
const leaveAlone = time.Hour

// system is what Keyring needs of go-keyring.
type system interface {
	Get(service, account string) (string, error)
	Set(service, account, text string) error
	Delete(service, account string) error
	// Locked reports whether the keyring is known to be locked, without asking anybody to
	// unlock it.
	Locked() bool
}

// NewKeyring names the entries of one store. It calls nothing.
func NewKeyring(storeID string) *Keyring { return newKeyring(storeID, goKeyring{}, callTimeout) }

func newKeyring(storeID string, system system, timeout time.Duration) *Keyring {
	return &Keyring{storeID: storeID, system: system, timeout: timeout, turn: make(chan struct{}, 1)}
}

// Kind is "keyring".
func (k *Keyring) Kind() string { return "keyring" }

// Get returns the secret last set under name.
func (k *Keyring) Get(ctx context.Context, name string) (core.Secret, error) {
	text, err := k.call(ctx, func() (string, error) {
		if time.Since(k.refused) < leaveAlone && k.system.Locked() {
			return "", errStillLocked
		}
		return k.system.Get(service, k.account(name))
	})
	if err != nil {
		return core.Secret{}, err
	}
	return core.NewSecret(text), nil
}

// Set keeps s under name, instead of what was there.
func (k *Keyring) Set(ctx context.Context, name string, s core.Secret) error {
	if err := check(s); err != nil {
		return err
	}
	_, err := k.call(ctx, func() (string, error) {
		return "", k.system.Set(service, k.account(name), s.Reveal())
	})
	return err
}

// Delete forgets name, if it is there.
func (k *Keyring) Delete(ctx context.Context, name string) error {
	_, err := k.call(ctx, func() (string, error) { return "", k.system.Delete(service, k.account(name)) })
	if core.HasCode(err, "keyring.missing") {
		return nil
	}
	return err
}

func (k *Keyring) account(name string) string { return k.storeID + "/" + name }

type answer struct {
	text string
	err  error
}

var (
	errNoAnswer    = errors.New("no answer in time")
	errStillLocked = errors.New("keyring is still locked")
)

// call runs op in its turn and waits for it until the time-out or the end of ctx.
func (k *Keyring) call(ctx context.Context, op func() (string, error)) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("ask keyring: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, k.timeout, errNoAnswer)
	defer cancel()
	select {
	case k.turn <- struct{}{}:
	case <-ctx.Done():
		return "", gaveUp(ctx)
	}
	answers := make(chan answer, 1)
	go func() {
		defer func() { <-k.turn }()
		a := guard(op)
		if a.err != nil && !errors.Is(a.err, errStillLocked) && locked(a.err) {
			k.refused = time.Now()
		}
		answers <- a
	}()
	select {
	case a := <-answers:
		return a.text, problem(a.err)
	case <-ctx.Done():
		return "", gaveUp(ctx)
	}
}

// guard turns a panic into an error: go-keyring trusts the shape of what it reads from
// the bus, and reads a closed channel when the bus goes away during a prompt.
func guard(op func() (string, error)) (a answer) {
	defer func() {
		if recover() != nil {
			a = answer{err: errors.New("go-keyring panicked")}
		}
	}()
	text, err := op()
	return answer{text, err}
}

func gaveUp(ctx context.Context) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, errNoAnswer) {
		return core.NewProblem("keyring.locked", cause)
	}
	return fmt.Errorf("ask keyring: %w", cause)
}

func problem(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, gokeyring.ErrNotFound):
		return core.NewProblem("keyring.missing", err)
	case errors.Is(err, gokeyring.ErrSetDataTooBig):
		return core.NewProblem("keyring.too_long", err)
	case locked(err):
		return core.NewProblem("keyring.locked", err)
	default:
		return core.NewProblem("keyring.unavailable", err)
	}
}

// locked knows a locked keyring by what go-keyring makes of it, for it has no error of
// its own for this. Linux: texts measured with gnome-keyring 42, where no prompt could be
// shown or the person sent it away. macOS: the exit status of security(1), the low byte
// of Apple's errSecInteractionNotAllowed (-25308), errSecAuthFailed (-25293) and
// errSecUserCanceled (-128).
func locked(err error) bool {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		switch exit.ExitCode() {
		case 36, 51, 128:
			return true
		}
	}
	text := err.Error()
	return strings.Contains(text, "failed to unlock") || strings.Contains(text, " locked")
}

type goKeyring struct{}

func (goKeyring) Get(service, account string) (string, error) { return gokeyring.Get(service, account) }

func (goKeyring) Set(service, account, text string) error {
	return gokeyring.Set(service, account, text)
}
func (goKeyring) Delete(service, account string) error { return gokeyring.Delete(service, account) }
