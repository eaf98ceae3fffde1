package ngroktest

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.ngrok.com/muxado/v2"
)

// The types of streams, and who opens them.
const (
	streamAuth      muxado.StreamType = 0  // agent
	streamBind      muxado.StreamType = 1  // agent
	streamUnbind    muxado.StreamType = 2  // agent
	streamProxy     muxado.StreamType = 3  // edge
	streamStop      muxado.StreamType = 5  // edge
	streamSrvInfo   muxado.StreamType = 8  // agent
	streamStopBind  muxado.StreamType = 9  // edge
	streamPatch     muxado.StreamType = 10 // agent
	streamHeartbeat muxado.StreamType = 0xFFFFFFFF
)

// The messages, in the SDK's spelling, with the fields that matter here.
type (
	authRequest struct {
		ClientID string `json:"ClientId"` // empty for a new session
		Extra    struct {
			Authtoken, Cookie, UserAgent, Metadata string
			HeartbeatInterval, HeartbeatTolerance  time.Duration
			StopUnsupportedError                   *string // empty: supported
		}
	}
	authAnswer struct {
		Version  string
		ClientID string `json:"ClientId"`
		Error    string
		Extra    authAnswerExtra
	}
	authAnswerExtra struct {
		Version, Region, Cookie, AccountName, PlanName, AgentSessionID string
	}
	bindRequest struct {
		ID    string `json:"Id"` // empty for a new endpoint
		Proto string
		Opts  map[string]json.RawMessage
		Extra struct{ Metadata, Token string }
	}
	bindAnswer struct {
		ID    string `json:"Id"`
		URL   string
		Proto string
		Opts  map[string]json.RawMessage // what the agent asks for again after a reconnect
		Error string
		Extra bindAnswerExtra
	}
	bindAnswerExtra struct{ Token, TunnelID string }
	idMessage       struct {
		ID string `json:"Id"`
	}
	stopBindMessage struct {
		ID        string `json:"Id"`
		Message   string
		ErrorCode string
	}
	regionMessage struct{ Region string }
	errorMessage  struct{ Error string }
	proxyHeader   struct {
		ID         string `json:"Id"`
		ClientAddr string
		Proto      string
		EdgeType   string
	}
)

// opt is one option of a bind that is text.
func (r *bindRequest) opt(name string) string {
	var text string
	_ = json.Unmarshal(r.Opts[name], &text)
	return text
}

// readMessage reads one message of bounded size.
func readMessage(from io.Reader, message any) error {
	return json.NewDecoder(io.LimitReader(from, maxMessage)).Decode(message)
}

func writeMessage(to io.Writer, message any) error {
	return json.NewEncoder(to).Encode(message)
}

// writeHeader starts a proxy stream: eight bytes little endian length, then the header.
func writeHeader(to io.Writer, header proxyHeader) error {
	text, err := json.Marshal(header)
	if err != nil {
		return err
	}
	_, err = to.Write(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...))
	return err
}

func codeName(code int) string { return fmt.Sprintf("ERR_NGROK_%d", code) }

// refusal is what the edge says with a code, about a token, a domain or a URL. As at the
// real service, the texts about tokens repeat them.
func refusal(code int, about string) string {
	text, known := texts[code]
	if !known {
		text = "The request was refused."
	}
	return strings.ReplaceAll(text, "ABOUT", about) + "\r\n\r\n" + codeName(code) + "\r\n"
}

var texts = map[int]string{
	105:   "The authtoken you specified does not look like a proper ngrok authtoken.\r\nYour authtoken: ABOUT",
	106:   "The authtoken you specified is an ngrok v1 authtoken.\r\nYour authtoken: ABOUT",
	107:   "The authtoken you specified is properly formed, but it is invalid.\r\nYour authtoken: ABOUT",
	108:   "Your account is limited to ABOUT simultaneous ngrok agent sessions.",
	319:   "You must reserve a custom hostname before it can be bound: 'ABOUT'.",
	320:   "The domain 'ABOUT' is reserved for another account.",
	334:   "The endpoint 'https://ABOUT' is already online.",
	727:   "The HTTP requests of this month are used up.",
	3004:  "The server returned an invalid or incomplete HTTP response.",
	3200:  "The endpoint is offline.",
	4018:  "Usage of ngrok requires a verified account and authtoken.",
	6024:  "You are about to visit a site that is served for free.",
	15004: "The traffic policy has more rules than the plan allows.",
}
