package engine

import (
	"context"
	"time"

	"usher/core"
)

// usualNewUsers is how many users a connection makes within an hour before it asks: a
// webhook on the wrong trigger makes a user of everybody in the CRM.
const usualNewUsers = 50

// newcomers are when the users of a connection were made, for the last hour, by a clock
// that does not jump.
type newcomers []time.Time

// newcomersOf reads times of the journal. One that is yet to come, because the clock was
// set back since, counts as now.
func newcomersOf(journal []time.Time, wall time.Time) (list newcomers) {
	now := time.Now()
	for _, at := range journal {
		list = append(list, now.Add(-max(0, wall.Sub(at))))
	}
	return list
}

func (n newcomers) recent(now time.Time) newcomers {
	for len(n) > 0 && now.Sub(n[0]) >= time.Hour {
		n = n[1:]
	}
	return n
}

// room is how many users a connection may still make within the hour.
func (l *lane) room(conn core.Connection) (int, error) {
	made, known := l.newcomers[conn.ID]
	if !known {
		wall := l.engine.now()
		journal, err := l.engine.store.CreatedSince(conn.ID, wall.Add(-time.Hour))
		if err != nil {
			return 0, err
		}
		made = newcomersOf(journal, wall)
	}
	l.newcomers[conn.ID] = made.recent(time.Now())
	most := conn.MostNewUsers
	if most == 0 {
		most = usualNewUsers
	}
	return most - len(l.newcomers[conn.ID]), nil
}

// countNew counts a user that was made, unless all are to be counted from the journal.
func (l *lane) countNew(connection string) {
	if made, known := l.newcomers[connection]; known {
		l.newcomers[connection] = append(made, time.Now())
	}
}

// makes reports whether a job would make a user nobody has agreed to yet. One that was
// begun is never stopped.
func (j *job) makes() bool {
	return !j.follows && j.write != nil && j.write.Create != nil && j.known.intent == nil && j.work.Agreed != crowd
}

// holdCrowd holds the jobs that would make too many users at once, as one question. Where
// nobody has looked whether the user is there, that is done first: again are those jobs.
func (l *lane) holdCrowd(ctx context.Context, jobs []*job) (ready, again []*job, err error) {
	begun := map[string]int{} // by connection
	for _, j := range jobs {
		if !j.makes() {
			ready = append(ready, j)
			continue
		}
		conn := j.via.conn
		room, err := l.room(conn)
		switch {
		case err != nil:
			return nil, nil, err
		case begun[conn.ID] < room:
			begun[conn.ID]++
			ready = append(ready, j)
			continue
		case l.offer.Helper && !j.lookFirst:
			j.lookFirst = true
			again = append(again, j)
			continue
		}
		problem := core.NewProblem(crowd, nil)
		l.engine.setTrouble(conn.Name, problem)
		if err := l.setAside(ctx, j.work, problem); err != nil {
			return nil, nil, err
		}
	}
	return ready, again, nil
}

// letThrough ends the questions about crowds: a person answered them by trying again.
func (e *Engine) letThrough() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for about, problem := range e.troubles {
		if problem.Code == crowd {
			delete(e.troubles, about)
		}
	}
}

const crowd = "connection.crowd"
