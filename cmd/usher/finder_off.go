//go:build !usher_finder

package main

import usher "usher/cmd/internal/app"

func serveFinder() {}

// ngrok is where ngrok's service is: the real one.
func ngrok() usher.Ngrok { return usher.Ngrok{} }
