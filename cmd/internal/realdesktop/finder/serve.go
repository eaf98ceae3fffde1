package finder

import (
	"encoding/json"
	"fmt"
	"net"
	"os"

	"fyne.io/fyne/v2"
)

// Serve answers [Look] until the program ends, if the environment names a socket. Call it
// at any time, from a file that only a build for tests has.
func Serve() {
	socket := os.Getenv(SocketEnv)
	if socket == "" {
		return
	}
	if _, err := serve(socket); err != nil {
		panic(fmt.Sprintf("finder: %v", err)) // a test is waiting
	}
}

// serve returns what ends it and waits for its end.
func serve(socket string) (stop func(), err error) {
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = json.NewEncoder(conn).Encode(look()) // who asked has perhaps gone
			_ = conn.Close()
		}
	}()
	return func() { _ = listener.Close(); <-ended }, nil
}

func look() (s Screen) {
	fyne.DoAndWait(func() {
		for _, w := range fyne.CurrentApp().Driver().AllWindows() {
			s.Windows = append(s.Windows, Window{Title: w.Title(), Pieces: pieces(w.Canvas())})
		}
	})
	return s
}
