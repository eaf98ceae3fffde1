package core

// AddressKind says how CRMs reach Usher.
type AddressKind string

// The kinds of addresses.
const (
	LocalAddress AddressKind = "local" // only programs on this computer: for trying things out
	FixedAddress AddressKind = "fixed" // a public URL of the owner's that leads to a local port
	NgrokAddress AddressKind = "ngrok"
)

// AddressPlan is how the owner wants Usher to be reached. The zero value is a local
// address at the usual port.
type AddressPlan struct {
	Kind AddressKind `json:"kind"`
	// Chosen says that a person chose it; before, it is a local one for want of anything else.
	Chosen bool `json:"chosen,omitempty"`
	// Listen is the local port, host:port; empty for the usual one. An ngrok address has
	// one too, so that programs on this computer can reach Usher when the internet cannot.
	Listen string `json:"listen,omitempty"`
	// URL is the public URL. With ngrok it may be empty, for the account's own domain.
	URL string `json:"url,omitempty"`
	// MonthlyLimit is how many requests a month the plan at ngrok allows; 0 for no limit.
	MonthlyLimit uint64 `json:"monthly_limit,omitempty"`
}

// FreeMonthlyLimit is what ngrok's free plan allows in a month
// (ngrok.com/docs/pricing-limits/free-plan-limits, 2026). Plans change, so it is a setting.
const FreeMonthlyLimit = 20_000

// AddressChange is what a person changes of the AddressPlan; nil leaves a part as it is.
type AddressChange struct {
	Kind         *AddressKind `json:"kind,omitempty"`
	Listen       *string      `json:"listen,omitempty"`
	URL          *string      `json:"url,omitempty"`
	MonthlyLimit *uint64      `json:"monthly_limit,omitempty"`
}

// AddressStatus is the public address and its state. Plan is the one it runs by, or the
// one that was set up while it is off.
type AddressStatus struct {
	State string      `json:"state"` // off, connecting, online, reconnecting, failed
	URL   string      `json:"url,omitempty"`
	Local string      `json:"local,omitempty"` // on this computer, while it is open
	Plan  AddressPlan `json:"plan,omitzero"`
	// Month is the meter of an ngrok address; nil for others.
	Month *Meter `json:"month,omitempty"`
}

// Meter counts what went over the public address in a month.
type Meter struct {
	Month    string `json:"month"`           // "2026-11", UTC
	Requests uint64 `json:"requests"`        // all, whoever sent them
	Pings    uint64 `json:"pings"`           // Usher's own among them, to see whether the way is open
	Limit    uint64 `json:"limit,omitempty"` // 0 for none
}
