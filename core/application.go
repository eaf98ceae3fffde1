package core

// ApplicationID names Usher to WordPress, which keeps it with every application password
// made on its authorise page. It is the same on every computer and never changes.
const ApplicationID = "6a1f0c52-8d0b-4d5e-9a57-2b7d1c3e4f60"
