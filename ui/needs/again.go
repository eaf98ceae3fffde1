package needs

import (
	"context"
	"errors"
	"reflect"

	"usher/core"
	"usher/ui/words"
)

// errMovedOn says that a message asks or lacks something else by now than a person saw.
var errMovedOn = errors.New("the message moved on")

// question is what a message asks: its problem, and what the answer would change.
type question struct {
	title  string
	fields []core.FieldChange
}

// asked is what a message asks as it stands.
func asked(d core.Detail) question {
	var q question
	if d.Line.Problem != nil {
		q.title = d.Line.Problem.Title
	}
	if len(d.Steps) > 0 {
		if last := d.Steps[len(d.Steps)-1]; last.Problem != nil {
			q.fields = last.Fields
		}
	}
	return q
}

// step is what a person has done about a message: it is started again, which says yes to what
// it is held for, or that is answered with no.
type step struct {
	take func(ctx context.Context, id string) error
	one  string             // what is told after one message
	many func(n int) string // and after n
}

func (s *Screen) retry() step {
	return step{func(ctx context.Context, id string) error {
		_, err := s.backend.Retry(ctx, id)
		return err
	}, words.T("needs.again.line"), func(n int) string { return words.N("needs.all_again.line", n) }}
}

func (s *Screen) decline() step {
	return step{s.backend.Decline, words.T("needs.no.line"), func(n int) string { return words.N("needs.all_no.line", n) }}
}

// again takes a step with one message, if it still stands still for what the person saw.
// Otherwise an answer to one question would be one to the next. Without seen, any of the code is
// taken.
func (s *Screen) again(ctx context.Context, id, code string, seen *question, by step) error {
	detail, err := s.backend.Detail(ctx, id)
	if err != nil {
		return err
	}
	problem, stands := detail.Line.Problem, detail.Line.State == core.Held || detail.Line.State == core.Failed
	if !stands || problem == nil || problem.Code != code || (seen != nil && !reflect.DeepEqual(*seen, asked(detail))) {
		return errMovedOn
	}
	err = by.take(ctx, id)
	if core.HasCode(err, "command.not_retryable") || core.HasCode(err, "command.no_question") { // started meanwhile, with another about the same person
		return errMovedOn
	}
	return err
}

// allOf lists the messages of a Need. It names the first of them only.
func (s *Screen) allOf(ctx context.Context, need core.Need) ([]string, error) {
	if need.Count <= len(need.Messages) {
		return need.Messages, nil
	}
	query := core.ActivityQuery{
		Limit: 500, Connection: need.Connection, States: []core.State{core.Held, core.Failed},
	}
	var ids []string
	for {
		page, err := s.backend.Activity(ctx, query)
		if err != nil {
			return nil, err
		}
		for _, line := range page.Lines {
			if line.Problem != nil && line.Problem.Code == need.Problem.Code {
				ids = append(ids, line.ID)
			}
		}
		if page.Before == "" {
			return ids, nil
		}
		query.Before = page.Before
	}
}

// run is what became of a step with many.
type run struct{ done, skipped, of int }

// allAgain takes a step with all messages of a Need, and tells how far it is after each.
func (s *Screen) allAgain(ctx context.Context, need core.Need, by step, told func(run)) (r run, err error) {
	ids, err := s.allOf(ctx, need)
	if err != nil {
		return r, err
	}
	r.of = len(ids)
	for _, id := range ids {
		switch err := s.again(ctx, id, need.Problem.Code, nil, by); {
		case errors.Is(err, errMovedOn):
			r.skipped++
		case err != nil:
			return r, err
		default:
			r.done++
		}
		told(r)
	}
	return r, nil
}
