package engine

import "usher/core"

// hear remembers what a site said of the Usher helper just now.
func (e *Engine) hear(site string, offer core.Offer) {
	said := core.Helper{State: core.HelperAbsent}
	if offer.Helper {
		said = core.Helper{State: core.HelperActive, Version: offer.Version}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.helpers[site] != said {
		e.helpers[site] = said
		e.bell.ring()
	}
}

// helper is what a site said when it was last asked. Of the time before this start only an
// identity is left, which the helper alone gives.
func (e *Engine) helper(site core.Site) core.Helper {
	e.mu.Lock()
	defer e.mu.Unlock()
	said, asked := e.helpers[site.ID]
	if !asked && site.Identity != "" {
		said.State = core.HelperActive
	}
	return said
}
