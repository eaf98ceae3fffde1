package main

import (
	"encoding/json"
	"testing"

	"usher/core"
)

func TestSecretsAreFilledInOnlyWhereSecretsGo(t *testing.T) {
	t.Setenv("USHER_TEST_PLANTED", "from-the-environment")
	filled, err := fillSecrets([]byte(`{
		"site":{"url":"x","application_password":{"env":"USHER_TEST_PLANTED"}},
		"crm":{"kind":"kartra","fields":{"api_key":{"env":"USHER_TEST_PLANTED"}}},
		"connection":{"access_key":"plain","field_map":{"env":"USHER_TEST_PLANTED"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Site struct {
			Password string `json:"application_password"`
		}
		CRM        struct{ Fields map[string]string }
		Connection struct {
			Key      string            `json:"access_key"`
			FieldMap map[string]string `json:"field_map"`
		}
	}
	if err := json.Unmarshal(filled, &got); err != nil {
		t.Fatal(err)
	}
	if got.Site.Password != "from-the-environment" || got.CRM.Fields["api_key"] != "from-the-environment" ||
		got.Connection.Key != "plain" || got.Connection.FieldMap["env"] != "USHER_TEST_PLANTED" {
		t.Errorf("filled %s", filled)
	}
}

func FuzzFillSecrets(f *testing.F) {
	f.Add([]byte(`{"site":{"application_password":{"env":"HOME"}},"crm":{"fields":{"a":{"env":""}}}}`))
	f.Add([]byte(`{"site":[],"connection":{"access_key":{"env":1}}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		filled, err := fillSecrets(data)
		if err != nil && !core.HasCode(err, "setup.invalid") {
			t.Errorf("not a Problem people can act on: %v", err)
		}
		if err == nil && !json.Valid(filled) {
			t.Errorf("made %q of %q", filled, data)
		}
	})
}
