package practice

import (
	"net/http"
	"strings"
)

// The functions here are the last word on one parameter each. They also see null, which the checks let
// pass and which empties a field (measured: null erases an e-mail address).

func textOrNothing(value any) string {
	text, _ := value.(string)
	return text
}

func cleanNothing(value any) (any, *refusal) { return textOrNothing(value), nil }

func cleanText(value any) (any, *refusal) { return stripText(textOrNothing(value)), nil }

func cleanURL(value any) (any, *refusal) { return webAddress(textOrNothing(value)), nil }

func cleanSlug(value any) (any, *refusal) { return slug(textOrNothing(value)), nil }

func cleanLogin(value any) (any, *refusal) {
	login := textOrNothing(value)
	if !legalLogin.MatchString(login) || login == "0" {
		return nil, refuse(http.StatusBadRequest, "rest_user_invalid_username",
			"This username is invalid because it uses illegal characters. Please enter a valid username.")
	}
	return login, nil
}

func cleanPassword(value any) (any, *refusal) {
	password := textOrNothing(value)
	switch {
	case password == "" || password == "0":
		return nil, refuse(http.StatusBadRequest, "rest_user_invalid_password", "Passwords cannot be empty.")
	case strings.Contains(password, `\`):
		return nil, refuse(http.StatusBadRequest, "rest_user_invalid_password",
			`Passwords cannot contain the "\" character.`)
	default:
		return password, nil
	}
}

func cleanList(value any) (any, *refusal) {
	words := []string{}
	list, _ := value.([]any)
	for _, item := range list {
		words = append(words, textOrNothing(item))
	}
	return words, nil
}

// cleanReassign leaves the id of the user who inherits, or 0 for nobody.
func cleanReassign(value any) (any, *refusal) {
	if id, ok := integer(value); ok {
		return id, nil
	}
	switch value {
	case false, "", "false":
		return int64(0), nil
	}
	return nil, refuse(http.StatusBadRequest, "rest_invalid_param", "Invalid user parameter(s).")
}
