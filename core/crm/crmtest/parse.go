package crmtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"usher/core"
)

// planted stands for something personal: it must never show in an error.
const planted = "pl4nted-pers0nal-value"

// maxKey bounds what names a contact, in bytes: an e-mail address with its prefix.
const maxKey = 300

// read reads a delivery and returns the notice as JSON.
func read(adapter core.Adapter, d core.Delivery) (string, error) {
	m, err := d.Read()
	if err != nil {
		return "", fmt.Errorf("read message: %w", err)
	}
	return parse(adapter, m)
}

// parse parses a message and returns the notice as JSON, or the Problem's code. Its
// error says which promise the adapter broke.
func parse(adapter core.Adapter, m core.Message) (string, error) {
	notice, err := adapter.Parse(m)
	if err != nil {
		return problemCode(err)
	}
	if err := sound(notice); err != nil {
		return "", err
	}
	out, err := json.Marshal(notice)
	return string(out), err
}

func problemCode(err error) (string, error) {
	var problem *core.Problem
	if !errors.As(err, &problem) {
		return "", fmt.Errorf("the error is a %T, not a Problem", err)
	}
	if !slices.Contains(core.ProblemCodes(), problem.Code) || problem.Scope != core.OneItem {
		return "", fmt.Errorf("the problem %q is not one of a single message", problem.Code)
	}
	if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), planted) {
		return "", fmt.Errorf("the problem %q quotes the message", problem.Code)
	}
	return problem.Code, nil
}

// sound checks what is true of every notice.
func sound(notice core.Notice) error {
	key := notice.Contact.Key()
	switch {
	case notice.Ignored == nil && key == "":
		return errors.New("a notice is about nobody and not ignored")
	case notice.Ignored == nil && len(key) > maxKey:
		return fmt.Errorf("a contact is named by %d bytes", len(key))
	case notice.Ignored != nil && !slices.Contains(core.NoteCodes(), notice.Ignored.Code):
		return fmt.Errorf("the note %q is not in the catalogue", notice.Ignored.Code)
	case notice.Ignored != nil && len(notice.Events) > 0:
		return errors.New("an ignored notice has tag events")
	case notice.Contact.Deleted && !notice.NeverCreates:
		return errors.New("a deleted contact may become a user")
	case !notice.Contact.TagsKnown && len(notice.Contact.Tags) > 0:
		return errors.New("there are tags, yet the tags are not known")
	}
	texts := []string{notice.Contact.ID, notice.Contact.Email, notice.Event}
	for name, value := range notice.Contact.Fields {
		if name == "" || value == "" {
			return fmt.Errorf("a field lacks its name or value: %q", name)
		}
		texts = append(texts, name, value)
	}
	for _, event := range notice.Events {
		texts = append(texts, event.Tag)
	}
	for _, text := range append(texts, notice.Contact.Tags...) {
		if text != core.Text(text) || !utf8.ValidString(text) {
			return fmt.Errorf("%q is not plain text", text)
		}
	}
	return nil
}
