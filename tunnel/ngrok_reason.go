package tunnel

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
)

// inUse is the code of a URL that is online already, which is only sometimes for people.
const inUse = "address.in_use"

// ngrokMeaning is what a refusal of ngrok's means.
type ngrokMeaning struct {
	code  string // of the catalogue
	final bool   // only a person can help
}

// ngrokMeanings are the refusals of agents and endpoints, from ngrok.com/docs/errors.
var ngrokMeanings = map[string]ngrokMeaning{
	"ERR_NGROK_105":   {"address.token_refused", true}, // malformed
	"ERR_NGROK_106":   {"address.token_refused", true}, // of an agent of version 1
	"ERR_NGROK_107":   {"address.token_refused", true}, // revoked
	"ERR_NGROK_4018":  {"address.token_refused", true}, // missing, or the account is not verified
	"ERR_NGROK_120":   {"address.agent_too_old", true},
	"ERR_NGROK_121":   {"address.agent_too_old", true},
	"ERR_NGROK_108":   {"address.too_many_agents", false},
	"ERR_NGROK_319":   {"address.domain_not_yours", true}, // not reserved
	"ERR_NGROK_320":   {"address.domain_not_yours", true}, // another account's
	"ERR_NGROK_334":   {inUse, false},
	"ERR_NGROK_15004": {"address.plan", true}, // too many policy rules
	"ERR_NGROK_9016":  {"address.plan", true}, // no webhook verification
	"ERR_NGROK_18019": {"address.plan", true}, // no pooling of endpoints
}

// ngrokCode finds the code of a refusal. It comes as a value, in a text, and in lower case
// in a URL in a text, depending on the way the SDK got it.
var ngrokCode = regexp.MustCompile(`(?i)ERR_NGROK_\d+`)

// ngrokReason says what an error of the SDK means, without its text: that of some refusals
// repeats the authtoken.
func ngrokReason(err error) (reason *coded, final bool) {
	if code := strings.ToUpper(ngrokCode.FindString(err.Error())); code != "" {
		meaning, known := ngrokMeanings[code]
		if !known {
			meaning.code = "address.ngrok"
		}
		return &coded{code: meaning.code, detail: code, err: errors.New("ngrok answered " + code)}, meaning.final
	}
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) {
		return &coded{code: "address.tls_inspected", err: fmt.Errorf("trust ngrok: %w", untrusted.Err)}, false
	}
	var op *net.OpError
	if errors.As(err, &op) { // without its addresses, which differ each time
		return &coded{code: "address.no_network", err: fmt.Errorf("reach ngrok: %s: %w", op.Op, op.Err)}, false
	}
	return &coded{code: "address.no_network", err: errors.New("the connection to ngrok ended")}, false
}

// stoppedReason says why an endpoint that was online accepts no more.
func stoppedReason(err error) *coded {
	code := strings.ToUpper(ngrokCode.FindString(err.Error()))
	return &coded{code: "address.stopped", detail: code, err: errors.New(strings.TrimSpace("ngrok stopped the endpoint " + code))}
}
