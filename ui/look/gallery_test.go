package look_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"usher/core"
	"usher/ui/look"
	"usher/ui/look/looktest"
)

// The gallery shows every widget once. To look at it: USHER_PICTURES=/tmp/usher go test -run TestGallery ./ui/look
func TestGallery(t *testing.T) {
	size := fyne.NewSize(900, 820)
	looktest.Pictures(t, "gallery-cards", size, cards)
	looktest.Pictures(t, "gallery-forms", size, forms)
	looktest.Pictures(t, "gallery-steps", size, steps)
	looktest.Pictures(t, "gallery-empty", fyne.NewSize(640, 460), empty)
	looktest.Pictures(t, "gallery-narrow", fyne.NewSize(420, 560), func(fyne.Canvas) fyne.CanvasObject { return look.Page(header(), trouble()) })
}

func cards(fyne.Canvas) fyne.CanvasObject {
	chips := container.NewHBox()
	for _, state := range []core.State{core.Queued, core.Applied, core.Merged, core.Held, core.Failed} {
		chips.Add(look.StateChip(state))
	}
	tones := container.NewHBox()
	for _, tone := range look.Tones {
		tones.Add(look.StateIcon(tone))
	}
	return look.Page(
		header(),
		trouble(),
		look.Card{
			Tone: look.DidNotWork, Count: "1 message",
			Title:   "WordPress refused this person's data.",
			Text:    "Look at what it refused, correct it in the CRM and send the person again.",
			Actions: []fyne.CanvasObject{look.NewButton("Try again", nil), look.NewDangerButton("Remove", nil)},
		}.Object(),
		look.Section("Connections"),
		look.Card{Title: "Ontraport → yogawithann.com", Text: "37 users updated today.", Body: tones}.Object(),
		chips,
	)
}

func header() fyne.CanvasObject {
	return look.PageHeader("Needs you (3)", "Usher stopped here rather than guess. Each card says what to do.", look.NewQuietButton("Show all", nil))
}

func trouble() fyne.CanvasObject {
	return look.Card{
		Tone: look.NeedsYou, Count: "200 wait",
		Title:   "WordPress does not accept the application password any more.",
		Text:    "Make a new application password for Usher on yogawithann.com. The waiting messages run by themselves afterwards.",
		Actions: []fyne.CanvasObject{look.NewMainButton("Connect again", nil), look.NewButton("What happened?", nil)},
	}.Object()
}

func forms(c fyne.Canvas) fyne.CanvasObject {
	site := look.NewEntry("https://yogawithann.com")
	secret := look.NewSecretEntry("xxxx xxxx xxxx xxxx xxxx xxxx")
	wrong := look.NewEntry("")
	wrong.SetText("yogawithann")
	wrongRow := look.NewFormRow("User name", "The one you sign in with.", wrong)
	wrongRow.SetProblem("The site has no user of this name.")
	role := look.NewSelect([]string{"Subscriber", "Customer"}, nil)
	role.SetSelected("Customer")
	off := look.NewButton("Not now", nil)
	off.Disable()
	main := look.NewMainButton("Connect", nil)
	page := look.Page(
		look.PageHeader("Connect your site", ""),
		look.NewFormRow("Address of the site", "As you type it into the browser.", site),
		wrongRow,
		look.NewFormRow("Application password", "", secret),
		look.NewFormRow("Role of new users", "What a person may do who has none yet.", role),
		look.NewCheck("Send new users WordPress's own welcome e-mail", nil),
		look.NewCopyRow("Webhook URL", "https://calm-otter-42.ngrok.app/?wpf_action=add&access_key=4f9c1d7e2ab84c0d9b1f&contact_id=[Contact ID]&role=customer", nil),
		look.Actions(main, look.NewButton("Back", nil), off, look.NewQuietButton("Skip this", nil)),
	)
	c.SetContent(page)
	c.Focus(main)
	return page
}

func steps(fyne.Canvas) fyne.CanvasObject {
	fine, busy, wrong, later := look.NewStep("The site answers"), look.NewStep("Sign in"), look.NewStep("May Usher make users?"), look.NewStep("Usher helper")
	fine.OK("WordPress 7.0 at https://yogawithann.com.")
	busy.Checking()
	wrong.Problem(core.Trouble{
		Title: "The account may not make users.", Fix: "Connect with the account of an administrator.",
	}, func() {})
	skipped := look.NewStep("")
	skipped.SetStep(core.Step{Title: "Send mail", State: core.StepSkipped, Detail: "Checked once the others are fine."}, nil)
	work, unknown := look.NewProgress(func() {}), look.NewProgress(nil)
	work.Set("Updating 1,200 of 3,000 users on yogawithann.com.", 0.4)
	unknown.Set("Looking for missed messages.", -1)
	toasts := look.NewToasts()
	toasts.Show("Copied.")
	toasts.Stop()
	return toasts.Over(look.Page(
		look.PageHeader("Checking the site", "This takes a few seconds."),
		look.Card{Title: "yogawithann.com", Body: container.NewVBox(fine, busy, wrong, skipped, later)}.Object(),
		look.Card{Title: "Long work", Body: container.NewVBox(work, unknown)}.Object(),
	))
}

func empty(fyne.Canvas) fyne.CanvasObject {
	return look.EmptyState(look.AppIcon(), "Nothing has come yet",
		"Paste the webhook URL into your CRM, or try it out here first: no person is changed by it.",
		look.NewMainButton("Send a test", nil))
}
