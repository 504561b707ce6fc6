/*
 * The ends of batches and of the input, see pipeline.h: who answers when, and who is told.
 */
#include "core/pipeline.h"

#include "base/mem.h"

static bool
aggregates(const struct stage *s)
{
	return (s->class->flags & STAGE_AGGREGATES) != 0;
}

static int64_t
time_of(const struct pipeline *p, struct moment m)
{
	return p->plan->batch.rows ? m.wall : m.tick;
}

/* Gives the rows that stage I has prepared to those behind it. */
static int
push_rows(struct pipeline *p, unsigned i, int64_t time, struct err *err)
{
	const struct stage *s = &p->plan->stage[i];
	struct block b = {
		.cells = p->cells, .width = s->out->width, .source = -1, .time = time,
	};
	const struct rows room = { .cells = p->cells, .cap = LANE_ROWS, .time = &b.time };
	int n;

	while ((n = s->class->rows(s, p->lane[0].private[i], &room, err)) > 0) {
		b.records = (uint64_t)n;
		p->given += b.records;
		if (pipeline_push(p, p->lane, &s->next, &b, err) == -1)
			return -1;
		b.time = time;
	}
	return n;
}

/* A run of rows has ended that went to these: those of them that map are to be told. */
static void
mark_ended(struct pipeline *p, const struct link *at, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!at[i].output && !aggregates(&p->plan->stage[at[i].to]))
			p->ended[at[i].to] = true;
}

/* The time of rows that a stage that maps gives: of an open window the end it would have had. */
static int64_t
time_held(const struct pipeline *p, const struct stage *s, struct moment m, bool last)
{
	if (last && (s->class->flags & STAGE_WINDOWS) != 0)
		m.tick = window_multiple(m.tick, s->slide);
	return time_of(p, m);
}

/* Tells a stage that maps that the rows of a batch have ended; it may have held some back. */
int
pipeline_end_stage(struct pipeline *p, unsigned i, struct moment m, bool last, struct err *err)
{
	const struct stage *s = &p->plan->stage[i];
	void *private = p->lane[0].private[i];

	if (!p->ended[i] && s->class->tick == NULL)
		return 0;
	p->ended[i] = false;
	if (s->class->tick != NULL && s->class->tick(s, private, m.tick, last, err) == -1)
		return -1;
	if (s->class->fire != NULL && (s->class->fire(s, private, NULL, err) == -1 ||
	    (s->class->rows != NULL && push_rows(p, i, time_held(p, s, m, last), err) == -1)))
		return -1;
	mark_ended(p, s->next.at, s->next.n);
	return 0;
}

void
pipeline_mark_records(struct pipeline *p)
{
	for (unsigned i = 0; i < p->plan->roots; i++)
		mark_ended(p, &p->plan->root[i].link, 1);
}

/*
 * With nothing to tell there is no answer, but from a stage that answers each batch; where only
 * what has changed is told that one is silent, too.
 */
static bool
answers(const struct stage *s, const struct map *answer)
{
	return map_count(answer) > 0 ||
	    ((s->class->flags & STAGE_EACH_BATCH) != 0 && s->emit != EMIT_UPDATE);
}

/* Lets an aggregating stage answer at a tick. */
int
pipeline_fire(struct pipeline *p, unsigned i, struct moment m, struct err *err)
{
	const struct stage *s = &p->plan->stage[i];
	const struct map *answer = window_answer(&p->window[i]);

	m.tick = window_end(&p->window[i], m.tick);
	if (answer == NULL)
		return err_memory(err, "merging the panes of a window");
	if (answers(s, answer)) {
		if (s->class->fire(s, p->lane[0].private[i], answer, err) == -1 ||
		    push_rows(p, i, time_of(p, m), err) == -1)
			return -1;
		mark_ended(p, s->next.at, s->next.n);
	}
	return window_answered(&p->window[i], err);
}

void
pipeline_begin(struct pipeline *p, struct moment end)
{
	p->time = time_of(p, end);
}

int
pipeline_advance(struct pipeline *p, unsigned i, int64_t tick, struct err *err)
{
	return window_advance(&p->window[i], tick, err);
}

/* In the order of the plan: each stage has all its rows before it is told that they have ended. */
int
pipeline_end(struct pipeline *p, struct moment m, struct err *err)
{
	pipeline_mark_records(p);
	for (unsigned i = 0; i < p->plan->n; i++) {
		int rc = 0;

		if (!aggregates(&p->plan->stage[i]))
			rc = pipeline_end_stage(p, i, m, false, err);
		else if ((rc = pipeline_advance(p, i, m.tick, err)) == 0 &&
		    window_due(&p->window[i], m.tick))
			rc = pipeline_fire(p, i, m, err);
		if (rc == -1)
			return -1;
	}
	return 0;
}
