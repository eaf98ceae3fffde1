// Package store is the only owner of Usher's data file, a bbolt database.
//
// A webhook enters through Accept and is on disk when Accept returns. The engine then
// sorts deliveries into waiting work, one Work per contact, and ends them with Settle;
// what became of a delivery, the link it left and the journal entry are one
// transaction, so a crash at any point leaves a state that adds up.
//
// What a webhook said (bodies, query, headers) and intents are sealed; see seal.go. The
// store never logs and knows nothing of HTTP, WordPress or any CRM. Start reading with
// the bucket list below, then accept.go, sort.go and settle.go. What
// goes again is in expire.go, trim.go and forget.go.
package store

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"usher/core"
	"usher/core/seal"
)

// FileName is the data file's name within the data folder.
const FileName = "usher.db"

// lockWait is how long Open waits for another Usher to let go of the file.
const lockWait = 250 * time.Millisecond

// The buckets. Keys that order things are big-endian sequence numbers.
var (
	bucketMeta        = []byte("meta")        // version, id, recipient, secrets back end, sorted cursor
	bucketCounters    = []byte("counters")    // state → how many deliveries are in it
	bucketDeliveries  = []byte("deliveries")  // seq → header and sealed evidence; written once, by the door
	bucketFates       = []byte("fates")       // seq → what became of it, or the work it waits in
	bucketWork        = []byte("work")        // work key → Work
	bucketWaiting     = []byte("waiting")     // work key, seq → nothing
	bucketDue         = []byte("due")         // site, due time, first seq → work key
	bucketLinks       = []byte("links")       // site, account, contact → Link
	bucketUsers       = []byte("users")       // site, user id, link key → nothing: the links of a user
	bucketIntents     = []byte("intents")     // work key → sealed Intent
	bucketJournal     = []byte("journal")     // own sequence → JournalEntry
	bucketSites       = []byte("sites")       // id → Site
	bucketAccounts    = []byte("accounts")    // id → Account
	bucketConnections = []byte("connections") // id → Connection
	bucketSettings    = []byte("settings")    // name → JSON
	bucketCursors     = []byte("cursors")     // account id → catch-up Cursor
	bucketTombstones  = []byte("tombstones")  // link key → Tombstone
	bucketKeyUse      = []byte("keyuse")      // key digest → time of last use
	bucketDataKeys    = []byte("datakeys")    // data key id → data key wrapped to the recipient
)

var buckets = [][]byte{
	bucketMeta, bucketCounters, bucketDeliveries, bucketFates, bucketWork, bucketWaiting, bucketDue,
	bucketLinks, bucketUsers, bucketIntents, bucketJournal, bucketSites, bucketAccounts, bucketConnections,
	bucketSettings, bucketCursors, bucketTombstones, bucketKeyUse, bucketDataKeys,
}

var (
	metaVersion   = []byte("version")
	metaID        = []byte("id")
	metaRecipient = []byte("recipient")
	metaSecrets   = []byte("secrets")
	metaSorted    = []byte("sorted") // newest delivery that has been sorted
	metaProbe     = []byte("probe")  // see Probe
	metaTraces    = []byte("traces") // there while free pages may show what was forgotten
)

// Store is an open data file. All methods are safe for concurrent use.
type Store struct {
	path    string
	id      string
	secrets string

	mu      sync.RWMutex  // guards file against being reopened after a failed commit
	file    *dataFile     // nil while it could not be reopened
	trouble *core.Problem // see Trouble
	broken  bool          // the file must not be touched any more

	ops      chan operation
	compacts chan chan error
	closing  chan struct{}
	closed   sync.Once
	stopped  chan struct{} // the writer has ended
	arrivals chan struct{}
	commits  chan struct{}

	config atomic.Pointer[Config]
	keys   keyring
	seals  seals
}

// Birth is what a new data file is given once and keeps for ever.
type Birth struct {
	ID        string // random; names the store's entries in the keyring
	Secrets   string // the secrets back end it was made with: "keyring" or "file"
	Recipient seal.Recipient
}

// NewID makes an id for a new store, site, account or connection: 64 random bits.
func NewID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: see crypto/rand
	return fmt.Sprintf("%x", b)
}

// Exists reports whether dir holds a data file.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, FileName))
	return err == nil
}

// Create makes a new data file in dir, which it creates if need be, readable by its
// owner only. The file is made aside and renamed in, so that a crash leaves either
// none or a whole one.
func Create(dir string, birth Birth) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return core.NewProblem("store.disk", err)
	}
	path := filepath.Join(dir, FileName)
	if _, err := os.Stat(path); err == nil {
		return core.NewProblem("store.in_use", fs.ErrExist)
	}
	aside := path + ".new"
	if err := os.Remove(aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return core.NewProblem("store.disk", err)
	}
	if err := writeBirth(aside, birth); err != nil {
		return fmt.Errorf("create store: %w", err)
	}
	if err := os.Rename(aside, path); err != nil {
		return core.NewProblem("store.disk", err)
	}
	return syncDir(dir)
}

func writeBirth(path string, birth Birth) error {
	db, err := openFile(path, true)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range buckets {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		meta := tx.Bucket(bucketMeta)
		return errors.Join(
			meta.Put(metaVersion, binary.BigEndian.AppendUint64(nil, schemaVersion)),
			meta.Put(metaID, []byte(birth.ID)),
			meta.Put(metaSecrets, []byte(birth.Secrets)),
			meta.Put(metaRecipient, []byte(birth.Recipient.String())),
		)
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return core.NewProblem("store.disk", err)
	}
	return nil
}

// Open opens the data file in dir, migrating it if an older Usher wrote it, and makes it
// smaller if most of it is free. One process at a time: a second one gets store.in_use. A
// file of a newer Usher gets store.newer and stays untouched.
func Open(dir string) (*Store, error) { return open(filepath.Join(dir, FileName)) }

func open(path string) (*Store, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, core.NewProblem("store.disk", err)
	}
	if info.Mode().Perm()&0o077 != 0 { // as a back-up copied in may be
		_ = os.Chmod(path, 0o600) // some file systems know no modes
	}
	file, err := openFile(path, false)
	if err != nil {
		return nil, err
	}
	if err := unbroken(func() error { return migrate(file.DB, path) }); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if file, err = compactIfFree(file, path); err != nil {
		return nil, err
	}
	s := &Store{
		path: path, file: file,
		ops:      make(chan operation, 1024),
		compacts: make(chan chan error),
		closing:  make(chan struct{}),
		stopped:  make(chan struct{}),
		arrivals: make(chan struct{}, 1),
		commits:  make(chan struct{}, 1),
	}
	if err := s.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("read store: %w", err), file.Close())
	}
	go s.write()
	return s, nil
}

// load reads what is kept in memory.
func (s *Store) load() error {
	return s.view(func(tx *bolt.Tx) error {
		for _, name := range buckets {
			if tx.Bucket(name) == nil {
				return core.NewProblem("store.damaged", fmt.Errorf("no bucket %s", name))
			}
		}
		meta := tx.Bucket(bucketMeta)
		s.id = string(meta.Get(metaID))
		s.secrets = string(meta.Get(metaSecrets))
		recipient, err := seal.ParseRecipient(string(meta.Get(metaRecipient)))
		if err != nil {
			return core.NewProblem("store.damaged", err)
		}
		if err := s.seals.start(tx, recipient); err != nil {
			return err
		}
		return s.loadConfig(tx)
	})
}

// ID is the store's random id.
func (s *Store) ID() string { return s.id }

// Secrets is the secrets back end the store was made with.
func (s *Store) Secrets() string { return s.secrets }

// Arrivals has a value whenever deliveries may be waiting to be sorted.
func (s *Store) Arrivals() <-chan struct{} { return s.arrivals }

// Commits has a value whenever something was stored, or could not be, since the last one
// was taken.
func (s *Store) Commits() <-chan struct{} { return s.commits }

// Close finishes what was handed over, then closes the file. Later calls get store.closed.
func (s *Store) Close() error {
	s.closed.Do(func() { close(s.closing) })
	<-s.stopped
	s.mu.Lock()
	defer s.mu.Unlock()
	file := s.file
	s.file, s.trouble = nil, core.NewProblem("store.closed", nil)
	if file == nil || s.broken {
		return nil
	}
	return file.Close()
}

// Trouble is why the last commit was not stored; nil when it was.
func (s *Store) Trouble() *core.Problem {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.trouble
}

// view runs read in a read transaction.
func (s *Store) view(read func(*bolt.Tx) error) error {
	err := s.read(read)
	if errors.As(err, new(breakage)) {
		s.giveUp(core.AsProblem(err))
	}
	return err
}

func (s *Store) read(read func(*bolt.Tx) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.file == nil || s.broken {
		return s.trouble
	}
	return unbroken(func() error { return s.file.View(read) })
}

// SetAside renames the data file in dir, so that another can take its place, and returns
// its new path. Files beside it that belong to it go first, and get the same ending. Nothing
// is deleted. An Usher that has the file open gets in the way: store.in_use.
func SetAside(dir string, beside ...string) (string, error) {
	switch file, err := openFile(filepath.Join(dir, FileName), false); {
	case err == nil:
		if err := file.Close(); err != nil {
			return "", core.NewProblem("store.disk", err)
		}
	case core.HasCode(err, "store.in_use"), core.HasCode(err, "store.gone"):
		return "", err
	}
	ending := time.Now().UTC().Format(".20060102-150405.000")
	for _, name := range append(beside, FileName) {
		path := filepath.Join(dir, name)
		if err := os.Rename(path, path+ending); err != nil && (name == FileName || !errors.Is(err, fs.ErrNotExist)) {
			return "", core.NewProblem("store.disk", err)
		}
	}
	return filepath.Join(dir, FileName+ending), syncDir(dir)
}

func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // directories cannot be synced there
	}
	d, err := os.Open(dir) //nolint:gosec // the data folder its owner chose
	if err != nil {
		return core.NewProblem("store.disk", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return core.NewProblem("store.disk", err)
	}
	return nil
}

// put stores v as JSON.
func put(b *bolt.Bucket, key []byte, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %T: %w", v, err)
	}
	return b.Put(key, data)
}

// get reads what put stored; ok is false when there is nothing.
func get[T any](b *bolt.Bucket, key []byte) (v T, ok bool, err error) {
	data := b.Get(key)
	if data == nil {
		return v, false, nil
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return v, false, core.NewProblem("store.damaged", fmt.Errorf("decode %T: %w", v, err))
	}
	return v, true, nil
}

func seqKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

func keySeq(key []byte) uint64 { return binary.BigEndian.Uint64(key) }
