package main

// step is a place in Usher's sources at which it is killed.
type step struct {
	name string
	file string
	at   string // the text the kill comes before, or after
	// after has the kill come after the text and not before it.
	after bool
	when  string // a condition in Go, for a place that is reached in vain too
	// mail marks what happens only where Usher itself has the welcome mail sent.
	mail bool
	// sending marks what can lie between a mail being begun and its being noted as sent,
	// because it does, or because it happens while the lane works.
	sending bool
}

// atRandom is no step: Usher is killed from outside, some time after the first message.
const atRandom = "at random"

const (
	creating = "slices.ContainsFunc(writing, func(j *job) bool { return j.write.Create != nil })"
	changing = "slices.ContainsFunc(writing, func(j *job) bool { return j.write.Create == nil })"
	sendLine = "	results := l.send(ctx, writing)\n"
)

// steps are in the order in which a message that makes a user passes them.
var steps = []step{
	{name: "message read, before its commit", file: "core/store/accept.go", at: "		return add(tx, core.Queued, 1)\n", sending: true},
	{name: "message committed, before the answer", file: "core/store/accept.go", at: "	s.announce()\n	return seq, nil\n", sending: true},
	{name: "message understood, before its commit", file: "core/store/sort.go", at: "		return tx.Bucket(bucketMeta).Put(metaSorted, seqKey(newest))\n", sending: true},
	{name: "message sorted", file: "core/engine/sorter.go", at: "	e.wakeLanes()\n	return nil\n", sending: true},
	{name: "password made, before its commit", file: "core/engine/write.go", at: "	return l.engine.store.SaveIntents(ctx, intents)\n", when: "len(intents) > 0"},
	{name: "password committed, before WordPress is asked", file: "core/engine/write.go", at: sendLine, when: creating},
	{name: "user made, before it is noted", file: "core/engine/write.go", at: sendLine, after: true, when: creating},
	{name: "user changed, before it is noted", file: "core/engine/write.go", at: sendLine, after: true, when: changing},
	{name: "before a mail is noted as begun", file: "core/engine/write.go", at: "	if err := keep(core.MailSending); err != nil {\n", mail: true},
	{name: "mail begun, before it is sent", file: "core/engine/write.go", at: "	state := core.MailSent\n", mail: true, sending: true},
	{name: "mail sent, before it is noted", file: "core/engine/write.go", at: "	j.decision.Mailed(state)\n", mail: true, sending: true},
	{name: "mail noted", file: "core/engine/write.go", at: "	return l.handOver(ctx, j)\n", when: "j.decision.Change.SendMail", mail: true},
	{name: "before the CRM has the password", file: "core/engine/handover.go", at: "		if err := scribe.SetFields(ctx, id, values); err != nil {\n"},
	{name: "password in the CRM, before the done tag", file: "core/engine/handover.go", at: "	if conn.DoneTag != \"\" {\n"},
	{name: "done tag set, before it is noted", file: "core/engine/handover.go", at: "	j.decision.HandedOver(l.engine.now())\n"},
	{name: "work done, before its commit", file: "core/engine/apply.go", at: "	if err := l.engine.store.Settle(ctx, l.engine.now(), results...); err != nil {\n", when: "len(jobs) > 0"},
	{name: "work committed", file: "core/engine/apply.go", at: "	l.engine.tellWatchers(results)\n", when: "len(jobs) > 0"},
}

// edit puts the kill into the source.
func (s step) edit() edit {
	kill := "tortured(\"" + s.name + "\")\n"
	if s.when != "" {
		kill = "if " + s.when + " {\n" + kill + "}\n"
	}
	if s.after {
		return edit{s.file, s.at, s.at + kill}
	}
	return edit{s.file, s.at, kill + s.at}
}

// The bugs that can be planted, each for an oracle to find.
const (
	bugLostRow    = "a message is answered and not stored"
	bugTwin       = "an interrupted create is made anew"
	bugSecondMail = "a mail is not noted as begun"
	bugPassword   = "the CRM gets another password" //nolint:gosec // no password
	bugGrant      = "it is forgotten who gave a role"
	bugLeak       = "a key is logged"
)

// bugs are put in after the steps.
var bugs = []edit{
	{
		"core/store/accept.go", "		if err := b.Put(seqKey(seq), value); err != nil {\n",
		"		if planted(\"" + bugLostRow + "\") && seq%8 == 0 {\n			return nil\n		}\n		if err := b.Put(seqKey(seq), value); err != nil {\n",
	},
	{
		"core/engine/look.go", "	return user.Login == intent.Login && ",
		"	return !planted(\"" + bugTwin + "\") && user.Login == intent.Login && ",
	},
	{
		"core/engine/look.go", "	for n := range most {\n",
		"	for n := range most {\n		if planted(\"" + bugTwin + "\") {\n			break\n		}\n",
	},
	{
		"core/engine/write.go", "		user.Login = l.client.Login(user.Login, j.logins+1)\n",
		"		user.Login = l.client.Login(user.Login, j.logins+1)\n		if j.resumed && planted(\"" + bugTwin + "\") {\n			user.Email = \"again.\" + user.Email\n		}\n",
	},
	{
		"core/engine/write.go", "	if err := keep(core.MailSending); err != nil {\n",
		"	if planted(\"" + bugSecondMail + "\") {\n	} else if err := keep(core.MailSending); err != nil {\n",
	},
	{
		"core/engine/write.go", "	return l.engine.store.SaveIntents(ctx, intents)\n",
		"	for _, j := range jobs {\n		if _, made := intents[j.work.Key]; made && planted(\"" + bugPassword + "\") {\n			j.write.Create.Password = newPassword()\n		}\n	}\n	return l.engine.store.SaveIntents(ctx, intents)\n",
	},
	{
		"core/engine/write.go", "		if j.write.Before == nil {\n",
		"		if j.write.Before == nil || planted(\"" + bugGrant + "\") {\n",
	},
	{
		"core/receiver/receiver.go", "	id := core.FormatID(seq)\n",
		"	id := core.FormatID(seq)\n	if planted(\"" + bugLeak + "\") {\n		d.log.Info(\"webhook\", \"key\", v.key)\n	}\n",
	},
}
