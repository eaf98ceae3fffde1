// Package move is the file with which an Usher moves to another computer: a copy of the
// data file and all its secrets, sealed with a passphrase.
//
// A move file begins with the line "usher-move 1". What follows is an ordinary age file
// sealed with the passphrase, in it: the length of the head as four bytes, big-endian; the
// head as JSON; the copy of the data file, to the end. Nothing is compressed, so that a
// small file cannot become a large one.
//
// It does no I/O but on the streams it is given. Start reading with Write, then Read.
package move

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"usher/core"
	"usher/core/seal"
)

const (
	magic   = "usher-move"
	version = 1

	// Shortest is how many characters a passphrase has at least: whoever finds the file can
	// try a passphrase a second on each core.
	Shortest = 10

	maxHead  = 4 << 20  // bytes: thousands of the longest secrets
	maxStore = 64 << 30 // bytes of the data file: far above a million messages
	maxName  = 200      // bytes of a secret's name
)

// Content is what a move file holds beside the copy of the data file.
type Content struct {
	// Settled says that the old Usher had stopped writing when the copy was made, and so that
	// nothing of what waits in it was done meanwhile.
	Settled bool
	Secrets map[string]core.Secret // by the names they have in the vault
}

// head is how Content is written. Secrets are bytes because JSON would mend text that is not
// UTF-8.
type head struct {
	Settled bool              `json:"settled"`
	Secrets map[string][]byte `json:"secrets"`
}

// Check refuses a passphrase nobody should seal with: move.passphrase_short.
func Check(passphrase core.Secret) error {
	if len([]rune(passphrase.Reveal())) < Shortest {
		return core.NewProblem("move.passphrase_short", nil)
	}
	return nil
}

// Write writes a move file with the copy of the data file that store reads, piece by piece.
func Write(to io.Writer, passphrase core.Secret, c Content, store io.Reader) error {
	return write(to, passphrase, c, store, seal.WrapStream)
}

// sealer is seal.WrapStream, or for tests something that takes less than a second.
type sealer func(passphrase core.Secret, to io.Writer) (io.WriteCloser, error)

func write(to io.Writer, passphrase core.Secret, c Content, store io.Reader, stream sealer) error {
	if err := Check(passphrase); err != nil {
		return err
	}
	first, err := c.bytes()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(to, "%s %d\n", magic, version); err != nil {
		return fmt.Errorf("write move file: %w", err)
	}
	sealed, err := stream(passphrase, to)
	if err != nil {
		return fmt.Errorf("write move file: %w", err)
	}
	if _, err := sealed.Write(first); err != nil {
		return fmt.Errorf("write move file: %w", err)
	}
	if _, err := io.Copy(sealed, store); err != nil {
		return fmt.Errorf("write move file: %w", err) // and never Close: what is there must not look whole
	}
	if err := sealed.Close(); err != nil {
		return fmt.Errorf("write move file: %w", err)
	}
	return nil
}

// bytes is the head with its length before it.
func (c Content) bytes() ([]byte, error) {
	h := head{Settled: c.Settled, Secrets: map[string][]byte{}}
	for name, secret := range c.Secrets {
		h.Secrets[name] = []byte(secret.Reveal())
	}
	text, err := json.Marshal(h)
	if err != nil || len(text) > maxHead {
		return nil, errors.New("write move file: its head cannot be encoded") // the cause may quote secrets
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...), nil //nolint:gosec // at most maxHead
}

// Read opens a move file and returns what it holds, and the copy of the data file to be read
// to its end: only io.EOF says that it is whole. Errors, also those of the copy, are the
// Problems move.not_ours, move.newer, move.passphrase and move.damaged, or those of from.
// Whatever the file says, no more than a few megabytes are held in memory.
func Read(from io.Reader, passphrase core.Secret) (c Content, store io.Reader, err error) {
	in := &source{from: from}
	buffered := bufio.NewReader(in)
	if err := readMagic(buffered); err != nil {
		return Content{}, nil, in.or(err)
	}
	opened, err := seal.UnwrapStream(passphrase, buffered) // age reads no seal of more than 2 MB
	if errors.Is(err, seal.ErrWrongKey) {
		return Content{}, nil, core.NewProblem("move.passphrase", err)
	}
	if err != nil {
		return Content{}, nil, in.or(core.NewProblem("move.damaged", err))
	}
	if c, err = readHead(opened); err != nil {
		return Content{}, nil, in.or(err)
	}
	return c, &body{in: in, opened: opened}, nil
}

func readMagic(from *bufio.Reader) error {
	line, err := from.ReadSlice('\n') // no longer than the buffer
	word, number, two := strings.Cut(strings.TrimSuffix(string(line), "\n"), " ")
	if err != nil || !two || word != magic {
		return core.NewProblem("move.not_ours", err)
	}
	switch v, err := strconv.Atoi(number); {
	case err != nil || v < 1:
		return core.NewProblem("move.not_ours", err)
	case v > version:
		return core.NewProblem("move.newer", nil)
	}
	return nil
}

func readHead(from io.Reader) (Content, error) {
	var length [4]byte
	if _, err := io.ReadFull(from, length[:]); err != nil {
		return Content{}, core.NewProblem("move.damaged", err)
	}
	n := binary.BigEndian.Uint32(length[:])
	if n > maxHead {
		return Content{}, damaged("head too long")
	}
	text, err := io.ReadAll(io.LimitReader(from, int64(n))) // grows with what is there, not with what is said
	if err != nil {
		return Content{}, core.NewProblem("move.damaged", err)
	}
	var h head
	if uint32(len(text)) != n || json.Unmarshal(text, &h) != nil { //nolint:gosec // at most n
		return Content{}, damaged("head unreadable")
	}
	c := Content{Settled: h.Settled, Secrets: map[string]core.Secret{}}
	for name, secret := range h.Secrets {
		if name == "" || len(name) > maxName || len(secret) == 0 {
			return Content{}, damaged("a secret without name or text")
		}
		c.Secrets[name] = core.NewSecret(string(secret))
	}
	return c, nil
}

func damaged(why string) error { return core.NewProblem("move.damaged", errors.New(why)) }

// source remembers that reading itself went wrong, which the file is not to blame for.
type source struct {
	from io.Reader
	err  error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// or returns why reading went wrong, else what was found out about the file.
func (s *source) or(err error) error {
	if s.err != nil {
		return fmt.Errorf("read move file: %w", s.err)
	}
	return err
}

// body is the copy of the data file.
type body struct {
	in     *source
	opened io.Reader
	taken  int64
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.opened.Read(p)
	if b.taken += int64(n); b.taken > maxStore {
		return 0, damaged("too long")
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return n, b.in.or(core.NewProblem("move.damaged", err))
	}
	return n, err
}
