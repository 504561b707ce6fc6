/*
 * The end of the input, see pipeline.h: open windows answer as if time ran on, and stages that have
 * held rows back give them.
 */
#include "core/pipeline.h"

#include "base/mem.h"

static bool
aggregates(const struct stage *s)
{
	return (s->class->flags & STAGE_AGGREGATES) != 0;
}

/* What is left for an aggregating stage to do. */
struct ending {
	int64_t	fed;			/* when it was given something, at the end if not before */
	bool	open;			/* it has not answered since */
	bool	told;			/* of one that maps and waits: that nothing more comes */
	bool	pending;		/* see expects */
};

/*
 * The stages that aggregate behind the N links at AT have been given something at tick FED; with
 * CLOSED only those that have no window open.
 */
static void
open_next(const struct pipeline *p, struct ending *e, const struct link *at, unsigned n,
    int64_t fed, bool closed)
{
	for (unsigned i = 0; i < n; i++) {
		const struct stage *s;

		if (at[i].output)
			continue;
		s = &p->plan->stage[at[i].to];
		if (!aggregates(s))
			open_next(p, e, s->next.at, s->next.n, fed, closed);
		else if (!closed || !e[at[i].to].open)
			e[at[i].to] = (struct ending){ .fed = fed, .open = true };
	}
}

static void
open_endings(const struct pipeline *p, struct ending *e, int64_t end, bool read)
{
	for (unsigned i = 0; i < p->plan->n; i++)
		e[i] = (struct ending){
			.fed = end, .open = aggregates(&p->plan->stage[i]) &&
			    p->window[i].now != p->window[i].answered,
		};
	for (unsigned i = 0; i < p->plan->roots && read; i++)
		open_next(p, e, &p->plan->root[i].link, 1, end, false);
}

static int64_t
end_of(const struct pipeline *p, const struct ending *e, unsigned i)
{
	return window_multiple(e[i].fed, p->window[i].slide);
}

/* When the open window that ends first does; false if there is none. */
static bool
first_ending(const struct pipeline *p, const struct ending *e, int64_t *tick)
{
	bool found = false;

	for (unsigned i = 0; i < p->plan->n; i++) {
		if (!e[i].open || (found && end_of(p, e, i) >= *tick))
			continue;
		found = true;
		*tick = end_of(p, e, i);
	}
	return found;
}

/* Closes stage I's panes that end from FROM on, before TO; of more than it has the last ones. */
static int
close_panes(struct pipeline *p, unsigned i, int64_t from, int64_t to, struct err *err)
{
	struct window *w = &p->window[i];
	int64_t tick = window_multiple(from, w->pane);
	int64_t most = (int64_t)w->npanes + 1;

	if (to > tick && (to - tick) / w->pane > most)
		tick += ((to - tick) / w->pane - most) * w->pane;
	for (; tick < to; tick += w->pane)
		if (pipeline_advance(p, i, tick, err) == -1)
			return -1;
	return 0;
}

/* The stages behind this one will be given something at TICK, and nothing before. */
static int
close_next(struct pipeline *p, const struct links *next, int64_t end, int64_t tick,
    struct err *err)
{
	for (unsigned i = 0; i < next->n; i++) {
		const struct link *l = &next->at[i];
		const struct stage *s;
		int64_t from;

		if (l->output)
			continue;
		s = &p->plan->stage[l->to];
		from = p->window[l->to].now >= end ? p->window[l->to].now + 1 : end;
		if ((aggregates(s) ? close_panes(p, l->to, from, tick, err) :
		    close_next(p, &s->next, end, tick, err)) == -1)
			return -1;
	}
	return 0;
}

/*
 * Lets stage I's time run on, with nothing new, to TICK, the end of its open window; it answers.
 * When the clock was set back that may be before the last end it has seen.
 */
static int
end_window(struct pipeline *p, struct ending *e, unsigned i, struct moment m, int64_t tick,
    struct err *err)
{
	const struct links *next = &p->plan->stage[i].next;
	int64_t from = e[i].fed + (p->window[i].now == e[i].fed);

	/* What grows remembers when each key was seen. */
	if (p->window[i].grows && from == e[i].fed && pipeline_advance(p, i, from++, err) == -1)
		return -1;
	if (close_panes(p, i, from, tick + 1, err) == -1 ||
	    close_next(p, next, m.tick, tick, err) == -1 ||
	    pipeline_fire(p, i, (struct moment){ tick, m.wall }, err) == -1)
		return -1;
	e[i].open = false;
	open_next(p, e, next->at, next->n, tick, false);
	return 0;
}

/* True for stages that map and may give rows when nothing more comes to them. */
static bool
waits(const struct stage *s)
{
	return s->class->tick != NULL;
}

/*
 * True if rows may still reach stage I, of windows that end at BY or before; or, if that is
 * INT64_MAX, of stages that wait themselves.
 */
static bool
expects(const struct pipeline *p, struct ending *e, unsigned i, int64_t by)
{
	for (unsigned k = 0; k <= i; k++)
		e[k].pending = false;
	for (unsigned k = 0; k < i; k++) {
		const struct stage *s = &p->plan->stage[k];

		e[k].pending |= (e[k].open && end_of(p, e, k) <= by) ||
		    (by == INT64_MAX && waits(s) && !e[k].told);
		for (unsigned n = 0; n < s->next.n && e[k].pending; n++)
			if (!s->next.at[n].output)
				e[s->next.at[n].to].pending = true;
	}
	return e[i].pending;
}

/*
 * Tells a stage that maps that the input is over; that nothing more comes it is told once, when
 * that is so.  What it gives opens the windows behind it that have none open: the next ones,
 * after M.
 */
static int
end_mapping(struct pipeline *p, struct ending *e, unsigned i, struct moment m, struct err *err)
{
	const struct links *next = &p->plan->stage[i].next;
	bool last = !expects(p, e, i, INT64_MAX);
	uint64_t given = p->given;

	e[i].told |= last;
	if (pipeline_end_stage(p, i, m, last, err) == -1)
		return -1;
	if (p->given > given)
		open_next(p, e, next->at, next->n, m.tick + 1, true);
	return 0;
}

/* Every window that ends at TICK answers, and those that map are told, in the order of the plan. */
static int
end_windows(struct pipeline *p, struct ending *e, struct moment m, int64_t tick, struct err *err)
{
	for (unsigned i = 0; i < p->plan->n; i++) {
		int rc = 0;

		if (!aggregates(&p->plan->stage[i]))
			rc = end_mapping(p, e, i, (struct moment){ tick, m.wall }, err);
		else if (e[i].open && end_of(p, e, i) == tick)
			rc = end_window(p, e, i, m, tick, err);
		if (rc == -1)
			return -1;
	}
	return 0;
}

/*
 * The records have ended, and those that map give what they hold; what aggregates answers later,
 * and those behind it are told then, if it is of the same moment.
 */
static int
end_records(struct pipeline *p, struct ending *e, struct moment m, struct err *err)
{
	pipeline_mark_records(p);
	for (unsigned i = 0; i < p->plan->n; i++)
		if (!aggregates(&p->plan->stage[i]) && !expects(p, e, i, m.tick) &&
		    end_mapping(p, e, i, m, err) == -1)
			return -1;
	return 0;
}

/* In the order of time, as if it ran on: what several stages give to one may come far apart. */
int
pipeline_finish(struct pipeline *p, struct moment m, bool read, struct err *err)
{
	struct ending *e = mem_zalloc((p->plan->n + 1) * sizeof(*e));
	int rc = e == NULL ? err_memory(err, "finishing") : 0;
	int64_t tick = 0;

	if (rc == 0) {
		open_endings(p, e, m.tick, read);
		rc = end_records(p, e, m, err);
	}
	while (rc == 0 && first_ending(p, e, &tick))
		rc = end_windows(p, e, m, tick, err);
	mem_free(e);
	return rc;
}
