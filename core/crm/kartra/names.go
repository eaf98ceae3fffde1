package kartra

import (
	"slices"

	"usher/core"
)

// leadFields are what every lead has, with their labels in Kartra.
var leadFields = []core.CRMField{
	{Key: "email", Label: "Email"},
	{Key: "first_name", Label: "First Name", Writable: true},
	{Key: "middle_name", Label: "Middle Name", Writable: true},
	{Key: "last_name", Label: "Last Name", Writable: true},
	{Key: "last_name2", Label: "Last Name 2", Writable: true},
	{Key: "phone_country_code", Label: "Phone Country Code", Writable: true},
	{Key: "phone", Label: "Phone", Writable: true},
	{Key: "company", Label: "Company", Writable: true},
	{Key: "address", Label: "Address", Writable: true},
	{Key: "city", Label: "City", Writable: true},
	{Key: "zip", Label: "Zip", Writable: true},
	{Key: "state", Label: "State", Writable: true},
	{Key: "country", Label: "Country", Writable: true},
	{Key: "website", Label: "Website", Writable: true},
	{Key: "facebook", Label: "Facebook", Writable: true},
	{Key: "twitter", Label: "Twitter", Writable: true},
	{Key: "linkedin", Label: "LinkedIn", Writable: true},
	{Key: "sales_tax_id", Label: "Sales Tax ID", Writable: true},
	{Key: "username", Label: "Username"},
	{Key: "id", Label: "Lead ID"},
	{Key: "date_joined", Label: "Date Joined"},
	{Key: "score", Label: "Score"},
	{Key: "source", Label: "Source"},
	{Key: "source_id", Label: "Source ID"},
	{Key: "referring_id", Label: "Referring ID"},
	{Key: "ip", Label: "IP"},
	{Key: "ip_country", Label: "IP Country"},
	{Key: "google_plus", Label: "Google Plus"},
	{Key: "lead_picture", Label: "Picture"},
	{Key: "lead_preferred_time_zone", Label: "Preferred Time Zone"},
	{Key: "lead_deleted", Label: "Deleted"},
	{Key: "lead_deleted_date", Label: "Deleted Date"},
	{Key: "blacklisted", Label: "Blacklisted"},
	{Key: "gdpr_lead_status", Label: "GDPR Status"},
	{Key: "gdpr_lead_status_date", Label: "GDPR Status Date"},
	{Key: "gdpr_lead_status_ip", Label: "GDPR Status IP"},
	{Key: "gdpr_lead_communications", Label: "GDPR Communications"},
}

// leadHas reports whether leads have a value of this name, so that no custom field may
// go by it. The lists are what the API tells of a lead besides its fields.
func leadHas(name string) bool {
	return slices.Contains([]string{"custom_fields", "tags", "lists", "sequences", "memberships"}, name) ||
		slices.ContainsFunc(leadFields, func(f core.CRMField) bool { return f.Key == name })
}

// actionPrefix begins the names of what an event was about.
const actionPrefix = "action:"

// actionFields are what Kartra documents of its events. Others are read all the same.
var actionFields = []core.CRMField{
	{Key: "action:product_name", Label: "Event: product"},
	{Key: "action:product_price_point", Label: "Event: price point"},
	{Key: "action:transaction_full_amount", Label: "Event: amount"},
	{Key: "action:transaction_quantity", Label: "Event: quantity"},
	{Key: "action:transaction_type", Label: "Event: kind of payment"},
	{Key: "action:transaction_date", Label: "Event: date of payment"},
	{Key: "action:transaction_id", Label: "Event: number of payment"},
	{Key: "action:membership_name", Label: "Event: membership"},
	{Key: "action:level_name", Label: "Event: membership level"},
	{Key: "action:list_name", Label: "Event: list"},
	{Key: "action:sequence_name", Label: "Event: sequence"},
	{Key: "action:tag_name", Label: "Event: tag"},
	{Key: "action:form_name", Label: "Event: form"},
	{Key: "action:survey_name", Label: "Event: survey"},
	{Key: "action:survey_score", Label: "Event: survey score"},
	{Key: "action:video_name", Label: "Event: video"},
	{Key: "action:calendar_name", Label: "Event: calendar"},
	{Key: "action:class_name", Label: "Event: class"},
	{Key: "action:points", Label: "Event: points"},
}
