package crmtest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"usher/core"
)

var credentialKey = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func credentialsAreComplete(adapter core.Adapter) error {
	credentials := adapter.Describe().Credentials
	if _, opens := adapter.(core.Opener); opens != (len(credentials) > 0) {
		return fmt.Errorf("the API can be opened: %v, with %d credentials", opens, len(credentials))
	}
	seen := map[string]bool{}
	for _, c := range credentials {
		switch {
		case !credentialKey.MatchString(c.Key) || seen[c.Key]:
			return fmt.Errorf("the credential key %q is none, or used twice", c.Key)
		case blank(c.Label, c.Where):
			return fmt.Errorf("the credential %s lacks its label, or where to find it", c.Key)
		case c.Default != "" && len(c.Choices) > 0 && !slices.Contains(c.Choices, c.Default):
			return fmt.Errorf("the credential %s is by default what cannot be chosen", c.Key)
		}
		seen[c.Key] = true
	}
	return nil
}

// documentedURLs are those every CRM's set-up document shows.
var documentedURLs = []string{"{add}&send_notification=true", "{add}&role=customer"}

// placeholders stand for the webhook URLs.
var placeholders = []string{"{add}", "{update}", "{update_tags}"}

var anyPlaceholder = regexp.MustCompile(`\{[^}]*\}?`)

// commandLine is what a window never speaks of.
var commandLine = regexp.MustCompile(`usherd|(^|\s)--[a-z]`)

// wordsAreForTheWindow says that nobody is sent to the command line: what an adapter tells of
// itself is read in the window.
func wordsAreForTheWindow(adapter core.Adapter) error {
	d := adapter.Describe()
	said := slices.Clone(d.Doubts)
	for _, c := range d.Credentials {
		said = append(said, c.Label, c.Where)
	}
	for _, card := range d.Cards {
		said = slices.Concat(said, []string{card.Title}, card.Steps, card.Notes, card.Warns)
	}
	for _, text := range said {
		if commandLine.MatchString(text) {
			return fmt.Errorf("%q speaks of the command line", text)
		}
	}
	return nil
}

func cardsAreComplete(adapter core.Adapter) error {
	d := adapter.Describe()
	if len(d.Cards) == 0 || len(d.Doubts) == 0 {
		return fmt.Errorf("there are %d cards and %d doubts", len(d.Cards), len(d.Doubts))
	}
	if blank(d.Doubts...) {
		return errors.New("a doubt is empty")
	}
	var steps []string
	for _, card := range d.Cards {
		if len(card.Steps) == 0 || blank(card.Title) || blank(card.Steps...) || blank(card.Notes...) || blank(card.Warns...) {
			return fmt.Errorf("the card %q lacks its title or steps, or has empty lines", card.Title)
		}
		if said := anyPlaceholder.FindString(strings.Join(slices.Concat(card.Notes, card.Warns), "\n")); said != "" {
			return fmt.Errorf("the card %q has %s outside its steps", card.Title, said)
		}
		steps = append(steps, card.Steps...)
	}
	text := strings.Join(steps, "\n")
	for _, want := range slices.Concat(placeholders, documentedURLs) {
		if !strings.Contains(text, want) {
			return fmt.Errorf("no step says %s", want)
		}
	}
	for _, said := range anyPlaceholder.FindAllString(text, -1) {
		if !slices.Contains(placeholders, said) {
			return fmt.Errorf("a step says %s, which stands for nothing", said)
		}
	}
	return nil
}

func blank(texts ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.TrimSpace(text) == "" })
}
