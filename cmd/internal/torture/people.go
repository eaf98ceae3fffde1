package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"

	"usher/core"
	"usher/core/practice"
)

// account is a practice CRM with a connection to the site.
type account struct {
	kind      string
	crm       practice.CRM
	firstName string // the field
	password  string // the field that gets the password; empty where the CRM has no API for Usher
	urls      map[core.Action]string
}

// person is somebody in a CRM, and what may be expected of their user.
type person struct {
	account *account
	id      string
	email   string
	welcome bool // the messages ask for a welcome mail
	has     bool // a user, as far as the last look tells

	// Until a message about it is answered, any value since the last answered one may be
	// what the site has: nobody knows whether the message was kept.
	names []string
	vip   []bool

	answered []string // ids
	adds     bool     // an add was answered
	said     string   // what the journal says became of the mail
	unsure   bool     // a kill may have come between that mail and the journal
	left     []call   // what was not answered
}

// call is one webhook about a person.
type call struct {
	action core.Action
	name   string // to change to before
	turn   bool   // put the tag on, or take it off, before
}

// script is what a CRM sends about somebody new: some of it twice, some after a change.
func script(r *rand.Rand) []call {
	calls := []call{{action: core.Add}}
	if r.IntN(3) == 0 {
		calls = append(calls, call{action: core.Add})
	}
	if r.IntN(2) == 0 {
		calls = append(calls, call{action: core.Update, name: fmt.Sprint("Ann", r.IntN(1000))})
	}
	return calls
}

// later is what a CRM sends about somebody who is a user.
func later(r *rand.Rand, tags bool) []call {
	calls := []call{{action: core.Update, name: fmt.Sprint("Bea", r.IntN(1000))}}
	if tags {
		calls = append(calls, call{action: core.UpdateTags, turn: true})
	}
	if r.IntN(2) == 0 {
		slices.Reverse(calls)
	}
	return calls
}

// meet makes somebody in the CRM.
func (a *account) meet(r *rand.Rand, email string) *person {
	p := &person{account: a, email: email, welcome: r.IntN(4) != 0, names: []string{"Ann"}, vip: []bool{a.password != "" && r.IntN(2) == 0}}
	var tags []string
	if p.vip[0] {
		tags = []string{tag}
	}
	p.id = a.crm.Add(practice.Person{Email: email, Fields: map[string]string{a.firstName: "Ann"}, Tags: tags})
	return p
}

// send sends what is left, one after the other, until something is not answered.
func (p *person) send(ctx context.Context, client *http.Client, local string) error {
	for len(p.left) > 0 {
		c := p.left[0]
		p.change(c)
		p.left[0].name, p.left[0].turn = "", false // which is done, also where it is sent again
		answered, err := p.post(ctx, client, local, c)
		if err != nil || !answered {
			return err
		}
		p.left = p.left[1:]
		p.adds = p.adds || c.action == core.Add
		p.vip = p.vip[len(p.vip)-1:]
		if c.action != core.UpdateTags {
			p.names = p.names[len(p.names)-1:]
		}
	}
	return nil
}

// change does in the CRM what the message is about.
func (p *person) change(c call) {
	crm := p.account.crm
	if c.name != "" {
		crm.Change(p.id, map[string]string{p.account.firstName: c.name})
		p.names = append(p.names, c.name)
	}
	if !c.turn {
		return
	}
	now, _ := crm.Person(p.id)
	tags := slices.DeleteFunc(now.Tags, func(t string) bool { return t == tag })
	on := len(tags) == len(now.Tags)
	if on {
		tags = append(tags, tag)
	}
	crm.Tag(p.id, tags...)
	p.vip = append(p.vip, on)
}

// post sends one webhook. That nobody answers is no error.
func (p *person) post(ctx context.Context, client *http.Client, local string, c call) (answered bool, err error) {
	_, query, _ := strings.Cut(p.account.urls[c.action], "?")
	target := local + "/?" + query
	if c.action == core.Add && p.welcome {
		target = core.AskFor(target, "", true)
	}
	req, err := p.account.crm.Webhook(target, p.id, p.account.password != "")
	if err != nil {
		return false, err
	}
	req.RequestURI = ""
	resp, err := client.Do(req.WithContext(ctx))
	if err != nil {
		return false, ctx.Err()
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return false, ctx.Err()
	}
	var said struct{ Delivery string }
	if resp.StatusCode != http.StatusOK || json.Unmarshal(body, &said) != nil || said.Delivery == "" {
		return false, fmt.Errorf("a webhook was answered %d %s", resp.StatusCode, body)
	}
	p.answered = append(p.answered, said.Delivery)
	return true, nil
}

// inCRM is the person as the CRM has them now.
func (p *person) inCRM() (now practice.Person, err error) {
	now, ok := p.account.crm.Person(p.id)
	if !ok {
		return now, errors.New("the CRM lost " + p.id)
	}
	return now, nil
}
