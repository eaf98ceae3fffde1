package practice

import "time"

// Lead is a person in Kartra, as far as somebody may want to say something of their own about it.
type Lead struct {
	ID               string // digits; Put gives one if it is empty
	Email            string
	FirstName        string
	MiddleName       string
	LastName         string
	LastName2        string
	PhoneCountryCode string
	Phone            string
	Company          string
	Address          string
	City             string
	Zip              string
	State            string
	Country          string
	Website          string
	Facebook         string
	Twitter          string
	LinkedIn         string
	SalesTaxID       string
	Joined           time.Time // printed as Kartra does: New York's winter time, without saying so
	Deleted          time.Time // zero while the lead exists
	Custom           []CustomField
	Tags             []string // names; webhooks do not tell them
}

// values are where a lead keeps what people can write, by Kartra's names.
func (l *Lead) values() map[string]*string {
	return map[string]*string{
		"first_name": &l.FirstName, "middle_name": &l.MiddleName, "last_name": &l.LastName, "last_name2": &l.LastName2,
		"phone_country_code": &l.PhoneCountryCode, "phone": &l.Phone, "company": &l.Company, "address": &l.Address,
		"city": &l.City, "zip": &l.Zip, "state": &l.State, "country": &l.Country, "website": &l.Website,
		"facebook": &l.Facebook, "twitter": &l.Twitter, "linkedin": &l.LinkedIn, "sales_tax_id": &l.SalesTaxID,
	}
}

// CustomField is a field the account's owner made, with a lead's value. Make one with Input, DropDown or
// Checkbox.
type CustomField struct {
	ID         string `json:"field_id"`
	Identifier string `json:"field_identifier"`
	Type       string `json:"field_type"`
	Value      any    `json:"field_value"` // text, or the options chosen: []Option
}

// Option is one choice of a custom field.
type Option struct {
	ID    string `json:"option_id"`
	Value string `json:"option_value"`
}

// Input is a field with free text.
func Input(id, identifier, text string) CustomField {
	return CustomField{id, identifier, "input_field", text}
}

// DropDown is a field with one choice of many.
func DropDown(id, identifier string, chosen Option) CustomField {
	return CustomField{id, identifier, "drop_down", []Option{chosen}}
}

// Checkbox is a field with any number of choices.
func Checkbox(id, identifier string, chosen ...Option) CustomField {
	return CustomField{id, identifier, "checkbox", append([]Option{}, chosen...)}
}

// printedLead is a lead in the order and with the types of Kartra's sample: all text, but for three of the
// gdpr values.
type printedLead struct {
	ID               string        `json:"id"`
	FirstName        string        `json:"first_name"`
	MiddleName       string        `json:"middle_name"`
	LastName         string        `json:"last_name"`
	LastName2        string        `json:"last_name2"`
	Email            string        `json:"email"`
	PhoneCountryCode string        `json:"phone_country_code"`
	Phone            string        `json:"phone"`
	Company          string        `json:"company"`
	Address          string        `json:"address"`
	City             string        `json:"city"`
	Zip              string        `json:"zip"`
	State            string        `json:"state"`
	Country          string        `json:"country"`
	DateJoined       string        `json:"date_joined"`
	Website          string        `json:"website"`
	IP               string        `json:"ip"`
	IPCountry        string        `json:"ip_country"`
	Facebook         string        `json:"facebook"`
	Twitter          string        `json:"twitter"`
	LinkedIn         string        `json:"linkedin"`
	GooglePlus       string        `json:"google_plus"`
	SalesTaxID       string        `json:"sales_tax_id"`
	Picture          string        `json:"lead_picture"`
	Source           string        `json:"source"`
	Score            string        `json:"score"`
	Deleted          string        `json:"lead_deleted"`
	DeletedDate      string        `json:"lead_deleted_date"`
	ReferringID      string        `json:"referring_id"`
	Blacklisted      string        `json:"blacklisted"`
	SourceID         string        `json:"source_id"`
	TimeZone         string        `json:"lead_preferred_time_zone"`
	GDPRStatus       int           `json:"gdpr_lead_status"`
	GDPRDate         string        `json:"gdpr_lead_status_date"`
	GDPRIP           string        `json:"gdpr_lead_status_ip"`
	GDPRMail         int           `json:"gdpr_lead_communications"`
	CustomFields     []CustomField `json:"custom_fields"`
}

func (l Lead) print() printedLead {
	p := printedLead{
		ID: l.ID, FirstName: l.FirstName, MiddleName: l.MiddleName, LastName: l.LastName, LastName2: l.LastName2, Email: l.Email,
		PhoneCountryCode: l.PhoneCountryCode, Phone: l.Phone, Company: l.Company, Address: l.Address,
		City: l.City, Zip: l.Zip, State: l.State, Country: l.Country, Website: l.Website,
		Facebook: l.Facebook, Twitter: l.Twitter, LinkedIn: l.LinkedIn, SalesTaxID: l.SalesTaxID,
		DateJoined: kartraTime(l.Joined), IP: "192.0.2.7", IPCountry: l.Country, Source: "form",
		Score: "0", Deleted: "0", ReferringID: "0", Blacklisted: "0", SourceID: "0",
		GDPRStatus: 2, GDPRDate: kartraTime(l.Joined), GDPRIP: "192.0.2.7", GDPRMail: 1,
		CustomFields: append([]CustomField{}, l.Custom...),
	}
	if !l.Deleted.IsZero() {
		p.Deleted, p.DeletedDate = "1", kartraTime(l.Deleted)
	}
	return p
}

func kartraTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(time.FixedZone("EST", -5*60*60)).Format(time.DateTime)
}
