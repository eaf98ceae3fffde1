package tunnel

import (
	"net/http"
	"testing"
	"time"
)

func TestWatchedBeginsAnewWhenCallsDoNotArrive(t *testing.T) {
	for what, c := range map[string]struct {
		way   func(http.ResponseWriter, *http.Request) error
		calls []time.Duration
	}{
		"but somewhere else":       {edgeSays(""), []time.Duration{1 * s, 6 * s, 21 * s}},
		"and are not answered":     {neverAnswered, []time.Duration{1 * s, 16 * s, 41 * s}},
		"as ngrok knows no such":   {edgeSays("err_ngrok_3200"), []time.Duration{1 * s, 6 * s}},
		"as ngrok got no answer":   {edgeSays("ERR_NGROK_3004"), []time.Duration{1 * s, 6 * s, 21 * s}},
		"as ngrok says what's new": {edgeSays("ERR_NGROK_9999"), []time.Duration{1 * s, 6 * s, 21 * s}},
	} {
		t.Run(what, func(t *testing.T) {
			watching(t, func(i *internet) { i.lead(c.way) }, func(i *internet) {
				i.wait(c.calls[len(c.calls)-1] - 1)
				i.wantTold("connecting, online")
				i.wantNudges()
				i.wait(11 * s)
				i.wantCalls(c.calls...)
				i.wantTold("reconnecting address.unreachable")
				i.wantNudges("renew")
				i.say(lost(nil))
				i.say(online)
				i.wantTold("") // it says so itself, and that is no proof
				i.lead(nil)
				i.wait(15 * s)
				i.wantTold("online proved")
				i.wantNudges()
			})
		})
	}
}

func TestWatchedDoesNotBeginAnewAllTheTime(t *testing.T) {
	watching(t, asItIs, func(i *internet) {
		i.lead(edgeSays(""))
		renewed := 0
		for range 12 * 60 * 6 {
			i.wait(10 * s)
			for len(i.script.taken) > 0 {
				<-i.script.taken
				renewed++
				i.say(lost(nil))
				i.say(online)
			}
		}
		if n := i.callCount(); renewed < 15 || renewed > 25 || n != renewed+2 {
			t.Errorf("began anew %d times and called %d times in half a day", renewed, n)
		}
		i.wantTold("connecting, online, reconnecting address.unreachable")
		i.outsider()
		i.wantTold("online proved")
	})
}

func TestWatchedOnlyDoubtsWhatItCannotMend(t *testing.T) {
	t.Run("when calls do not get out of here", func(t *testing.T) {
		watching(t, asItIs, func(i *internet) {
			i.lead(neverSent)
			i.wait(h)
			i.wantNudges()
			i.wantTold("connecting, online, online address.unreachable")
			i.lead(nil)
			i.wait(h)
			i.wantTold("online proved")
		})
	})
	t.Run("when the address cannot begin anew", func(t *testing.T) {
		watching(t, func(i *internet) { i.watched.Address = i.script.script }, func(i *internet) {
			i.say(Report{State: Online, URL: public, Local: "http://127.0.0.1:8080"})
			i.lead(edgeSays(""))
			i.wait(h)
			i.wantTold("connecting, online, online, online address.unreachable")
			i.lead(nil)
			i.wait(h)
			i.wantTold("online proved")
		})
	})
}

func TestWatchedLimits(t *testing.T) {
	for code, c := range map[string]struct {
		told  string
		calls []time.Duration
	}{
		"ERR_NGROK_725":  {"online address.month_used_up", []time.Duration{1 * s, h + 1*s, 2*h + 1*s}},
		"ERR_NGROK_727":  {"online address.month_used_up", []time.Duration{1 * s, h + 1*s, 2*h + 1*s}},
		"ERR_NGROK_734":  {"online address.too_fast", []time.Duration{1 * s, 2*m + 1*s, 4*m + 1*s}},
		"ERR_NGROK_1214": {"online address.too_fast", []time.Duration{1 * s, 2*m + 1*s, 4*m + 1*s}},
	} {
		t.Run(code, func(t *testing.T) {
			watching(t, asItIs, func(i *internet) {
				i.lead(edgeSays(code))
				i.wait(c.calls[2] - s)
				i.wantCalls(c.calls[:2]...)
				i.wantTold("connecting, online, " + c.told)
				i.lead(nil)
				i.wait(2 * s)
				i.wantCalls(c.calls...)
				i.wantTold("online proved")
				i.wantNudges()
			})
		})
	}
	t.Run("do not last beyond a request that arrives", func(t *testing.T) {
		watching(t, asItIs, func(i *internet) {
			i.lead(edgeSays("ERR_NGROK_727"))
			i.wait(10 * m)
			i.told()
			i.outsider()
			i.wantTold("online proved")
		})
	})
}
