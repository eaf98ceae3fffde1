package secrets

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"usher/core"
)

const (
	magic   = "usher-secrets"
	version = 1
	// maxSize is room for two hundred of the longest secrets or thousands of usual ones,
	// and bounds what a hostile file makes Usher read.
	maxSize = 1 << 20
)

// content is what a secrets file holds: a line "usher-secrets 1 <SHA-256 of the rest>",
// then this as JSON. The checksum keeps no one out; it tells a damaged file from a wrong
// passphrase, which look alike to the seal, and the owner must do different things.
type content struct {
	Identity []byte `json:"identity"` // sealed with the passphrase
	Entries  []byte `json:"entries"`  // sealed to the identity
}

func parseContent(raw []byte) (content, error) {
	head, rest, _ := bytes.Cut(raw, []byte("\n"))
	fields := strings.Split(string(head), " ")
	if len(fields) < 2 || fields[0] != magic {
		return content{}, damaged("no secrets file")
	}
	switch v, err := strconv.Atoi(fields[1]); {
	case err != nil || v < version:
		return content{}, damaged("no version")
	case v > version:
		return content{}, core.NewProblem("keyring.newer", nil)
	}
	if len(fields) != 3 || fields[2] != checksum(rest) {
		return content{}, damaged("checksum differs")
	}
	var c content
	if err := json.Unmarshal(rest, &c); err != nil {
		return content{}, core.NewProblem("keyring.damaged", err)
	}
	return c, nil
}

func (c content) bytes() ([]byte, error) {
	rest, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode secrets file: %w", err)
	}
	head := fmt.Sprintf("%s %d %s\n", magic, version, checksum(rest))
	return append([]byte(head), rest...), nil
}

func checksum(rest []byte) string {
	sum := sha256.Sum256(rest)
	return hex.EncodeToString(sum[:])
}

func damaged(why string) error { return core.NewProblem("keyring.damaged", errors.New(why)) }

// readContent returns fs.ErrNotExist when there is no file; every other error is a Problem.
func readContent(path string) (content, error) {
	file, err := os.Open(path) //nolint:gosec // the path is the owner's data folder
	if errors.Is(err, fs.ErrNotExist) {
		return content{}, fs.ErrNotExist
	}
	if err != nil {
		return content{}, core.NewProblem("keyring.unreadable", err)
	}
	defer func() { _ = file.Close() }()
	raw, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err != nil {
		return content{}, core.NewProblem("keyring.unreadable", err)
	}
	if len(raw) > maxSize {
		return content{}, damaged("too big")
	}
	return parseContent(raw)
}

// writeContent replaces the file as a whole: whoever reads it meanwhile, or after a
// crash, finds the old content or the new.
func writeContent(path string, c content) error {
	raw, err := c.bytes()
	if err != nil {
		return err
	}
	if len(raw) > maxSize {
		return core.NewProblem("keyring.too_long", errors.New("too many secrets for one file"))
	}
	aside := path + ".new"
	err = errors.Join(removeIfThere(aside), writeSynced(aside, raw))
	if err == nil {
		err = os.Rename(aside, path)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		return core.NewProblem("store.disk", errors.Join(err, removeIfThere(aside)))
	}
	return nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// writeSynced makes a new file, so that the mode is right whatever lay there before.
func writeSynced(path string, raw []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // as in readContent
	if err != nil {
		return err
	}
	_, err = file.Write(raw)
	return errors.Join(err, file.Sync(), file.Close())
}

// syncFolder makes the rename last. Windows cannot and need not.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(path) //nolint:gosec // as in readContent
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
