package engine

import (
	"math/rand/v2"
	"time"
)

// itemWaits are the pauses after each failed attempt at one contact: eight attempts
// over about a day. When they are used up the work has failed.
var itemWaits = []time.Duration{
	30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	2 * time.Hour, 6 * time.Hour, 15 * time.Hour,
}

// siteWaits are the pauses while a whole site cannot be written to; the last one repeats.
var siteWaits = []time.Duration{
	2 * time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute,
}

// heldSiteWait is the pause when only a person can mend the site. Set-up and retry end
// it at once; until then a rare look notices a repair made on the site itself, without
// looking like someone guessing passwords.
const heldSiteWait = 30 * time.Minute

// ownWait bounds the pauses while something of this computer stands in the way, such as a
// locked keyring: asking again costs nothing, and people expect it to be noticed.
const ownWait = 3 * time.Second

// longestWait bounds every due time, so that a clock that jumped cannot put work off
// for ever.
const longestWait = 24 * time.Hour

// itemWait returns the pause after the given number of attempts; ok is false when there
// is to be no further one.
func itemWait(attempts int) (time.Duration, bool) {
	if attempts > len(itemWaits) {
		return 0, false
	}
	return jitter(itemWaits[max(attempts, 1)-1]), true
}

func siteWait(failures int) time.Duration {
	return jitter(siteWaits[min(max(failures, 1), len(siteWaits))-1])
}

// jitter spreads waits by a fifth either way, so that many who failed together do not
// come back together.
func jitter(d time.Duration) time.Duration {
	return d - d/5 + rand.N(2*d/5+1) //nolint:gosec // spreading load, not a secret
}
