// Package seal turns bytes into bytes nobody else can read, and back. It is the only
// user of age, does no I/O and never prints or logs.
//
// Two tools, for two costs:
//
//   - Wrap and Identity.Unwrap seal to a public key, WrapPassphrase and UnwrapPassphrase
//     to a passphrase. What they make is an ordinary age file, so an owner can open it
//     with the age program years from now. One public-key operation costs about 0.1 ms,
//     one passphrase about a second: for the few things sealed once.
//   - A Box seals many small values under one random key in a few microseconds each.
//
// Why both: whoever holds only a Recipient can seal but not open, so webhooks are
// accepted while the keyring is locked; but a public-key operation for every webhook
// would cost more than storing it. So a store makes a Box, keeps its key wrapped to the
// recipient beside the data, and seals each value with the Box.
//
// Start reading with Identity, then Box.
package seal
