package ortto

import (
	"context"
	"strconv"
	"time"

	"usher/core"
)

const (
	// lateness is how long after an edit a person may still be missing from lists sorted
	// by it; nothing of the kind is documented.
	lateness = 5 * time.Minute
	// overlap is by how many people a page begins before the end of the one before.
	overlap = 10
	// maxRounds bounds how often one call looks again for those who changed meanwhile.
	maxRounds = 3
)

// Changed implements core.Lister.
//
// People come sorted by when they were edited, newest first, in pages cut by offset from
// a list that goes on living. Who is edited meanwhile moves to the front: that pushes
// others back, so some are seen twice, and the moved one is found by looking at the
// front again. Who is deleted meanwhile pulls others forward, past the cut: so pages
// overlap, and a page that does not join on to what was seen is fetched from further
// front.
//
// The cursor is Ortto's clock when the listing began, less what edits may be late.
func (c *Client) Changed(ctx context.Context, since core.Cursor, visit func(core.Contact) error) (core.Cursor, error) {
	if since == (core.Cursor{}) {
		return c.fromNowOn(ctx)
	}
	floor, _ := time.Parse(time.RFC3339Nano, since.Mark) // none: everybody
	s := sweep{client: c, floor: floor, visit: visit, seen: map[string]string{}}
	var next core.Cursor
	for round := range maxRounds {
		before := s.visits
		began, err := s.run(ctx)
		if err != nil {
			return since, err
		}
		if round == 0 {
			next = cursorAt(began.clock(), -lateness)
		}
		if s.visits == before || began.newest.IsZero() {
			break
		}
		s.floor = began.newest
	}
	return next, nil
}

func (c *Client) fromNowOn(ctx context.Context) (core.Cursor, error) {
	s := sweep{client: c}
	p, err := s.page(ctx, 0, "", 1)
	if err != nil {
		return core.Cursor{}, err
	}
	return cursorAt(s.start(p).clock(), 0), nil
}

// start is the time when a listing began.
type start struct{ ortto, newest time.Time }

// clock is Ortto's, else the newest edit there is.
func (s start) clock() time.Time {
	if s.ortto.IsZero() {
		return s.newest
	}
	return s.ortto
}

// cursorAt has a Time in any case, so that it differs from the zero cursor. Without a
// Mark, of an account without people, the next call visits everybody.
func cursorAt(at time.Time, shift time.Duration) core.Cursor {
	if at.IsZero() {
		return core.Cursor{Time: time.Now().UTC()}
	}
	at = at.Add(shift).UTC()
	return core.Cursor{Mark: at.Format(time.RFC3339Nano), Time: at}
}

// sweep is one listing of who changed.
type sweep struct {
	client *Client
	floor  time.Time // who was edited before is not visited
	visit  func(core.Contact) error
	visits int
	seen   map[string]string // by person, the edit they were seen with

	frontier time.Time // the edit of the last person seen
	unsorted bool      // Ortto does not sort as it was asked to
}

// listed is a page with its people translated.
type listed struct {
	page
	contacts []core.Contact
	edits    []string
}

// run goes through the list once, until who follows was edited before the floor.
func (s *sweep) run(ctx context.Context) (began start, err error) {
	offset, cursor := 0, ""
	for {
		p, err := s.page(ctx, offset, cursor, maxPage)
		if err != nil {
			return start{}, err
		}
		if began == (start{}) {
			began = s.start(p)
		}
		if s.gapBefore(p, offset) {
			offset = max(offset-maxPage, 0)
			continue
		}
		done, err := s.take(p)
		if err != nil || done || !p.HasMore || len(p.contacts) == 0 {
			return began, err
		}
		cursor = p.CursorID
		if offset, err = after(p, offset); err != nil {
			return start{}, err
		}
	}
}

// after is where the next page begins.
func after(p listed, offset int) (int, error) {
	switch {
	case p.NextOffset-overlap > offset:
		return p.NextOffset - overlap, nil
	case p.NextOffset > offset:
		return p.NextOffset, nil
	default:
		return 0, core.NewProblem("crm.server_error", nil).About("its list of people does not go on")
	}
}

func (s *sweep) page(ctx context.Context, offset int, cursor string, limit int) (p listed, err error) {
	err = s.client.reading(ctx, func(known []field, ask []string) error {
		edited := s.client.edited
		p.page, err = s.client.page(ctx, query{
			Limit: limit, Offset: offset, CursorID: cursor, SortBy: edited, SortOrder: "desc",
		}, append([]string{edited}, ask...))
		if err != nil {
			return err
		}
		p.contacts, p.edits = nil, nil
		for _, found := range p.People {
			contact := s.client.contact(found, known)
			contact.TagsKnown = true
			if contact.ID == "" {
				return core.NewProblem("crm.server_error", nil).About("it lists somebody without an id")
			}
			p.contacts = append(p.contacts, contact)
			p.edits = append(p.edits, core.Text(found.Fields[edited]))
		}
		return nil
	})
	if core.HasCode(err, "crm.refused") { // most likely to sort by it
		err = core.NewProblem("crm.refused", err).About(s.client.edited)
	}
	return p, err
}

func (s *sweep) start(p listed) start {
	began := start{ortto: p.clock}
	if len(p.edits) > 0 {
		began.newest = editTime(p.edits[0])
	}
	return began
}

// editTime is zero for an edit Ortto does not tell, or tells in another form.
func editTime(text string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return at
}

// gapBefore reports whether somebody may stand between what was seen and this page. An
// Ortto that answers from another offset than it was asked for goes by its cursor alone.
func (s *sweep) gapBefore(p listed, offset int) bool {
	if offset == 0 || len(p.contacts) == 0 {
		return offset > 0 && len(p.contacts) == 0
	}
	if p.Offset != nil && p.Offset.String() != strconv.Itoa(offset) {
		return false
	}
	_, seen := s.seen[p.contacts[0].ID]
	return !seen && !editTime(p.edits[0]).After(s.frontier)
}

// take visits who changed, once for each edit. It is done when all who follow are older.
func (s *sweep) take(p listed) (done bool, err error) {
	for i, contact := range p.contacts {
		at := editTime(p.edits[i])
		if i > 0 && (at.IsZero() || at.After(editTime(p.edits[i-1]))) {
			s.unsorted = true
		}
		s.frontier = at
		if edit, seen := s.seen[contact.ID]; seen && edit == p.edits[i] {
			continue
		}
		s.seen[contact.ID] = p.edits[i]
		if !at.IsZero() && at.Before(s.floor) {
			continue
		}
		s.visits++
		if err := s.visit(contact); err != nil {
			return false, err
		}
	}
	return !s.unsorted && !s.frontier.IsZero() && s.frontier.Before(s.floor), nil
}
