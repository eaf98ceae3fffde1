// Package crm lists the CRMs Usher knows. A CRM is a folder here that implements
// core.Adapter and passes crmtest, and one line in All.
package crm

import (
	"usher/core"
	"usher/core/crm/kartra"
	"usher/core/crm/ontraport"
	"usher/core/crm/ortto"
	"usher/core/crm/pulse"
)

// All returns the adapter of every CRM Usher knows, in the order people see them.
func All() []core.Adapter {
	return []core.Adapter{
		kartra.Adapter{},
		ontraport.Adapter{},
		ortto.Adapter{},
		pulse.Adapter{},
	}
}
