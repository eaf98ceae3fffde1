package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"usher/core"
)

// Forgotten is what Forget erased.
type Forgotten struct {
	People   int // links
	Messages int
	// Traces says that the file shows some of it still, where it is free: it could not be
	// written anew. That is tried again at the next Open.
	Traces bool
}

// forgotten is the note that stands in the place of all that is erased.
const forgotten = "person.forgotten"

// Forget erases a person: every contact with this e-mail address, or the contact with this
// id, on one account if that is named, and every other with one of their addresses. Of the
// deliveries about them the line stays, without names; those that wait end as ignored. The
// journal keeps what was done and when, without whom. The store must be unlocked. The door
// waits meanwhile: a second or two where there is very much.
//
// Errors are person.unknown and person.several, besides the usual ones. What arrives later,
// or was not sorted yet, is about somebody new.
func (s *Store) Forget(ctx context.Context, account, who string, now time.Time) (done Forgotten, err error) {
	account, who = strings.TrimSpace(account), strings.TrimSpace(who)
	err = s.update(ctx, func(tx *bolt.Tx) error {
		whom, err := s.whom(tx, account, who)
		if err != nil {
			return err
		}
		found := findings{store: s, whom: whom, works: map[WorkKey]bool{}, seqs: map[uint64]bool{}}
		if err := errors.Join(found.searchWorks(tx), found.searchDeliveries(tx), found.searchJournal(tx)); err != nil {
			return err
		}
		if len(whom.links)+len(found.seqs)+len(found.entries) == 0 {
			return core.NewProblem("person.unknown", nil)
		}
		done = Forgotten{People: len(whom.links), Messages: len(found.seqs)}
		return found.erase(tx, now)
	})
	if err != nil {
		return Forgotten{}, fmt.Errorf("forget person: %w", err)
	}
	done.Traces = errors.Join(s.Compact(ctx), removeCopies(s.path, now)) != nil
	return done, nil
}

// whom is a person, by all Usher knows them by.
type whom struct {
	links    []core.Link
	accounts map[string]bool // where the named number is theirs
	number   string          // empty where an e-mail address was named
	emails   []string        // in small letters
}

func (s *Store) whom(tx *bolt.Tx, account, who string) (*whom, error) {
	links, err := all[core.Link](tx, bucketLinks)
	if err != nil {
		return nil, err
	}
	w := &whom{accounts: map[string]bool{}}
	if strings.Contains(who, "@") {
		w.emails = []string{strings.ToLower(who)}
	} else if err := s.number(tx, w, links, account, who); err != nil {
		return nil, err
	}
	for _, link := range links {
		if w.isNumbered(link) || slices.ContainsFunc(addresses(link), func(a string) bool { return slices.Contains(w.emails, a) }) {
			w.links = append(w.links, link)
		}
	}
	return w, nil
}

// number makes w the person with a number, and with the addresses known of them.
func (s *Store) number(tx *bolt.Tx, w *whom, links map[string]core.Link, account, who string) error {
	w.number = who
	for _, link := range links {
		if link.ContactID == who && (account == "" || link.AccountID == account) {
			w.accounts[link.AccountID] = true
			w.emails = append(w.emails, addresses(link)...)
		}
	}
	err := tx.Bucket(bucketFates).ForEach(func(key, data []byte) error {
		var f fate
		if err := json.Unmarshal(data, &f); err != nil {
			return core.NewProblem("store.damaged", err)
		}
		if f.Contact != who || who == "" {
			return nil
		}
		head, _, err := readHeader(tx, keySeq(key))
		if at := s.accountOf(head.Connection); account == "" || at == account || at == "" {
			w.accounts[at] = true
		}
		return err
	})
	if err != nil {
		return err
	}
	accounts := len(w.accounts)
	if w.accounts[""] {
		accounts-- // whose rows name no account: the connection was removed
	}
	if accounts > 1 {
		return core.NewProblem("person.several", nil).About(who)
	}
	return nil
}

// accountOf is the account of a connection; empty where the connection was removed.
func (s *Store) accountOf(connection string) string {
	return s.Config().Connections[connection].AccountID
}

// addresses are those a link names, in small letters.
func addresses(link core.Link) (found []string) {
	for _, address := range []string{link.Email, link.Base["email"], strings.TrimPrefix(link.ContactID, core.EmailKey)} {
		if core.UsableEmail(address) {
			found = append(found, strings.ToLower(address))
		}
	}
	return found
}

func (w *whom) isNumbered(link core.Link) bool {
	return w.number != "" && link.ContactID == w.number && w.accounts[link.AccountID]
}

// isAbout reports whether something is about the person: by the account and the contact it
// names, or by an address that is anywhere in it as it is stored.
func (w *whom) isAbout(account, contact string, stored []byte) bool {
	if contact != "" && contact == w.number && w.accounts[account] {
		return true
	}
	known := func(l core.Link) bool {
		return l.ContactID == contact && (l.AccountID == account || account == "") // "": the connection was removed
	}
	return slices.ContainsFunc(w.links, known) || w.isNamed(stored)
}

// isNamed reports whether one of the addresses is in a text, other than as a part of a
// longer one.
func (w *whom) isNamed(text []byte) bool {
	low := strings.ToLower(string(text))
	return slices.ContainsFunc(w.emails, func(email string) bool {
		return containsWhole(low, email) || containsWhole(low, strings.ToLower(inJSON(email)))
	})
}

func inJSON(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		return text // no text has an error
	}
	return string(quoted[1 : len(quoted)-1])
}

func containsWhole(text, part string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], part)
		if i < 0 {
			return false
		}
		begin, end := from+i, from+i+len(part)
		if (begin == 0 || !inAddress(text[begin-1])) && (end == len(text) || !inAddress(text[end]) || endsSentence(text[end:])) {
			return true
		}
		from = begin + 1
	}
}

// inAddress reports whether a character may go on with an address.
func inAddress(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 0x80 || strings.IndexByte(".!#$%&'*+/=?^_`{|}~-@", c) >= 0
}

// endsSentence reports whether a text begins with a full stop after an address.
func endsSentence(rest string) bool {
	return rest[0] == '.' && (len(rest) == 1 || !inAddress(rest[1]))
}

// findings are what is about a person.
type findings struct {
	store *Store
	whom  *whom

	works   map[WorkKey]bool
	seqs    map[uint64]bool // deliveries
	entries [][]byte        // of the journal
}

func (f *findings) searchWorks(tx *bolt.Tx) error {
	return tx.Bucket(bucketWork).ForEach(func(key, stored []byte) error {
		if work := parseWorkKey(key); f.isAbout(work.Connection, work.Contact, slices.Concat(key, stored)) {
			f.addWork(tx, work)
		}
		return nil
	})
}

func (f *findings) addWork(tx *bolt.Tx, key WorkKey) {
	f.works[key] = true
	for _, seq := range waitingSeqs(tx, key) {
		f.seqs[seq] = true
	}
}

// searchDeliveries finds those about the person, and the works they wait in.
func (f *findings) searchDeliveries(tx *bolt.Tx) error {
	return tx.Bucket(bucketFates).ForEach(func(key, stored []byte) error {
		var known fate
		if err := json.Unmarshal(stored, &known); err != nil {
			return core.NewProblem("store.damaged", err)
		}
		head, sealed, err := readHeader(tx, keySeq(key))
		if err != nil {
			return err
		}
		about := f.isAbout(head.Connection, known.Contact, stored)
		if !about && known.Contact == "" && len(sealed) > 0 { // nobody could tell whom it is about
			plain, err := f.store.seals.open(tx, string(bucketDeliveries), sealed)
			if err != nil {
				return err
			}
			about = f.whom.isNamed(plain)
		}
		if about {
			f.seqs[keySeq(key)] = true
		}
		if about && known.Work != "" {
			f.addWork(tx, parseWorkKey([]byte(known.Work)))
		}
		return nil
	})
}

func (f *findings) searchJournal(tx *bolt.Tx) error {
	return tx.Bucket(bucketJournal).ForEach(func(key, stored []byte) error {
		var entry core.JournalEntry
		if err := json.Unmarshal(stored, &entry); err != nil {
			return core.NewProblem("store.damaged", err)
		}
		ours := slices.ContainsFunc(entry.Deliveries, func(seq uint64) bool { return f.seqs[seq] })
		if ours || f.isAbout(entry.Connection, entry.Contact, stored) {
			f.entries = append(f.entries, slices.Clone(key))
		}
		return nil
	})
}

func (f *findings) isAbout(connection, contact string, stored []byte) bool {
	return f.whom.isAbout(f.store.accountOf(connection), contact, stored)
}

func (f *findings) erase(tx *bolt.Tx, now time.Time) error {
	for _, link := range f.whom.links {
		if err := eraseLink(tx, link); err != nil {
			return err
		}
	}
	if err := f.eraseWorks(tx, now); err != nil {
		return err
	}
	for seq := range f.seqs {
		if err := eraseDelivery(tx, seq, now); err != nil {
			return err
		}
	}
	for _, key := range f.entries {
		if err := eraseEntry(tx, key); err != nil {
			return err
		}
	}
	return tx.Bucket(bucketMeta).Put(metaTraces, []byte{1})
}

func eraseLink(tx *bolt.Tx, link core.Link) error {
	key := linkKey(link)
	return errors.Join(
		tx.Bucket(bucketLinks).Delete(key),
		tx.Bucket(bucketUsers).Delete(append(userPrefix(link.SiteID, link.UserID), key...)),
		tx.Bucket(bucketTombstones).Delete(key),
	)
}

// eraseWorks ends all that waits about the person.
func (f *findings) eraseWorks(tx *bolt.Tx, now time.Time) error {
	for key := range f.works {
		w, _, err := getWork(tx, key)
		if err != nil {
			return err
		}
		err = dissolve(tx, w, core.Applied, func(_ uint64, known fate) fate {
			return fate{CRM: known.CRM, State: core.Applied, Outcome: core.Ignored, Ended: now.UnixMilli()}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eraseDelivery leaves of a delivery when it came, by which connection, and what became of
// it. One that is held ends.
func eraseDelivery(tx *bolt.Tx, seq uint64, now time.Time) error {
	fates := tx.Bucket(bucketFates)
	old, _, err := get[fate](fates, seqKey(seq))
	if err != nil {
		return err
	}
	left := fate{
		CRM: old.CRM, State: old.State, Into: old.Into, Outcome: old.Outcome, Tries: old.Tries, Ended: old.Ended,
		Notes: []core.Note{core.NewNote(forgotten, "")},
	}
	switch {
	case old.State == core.Held:
		left.State, left.Outcome, left.Ended = core.Applied, core.Ignored, now.UnixMilli()
		if err := move(tx, core.Held, core.Applied, 1); err != nil {
			return err
		}
	case old.Problem != nil:
		left.Problem = core.NewProblem(old.Problem.Code, nil)
	}
	return errors.Join(put(fates, seqKey(seq), left), eraseEvidence(tx, seq))
}

// eraseEntry leaves of a journal entry what was done, and when.
func eraseEntry(tx *bolt.Tx, key []byte) error {
	b := tx.Bucket(bucketJournal)
	old, _, err := get[core.JournalEntry](b, key)
	if err != nil {
		return err
	}
	return put(b, key, core.JournalEntry{
		At: old.At, Connection: old.Connection, Deliveries: old.Deliveries, State: old.State, Outcome: old.Outcome,
		Notes: []core.Note{core.NewNote(forgotten, "")},
	})
}

// isForgotten reports whether deliveries that were taken to be worked on were forgotten
// since.
func isForgotten(tx *bolt.Tx, taken []uint64) (bool, error) {
	if len(taken) == 0 {
		return false, nil
	}
	f, _, err := get[fate](tx.Bucket(bucketFates), seqKey(taken[0]))
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(f.Notes, func(n core.Note) bool { return n.Code == forgotten }), nil
}
