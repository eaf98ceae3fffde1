// Package usersync decides what a contact's waiting deliveries do to their user on the
// site: nothing here reads a clock, draws a random number, or does I/O, so the same
// facts always lead to the same Change.
//
// It is called in this order, and everything between the calls is the caller's:
//
//	job := Fold(conn, crm, fieldMap, link, waiting) // what is asked, and whom to look for
//	decision, problem := Plan(conn, job, facts)     // what to write, or why a person must decide
//	patch := decision.Check(after)                  // after the write, until it returns nil
//	decision.Mailed(state)                          // what became of the mail, if one was asked for
//	link := decision.Settle(after)                  // what to remember
//
// Start reading with Plan, then draft.apply.
//
// # Why deliveries are replayed
//
// Waiting deliveries are not merged into one and then applied: they are applied one by
// one to a copy of the user on paper, and the difference between first and last becomes
// a single write. Applying them together therefore ends like applying them one at a
// time. Three things still depend on what waited together, because they belong to the
// making of a user and are never remembered beyond it: a mapped password, the welcome
// mail, and the address, which is the newest one known when the user is made.
//
// # Why a link may have no user
//
// A CRM may tell a contact's tag, name or role long before anything asks for a user.
// All of it is kept in a Link with UserID 0: Base and Tags as ever, and in Grants the
// roles named so far; in Wanted the one that only a person may give. When a user is made
// or found, it is written then. Passwords are never part of it.
//
// # Why a held work moves no state forward
//
// A Problem that Plan returns keeps the work waiting, and it is planned again as a whole
// with whatever joins it. Its decision is written and remembered nevertheless, except
// that Link.StateSeq stays: otherwise the deliveries that raised the question would be
// outdated by themselves. What had its user then is Done: replayed once more, it asks for
// no other user and no other mail.
package usersync
