package engine

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"

	"usher/core"
)

// What a PasswordMark is made with. People choose weak passwords and use them elsewhere,
// so whoever gets hold of the data file must not be able to guess them quickly: 600,000
// rounds of HMAC-SHA-256 are what OWASP asks for, and take about a tenth of a second.
const (
	markRounds = 600_000
	markSalt   = 16 // bytes
)

// addPassword adds to the facts whether the CRM's password is the one it told last.
func (j *job) addPassword() error {
	if !j.via.conn.ChangePasswords {
		return nil
	}
	if j.facts.Finished && j.known.intent != nil {
		j.facts.MadeWith = j.known.intent.Password
	}
	if text := j.plan.Password(); j.mark == nil && !text.Empty() {
		var before *core.PasswordMark
		if j.known.link != nil {
			before = j.known.link.Password
		}
		var err error
		if j.mark, err = markPassword(text, before); err != nil {
			return err
		}
	}
	j.facts.Password = j.mark
	return nil
}

// outdated reports whether a user was made with another password than the CRM tells by
// now: a create that is sent again has the password of the first try.
func (j *job) outdated(made core.Secret) bool {
	text := j.plan.Password()
	return j.via.conn.ChangePasswords && !text.Empty() && !text.Equal(made)
}

// markPassword returns before if that marks this very password, else a new mark.
func markPassword(text core.Secret, before *core.PasswordMark) (*core.PasswordMark, error) {
	if before != nil && len(before.Digest) > 0 {
		digest, err := markDigest(text, before.Salt, before.Rounds)
		if err != nil || subtle.ConstantTimeCompare(digest, before.Digest) == 1 {
			return before, err
		}
	}
	mark := &core.PasswordMark{Salt: make([]byte, markSalt), Rounds: markRounds}
	_, _ = rand.Read(mark.Salt) // never fails
	var err error
	mark.Digest, err = markDigest(text, mark.Salt, mark.Rounds)
	return mark, err
}

func markDigest(text core.Secret, salt []byte, rounds int) ([]byte, error) {
	digest, err := pbkdf2.Key(sha256.New, text.Reveal(), salt, rounds, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("mark password: %w", err)
	}
	return digest, nil
}
