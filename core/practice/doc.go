// Package practice holds a WordPress site and CRMs that live inside the program: for practice mode, for the
// demo and for tests. Nothing here talks to the world unless it is asked to.
//
// [Site] answers the REST users API the way a stock WordPress 7.1 does, its odd corners included, because
// code that was only ever tried on a polite site breaks on a real one. Where a comment says "measured", a
// real WordPress 6.1.9 or 7.1.4 gave that answer; the tests put the same requests to both and compare.
//
// [Kartra], [Ontraport], [Ortto] and [Pulse] are accounts at these CRMs, as far as they are documented: what
// their people do ([CRM]), the webhooks they send, and their APIs with limits, paging and errors.
//
// Not here: posts, plugins, multisite, avatars, several languages. Text is compared without regard to case,
// but not, as MariaDB does it, without regard to accents.
//
// Start reading at [NewSite], then the routing table in rest.go; for the CRMs at [CRM].
package practice
