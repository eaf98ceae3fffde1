package ngroktest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.ngrok.com/muxado/v2"
)

// answer answers one stream of an agent.
func (e *Edge) answer(s *session, stream muxado.TypedStream) {
	switch stream.StreamType() {
	case streamHeartbeat:
		_, _ = io.Copy(stream, stream)
	case streamAuth:
		converse(e, stream, func(r authRequest) any { return e.authenticate(s, r) })
	case streamBind:
		converse(e, stream, func(r bindRequest) any { return e.bind(s, r) })
	case streamUnbind:
		converse(e, stream, func(r idMessage) any { return e.unbindID(s, r.ID) })
	case streamSrvInfo:
		converse(e, stream, func(struct{}) any { return regionMessage{"local"} })
	case streamPatch:
		converse(e, stream, func(struct{}) any { return errorMessage{} })
	}
}

// converse reads a question and writes the answer. What is no question gets none.
func converse[Q any](e *Edge, stream muxado.Stream, answer func(Q) any) {
	// Only reads get a deadline: one on writes breaks a muxado session.
	_ = stream.SetReadDeadline(time.Now().Add(handshakePatience))
	var question Q
	if readMessage(stream, &question) != nil {
		return
	}
	e.lag(e.ctx)
	_ = writeMessage(stream, answer(question))
}

// authenticate starts a session, or resumes the one that the agent proves to have had.
func (e *Edge) authenticate(s *session, r authRequest) authAnswer {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sweep()
	defer e.tell()
	before := e.resumable(r)
	code, about := e.tokenCode(r.Extra.Authtoken), r.Extra.Authtoken
	others := len(e.sessions)
	if before != nil {
		others--
	}
	if code == 0 && others >= e.options.MaxAgents {
		code, about = 108, strconv.Itoa(e.options.MaxAgents)
	}
	e.seen.auths = append(e.seen.auths, Auth{
		Token: r.Extra.Authtoken, ClientID: r.ClientID, Metadata: r.Extra.Metadata, Code: code,
	})
	if code != 0 || s.over { // when over, nobody hears it
		return authAnswer{Version: "3", Error: refusal(code, about)}
	}
	s.id = e.name("client")
	if before != nil {
		s.id = before.id
		e.remove(before)
		_ = before.link.Close()
	}
	s.auth, s.cookie = r, e.name("cookie")
	e.sessions[s] = struct{}{}
	s.link.setPatience(cmp.Or(e.options.Patience, r.Extra.HeartbeatInterval+r.Extra.HeartbeatTolerance, handshakePatience))
	return authAnswer{Version: "3", ClientID: s.id, Extra: authAnswerExtra{
		Version: "ngroktest", Region: "local", Cookie: s.cookie, AccountName: "Shop Owner", PlanName: "Free",
		AgentSessionID: e.name("agent"),
	}}
}

// resumable is the session whose id and cookie the agent knows, if there is one. It is
// called with the lock held.
func (e *Edge) resumable(r authRequest) *session {
	for s := range e.sessions {
		if s.id == r.ClientID && s.cookie == r.Extra.Cookie {
			return s
		}
	}
	return nil
}

var wellFormed = regexp.MustCompile(`^[0-9A-Za-z]{20,}_[0-9A-Za-z]{10,}$`)

// tokenCode is 0 for a token of the account. It is called with the lock held.
func (e *Edge) tokenCode(token string) int {
	switch {
	case e.faults.token != 0:
		return e.faults.token
	case token == "":
		return 4018
	case len(e.options.Tokens) == 0 && wellFormed.MatchString(token), slices.Contains(e.options.Tokens, token):
		return 0
	case !wellFormed.MatchString(token):
		return 105
	default:
		return 107
	}
}

func (e *Edge) bind(s *session, r bindRequest) bindAnswer {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sweep()
	defer e.tell()
	host := e.hostFor(r)
	code := e.bindCode(s, r.Proto, host)
	e.seen.binds = append(e.seen.binds, Bind{
		ClientID: s.id, URL: r.opt("URL"), TrafficPolicy: r.opt("TrafficPolicy"), Metadata: r.Extra.Metadata,
		Again: r.ID != "", Code: code,
	})
	if code != 0 {
		return bindAnswer{Error: refusal(code, host)}
	}
	address := "https://" + host
	at := newEndpoint(s, host, cmp.Or(r.ID, e.name("bind")))
	e.endpoints[host] = at
	opts := maps.Clone(r.Opts)
	if opts == nil {
		opts = map[string]json.RawMessage{}
	}
	opts["URL"], opts["Hostname"] = quote(address), quote(host)
	return bindAnswer{ID: at.id, URL: address, Proto: "https", Opts: opts, Extra: bindAnswerExtra{
		Token: e.name("token"), TunnelID: e.name("tn"),
	}}
}

// hostFor is the host an agent asks for, or the dev domain.
func (e *Edge) hostFor(r bindRequest) string {
	if u, err := url.Parse(r.opt("URL")); err == nil && u.Hostname() != "" {
		return strings.ToLower(u.Hostname())
	}
	return strings.ToLower(cmp.Or(r.opt("Hostname"), r.opt("Domain"), e.options.DevDomain))
}

// bindCode is 0 when s may have host. It is called with the lock held.
func (e *Edge) bindCode(s *session, proto, host string) int {
	f := e.faults
	switch {
	case !slices.Contains(e.live(), s):
		return 4018
	case f.bind != 0 && (f.bindUntil.IsZero() || time.Now().Before(f.bindUntil)):
		return f.bind
	case host != e.options.DevDomain && !slices.Contains(e.options.Domains, host):
		if strings.Contains(host, ".ngrok") {
			return 320
		}
		return 319
	case e.endpoints[host] != nil:
		return 334
	case proto != "https":
		return 8013 // the others are not played here
	default:
		return 0
	}
}

func (e *Edge) unbindID(s *session, id string) errorMessage {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, at := range e.endpoints {
		if at.session == s && at.id == id {
			e.unbind(at)
			return errorMessage{}
		}
	}
	return errorMessage{"no such endpoint"}
}

// name makes an id. It is called with the lock held.
func (e *Edge) name(kind string) string {
	e.serial++
	return fmt.Sprintf("%s-%d", kind, e.serial)
}

func quote(text string) json.RawMessage {
	quoted, _ := json.Marshal(text) // text always can be
	return quoted
}
