//go:build windows || darwin

package main

// notices are nothing here: the toolkit shows notifications.
type notices struct{}

func newNotices() *notices { return nil }

func (*notices) show(notice) bool { return false }

func (*notices) close() {}
