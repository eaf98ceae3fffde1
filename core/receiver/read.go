package receiver

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// smallBody is how much of any message is read without asking, in bytes. All a
// CRM sends about one contact fits many times.
const smallBody = 16 << 10

var errTooBig = errors.New("body too big")

// places bounds how many large messages are in memory at once.
type places chan struct{}

// read reads the whole body. leave must be called when the body is done with.
//
// A flood of strangers must not keep a right key out, wherever that key stands. So
// nothing but memory is rationed: up to smallBody of a message is read at once, as that
// costs hardly more than making it wait would, and what is larger waits for a place.
// Messages with a right key in the query have places of their own. Of strangers with
// large messages one might have its key in the body; it waits its turn and, if that
// does not come before the server's deadline for reading, is asked to come back.
func (d *door) read(r *http.Request, known bool) (body []byte, leave func(), err error) {
	leave = func() {}
	if r.ContentLength > d.maxBody {
		return nil, leave, errTooBig
	}
	var buf bytes.Buffer
	first := min(smallBody, d.maxBody+1)
	if _, err := buf.ReadFrom(io.LimitReader(r.Body, first)); err != nil || int64(buf.Len()) < first {
		return buf.Bytes(), leave, err
	}
	at := d.strangers
	if known {
		at = d.known
	}
	select {
	case at <- struct{}{}:
		leave = func() { <-at }
	case <-r.Context().Done():
		return nil, leave, r.Context().Err()
	}
	_, err = buf.ReadFrom(io.LimitReader(r.Body, d.maxBody-first+1))
	if int64(buf.Len()) > d.maxBody {
		err = errTooBig
	}
	return buf.Bytes(), leave, err
}

// unreadBody is how much of a refused message is taken in and thrown away, in bytes.
const unreadBody = 8 << 20

// letFinish takes in the rest of a refused message. Most senders look at the answer only
// when they have sent everything, and the end of a connection with something unread in
// it would cut the answer off. One that asked whether to go on need not.
func letFinish(r *http.Request) {
	if r.Header.Get("Expect") == "" {
		_, _ = io.CopyN(io.Discard, r.Body, unreadBody)
	}
}
