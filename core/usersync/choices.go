package usersync

import "slices"

// PowerfulRole reports whether a role makes its users privileged, as far as is known.
func PowerfulRole(slug string, caps map[string]bool) bool { return isPowerful(slug) || powerful(caps) }

// UserFields are the fields of a user that every WordPress takes, in the order people
// expect. Any other name is user meta, which takes the helper.
func UserFields() []string { return append(slices.Clone(coreFields), fieldLogin, fieldPassword) }
