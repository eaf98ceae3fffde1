// Package news sums up what Usher did into notifications a person can bear: one a minute at
// most, a burst in one sentence, nothing while they look at the window. Trouble with the
// address is told as soon as it lasts.
package news
