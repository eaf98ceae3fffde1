package engine

import (
	"context"
	"time"

	"usher/core"
)

// usualNewUsers is how many users a connection makes within an hour before it asks: a
// webhook on the wrong trigger makes a user of everybody in the CRM.
const usualNewUsers = 50

// newcomers are when the users of a connection were made, for the last hour.
type newcomers []time.Time

func (n newcomers) recent(now time.Time) newcomers {
	for len(n) > 0 && now.Sub(n[0]) >= time.Hour {
		n = n[1:]
	}
	return n
}

// crowded reports whether a job would make one user too many within the hour, and counts
// it if not. What a person let through, or was begun, is never stopped.
func (l *lane) crowded(j *job) (bool, error) {
	if j.work.Approved || j.known.intent != nil {
		return false, nil
	}
	conn, now := j.via.conn, time.Now()
	made, known := l.newcomers[conn.ID]
	if !known {
		var err error
		if made, err = l.engine.store.CreatedSince(conn.ID, now.Add(-time.Hour)); err != nil {
			return false, err
		}
	}
	made = made.recent(now)
	most := conn.MostNewUsers
	if most == 0 {
		most = usualNewUsers
	}
	full := len(made) >= most
	if !full {
		made = append(made, now)
	}
	l.newcomers[conn.ID] = made
	return full, nil
}

// holdCrowd holds the jobs that would make too many users at once, as one question. It
// returns the others.
func (l *lane) holdCrowd(ctx context.Context, jobs []*job) (ready []*job, err error) {
	for _, j := range jobs {
		full := false
		if !j.follows && j.write != nil && j.write.Create != nil {
			if full, err = l.crowded(j); err != nil {
				return nil, err
			}
		}
		if !full {
			ready = append(ready, j)
			continue
		}
		problem := core.NewProblem(crowd, nil)
		l.engine.setTrouble(j.via.conn.Name, problem)
		if err := l.setAside(ctx, j.work, problem); err != nil {
			return nil, err
		}
	}
	return ready, nil
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
