//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"usher/core"
)

// wantLines are what `usherd deliveries --json` prints after the messages of oneOfEach.
var wantLines = regexp.MustCompile(`^` +
	wantLine(`"id":"5"`, `"action":"add","contact":"","state":"held","attempts":0,"problem":{"code":"delivery.malformed","title":"[^"]+","fix":"[^"]+"}`) +
	wantLine(`"id":"4"`, `"action":"remove","contact":"","state":"held","attempts":0,"problem":{"code":"delivery.unknown_action","title":"[^"]+","fix":"[^"]+"}`) +
	wantLine(`"id":"3"`, `"action":"update","contact":"2","state":"applied","outcome":"no_user","attempts":1`) +
	wantLine(`"id":"2"`, `"action":"add","contact":"1","state":"applied","outcome":"unchanged","user_id":2,"attempts":1`) +
	wantLine(`"id":"1"`, `"action":"add","contact":"1","state":"applied","outcome":"created","user_id":2,"attempts":1`) + `$`)

func wantLine(id, rest string) string {
	return `\{` + id + `,"received":"20\d\d-\d\d-\d\dT[0-9:.]+Z","connection":"Kartra → 127\.0\.0\.1:\d+","crm":"kartra",` + strings.NewReplacer("{", `\{`, "}", `\}`).Replace(rest) + "\\}\n"
}

// oneOfEach sends messages that end in different ways.
func oneOfEach(u *usher) {
	u.Helper()
	u.want(u.accepted(rightAdd, message("1", "ann@example.test", "Ann")), core.Applied, core.Created)
	u.want(u.accepted(rightAdd, message("1", "ann@example.test", "Ann")), core.Applied, core.Unchanged)
	u.want(u.accepted("wpf_action=update&"+rightKey, message("2", "bo@example.test", "Bo")), core.Applied, core.NoUser)
	u.want(u.accepted("wpf_action=remove&"+rightKey, ""), core.Held, "")
	u.want(u.accepted(rightAdd, `{"lead":`), core.Held, "")
}

func TestCommandsSayTheSameWhetherUsherRunsOrNot(t *testing.T) {
	t.Parallel()
	_, siteURL := practiceSite(t)
	u := newUsher(t)
	u.serve()
	u.setup(practiceSetup(siteURL, nil))
	oneOfEach(u)
	const counts = `{"accepted":5,"applied":3,"merged":0,"held":2,"failed":0,"queued":0,"address":`
	u.prints(counts+`{"state":"online","url":"`+u.local+`"}}`+"\n", "status", "--json")
	u.prints("5 messages accepted: 3 done, 0 done with a newer message, 0 waiting, 2 need you, 0 didn't work\nThe webhook address is online. "+u.local+"\n", "status")
	all := u.must("deliveries", "--json")
	if !wantLines.MatchString(all) {
		t.Errorf("the deliveries are\n%s\nand do not match\n%s", all, wantLines)
	}
	newest := strings.Join(strings.SplitAfter(all, "\n")[:2], "")
	u.prints(newest, "deliveries", "--json", "--limit", "2")
	u.prints("", "deliveries", "--json", "--limit", "0")
	table := u.must("deliveries")
	if !regexp.MustCompile(`^ID +RECEIVED +CONNECTION +ACTION +PERSON +STATE +OUTCOME +WHY\n5 .* held +The message is cut off or damaged\.\n4 `).MatchString(table) || strings.Count(table, "\n") != 6 {
		t.Errorf("as a table they are\n%s", table)
	}
	u.refuses("command.not_retryable", "retry", "1")
	u.refuses("command.no_delivery", "retry", "99")
	u.refuses("command.no_question", "decline", "5")
	u.prints("1 to be tried again\n", "retry", "5")
	u.want("5", core.Held, "")
	u.prints("2 to be tried again\n", "retry", "--all")
	u.want("5", core.Held, "")
	u.want("4", core.Held, "")
	u.stop()

	u.prints(counts+`{"state":"off"}}`+"\n", "status", "--json")
	u.prints(all, "deliveries", "--json")
	u.prints("2 to be tried again\n", "retry", "--all")
}

func TestANo(t *testing.T) {
	site, siteURL := practiceSite(t)
	u := newUsher(t)
	urls := u.setup(practiceSetup(siteURL, nil))
	u.serve()
	u.want(u.accepted(query(urls[core.Add]), message("1", "ann@example.test", "Ann")), core.Applied, core.Created)
	asked := u.accepted(query(urls[core.Update]), message("1", "new@example.test", "Ann"))
	u.want(asked, core.Held, "")
	u.prints("answered with no\n", "decline", asked)
	line := u.want(asked, core.Applied, core.Unchanged)
	if _, there := site.User("ann@example.test"); !there || !slices.Contains(line.Notes, core.NewNote("email.declined", "").Text()) {
		t.Errorf("the address changed, or nothing is said: %+v", line)
	}
}

// prints runs a command that must print exactly this.
func (u *usher) prints(want string, args ...string) {
	u.Helper()
	if got := u.must(args...); got != want {
		u.Errorf("usherd %s prints\n%q, want\n%q", strings.Join(args, " "), got, want)
	}
}

// refuses runs a command that must fail with this problem and print nothing but that.
func (u *usher) refuses(code string, args ...string) {
	u.Helper()
	before := len(u.log.String())
	out, err := u.ask(args...)
	said := u.log.String()[before:]
	if err == nil || out != "" || !strings.Contains(said, "\n("+code+")\n") {
		u.Errorf("usherd %s: %v, prints %q, says %q; want %s", strings.Join(args, " "), err, out, said, code)
	}
}

func TestWhatASetupFileDoesNotNameStaysAsItIs(t *testing.T) {
	t.Parallel()
	site, siteURL := practiceSite(t)
	u := newUsher(t)
	ready := u.serveFixed("https://hooks.example.test/usher/")
	if want := (readyLine{Ready: true, Local: u.local, Public: "https://hooks.example.test/usher"}); ready != want {
		t.Errorf("ready %+v, want %+v", ready, want)
	}
	file := practiceSetup(siteURL, map[string]any{"field_map": map[string]string{"first_name": "last_name"}})
	first := u.setup(file)
	for action, url := range first {
		if url != "https://hooks.example.test/usher/?wpf_action="+string(action)+"&"+rightKey {
			t.Errorf("the URL of %s is %s", action, url)
		}
	}
	u.setup(map[string]any{"site": map[string]any{"url": siteURL}, "crm": map[string]any{"kind": "kartra"}})
	u.want(u.accepted(rightAdd, message("1", "ann@example.test", "Ann")), core.Applied, core.Created)
	if ann, _ := site.User("ann@example.test"); ann.Fields["last_name"] != "Ann" || ann.Fields["first_name"] != "" {
		t.Errorf("the field map was not kept: %v", ann.Fields)
	}

	// A set-up that is refused leaves no key behind.
	refused := practiceSetup(siteURL, map[string]any{"name": "other"})
	refused["connection"].(map[string]any)["access_key"] = "another-access-key"
	refused["site"].(map[string]any)["application_password"] = "wrong"
	if _, err := u.trySetup(refused); err == nil {
		t.Error("a wrong password was taken")
	}
	if a := u.post("wpf_action=test&access_key=another-access-key", ""); a.status != 403 {
		t.Errorf("the key of a refused set-up is answered %d", a.status)
	}
	u.stop()
	if again := u.setup(file); again[core.Add] != first[core.Add] {
		t.Errorf("without a running Usher the URL is %s and not %s", again[core.Add], first[core.Add])
	}
}

// serveFixed starts the program behind a public URL and returns its ready line.
func (u *usher) serveFixed(public string) (ready readyLine) {
	u.Helper()
	u.cmd = u.command(u.Context(), nil, "serve", "--address", "fixed", "--public-url", public, "--listen", "127.0.0.1:0")
	out, err := u.cmd.StdoutPipe()
	if err != nil {
		u.Fatal(err)
	}
	if err := u.cmd.Start(); err != nil {
		u.Fatal(err)
	}
	text, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		u.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), &ready); err != nil {
		u.Fatalf("%v in %q", err, text)
	}
	u.local = ready.Local
	return ready
}

// trySetup runs setup with a file on standard input.
func (u *usher) trySetup(file map[string]any) (string, error) {
	u.Helper()
	data, err := json.Marshal(file)
	if err != nil {
		u.Fatal(err)
	}
	cmd := u.command(u.Context(), nil, "setup", "--file", "-")
	cmd.Stdin = strings.NewReader(string(data))
	out, err := cmd.Output()
	return string(out), err
}
