/*
 * Feeding and firing by event time, see pipeline.h.  Records are taken one by one as far as the
 * watermark goes: rows between two moves of it are dealt out to their batches and fed as blocks,
 * and before the watermark passes the end of a batch all that stands before is fed.  So the answer
 * depends on the order of the records and on nothing else.
 */
#include "core/pipeline.h"

#include "core/cell.h"

#include <string.h>

#define GAP_MAX 1000000			/* empty batches that are answered one by one */

/* ---- closing batches ---- */

/* Gives a stage, or an output behind them, the rows that waited for the end of their batch. */
static int
release(struct pipeline *p, unsigned i, const struct rowlog *held, struct err *err)
{
	const struct rowlog_part *part = NULL;
	struct block b;

	while (rowlog_next(held, &part, &b))
		if ((i < p->plan->n ? pipeline_give(p, &p->lane[0], i, &b, err) :
		    pipeline_encode(p, i - p->plan->n, &b, err)) == -1)
			return -1;
	return 0;
}

/* Adds the partial answer of a batch to the open pane, which may hold that of batches before it. */
static int
take_state(struct window *w, struct map *state, uint64_t error)
{
	struct map empty = w->open;

	w->error += error;
	if (map_count(&w->open) > 0)
		return aggregate_merge(w->agg, &w->open, state);
	w->open = *state;
	*state = empty;
	return 0;
}

/* Makes what the oldest open batch holds that of the batch that ends now. */
static int
take_oldest(struct pipeline *p, struct err *err)
{
	struct open_batch *b = &p->event.open[0];

	for (unsigned i = 0; i < p->plan->n + p->plan->outputs; i++) {
		if (b->kept != NULL && b->kept[i].agg != NULL &&
		    take_state(&p->window[i], &b->kept[i].map, 0) == -1)
			return err_memory(err, "ending a batch");
		if (b->state[i].stride != 0 && take_state(&p->window[i], &b->state[i],
		    b->error) == -1)
			return err_memory(err, "ending a batch");
		if (release(p, i, &b->held[i], err) == -1)
			return -1;
	}
	return event_drop(&p->event, err);
}

static int
end_batch(struct pipeline *p, int64_t end, struct err *err)
{
	struct moment m = { .tick = end, .wall = end };

	if (p->event.n > 0 && p->event.open[0].end == end && take_oldest(p, err) == -1)
		return -1;
	if (pipeline_end(p, m, err) == -1)
		return -1;
	p->event.at = end;
	return p->config.host.closed(p->config.host.arg, end, err);
}

/* After a long silence that has emptied all windows the rest of it need not be gone through. */
static void
skip_silence(struct pipeline *p, int64_t until)
{
	int64_t batch = p->plan->batch.ticks;

	if (p->event.n > 0 && p->event.open[0].end < until)
		until = p->event.open[0].end - batch;
	if (until / batch - p->event.at / batch > GAP_MAX && !pipeline_waits(p))
		p->event.at = until;
}

/* Ends every batch up to the one that ends at UNTIL. */
static int
close_until(struct pipeline *p, int64_t until, struct err *err)
{
	struct event_time *e = &p->event;
	int64_t batch = p->plan->batch.ticks;

	if (!e->begun) {
		if (e->n == 0 || e->open[0].end > until)
			return 0;
		e->begun = true;
		e->at = e->open[0].end - batch;
	}
	while (e->at < until) {
		skip_silence(p, until);
		if (e->at < until && end_batch(p, e->at + batch, err) == -1)
			return -1;
	}
	return 0;
}

/* ---- feeding ---- */

/*
 * Feeds the rows of BLOCK whose time is in one batch: those from FIRST on that are not yet done.
 * Where rows are written in the order they come it is only those before the next of another batch,
 * for how far a block reaches must not show.
 */
static int
feed_batch(struct pipeline *p, struct lane *lane, const struct block *b, unsigned char *done,
    uint64_t first, int64_t end, struct err *err)
{
	struct event_time *e = &p->event;
	struct block part = *b;
	size_t row = b->width * sizeof(struct value);

	part.cells = e->cells;
	part.records = 0;
	part.time = end;
	for (uint64_t i = first; i < b->records; i++) {
		if (done[i])
			continue;
		if (watermark_batch(&e->mark, e->time[i]) != end) {
			if (p->plan->in_order)
				break;
			continue;
		}
		memcpy(e->cells + part.records++ * b->width, b->cells + i * b->width, row);
		done[i] = 1;
	}
	if (event_batch(e, end) == -1)
		return err_memory(err, "opening a batch");
	return pipeline_records(p, lane, &part, err);
}

/* Feeds rows none of which ends a batch; DONE are those that are not to be fed. */
static int
feed_run(struct pipeline *p, struct lane *lane, const struct block *b, unsigned char *done,
    struct err *err)
{
	p->event.feeding = true;
	for (uint64_t i = 0; i < b->records; i++)
		if (!done[i] && feed_batch(p, lane, b, done, i,
		    watermark_batch(&p->event.mark, p->event.time[i]), err) == -1)
			return -1;
	p->event.feeding = false;
	return 0;
}

static const struct value *
row_at(const struct block *b, uint64_t i)
{
	return b->cells + i * b->width;
}

/* A record whose time is none, or is of a batch that is over; true if it is neither. */
static bool
judge(struct pipeline *p, struct lane *lane, const struct block *b, uint64_t i)
{
	const struct value *row = row_at(b, i), *cell = &row[p->plan->time_slot];
	const struct value *record = &row[SCHEMA_RECORD];
	int64_t *time = &p->event.time[i];

	if (cell_time(cell, p->plan->time_parse, time) == -1) {
		bad_record(&lane->bad, record->text, record->len, "%s '%.*s' is no time",
		    p->plan->time_field, cell->kind == VALUE_TEXT ? (int)cell->len : 0,
		    cell->kind == VALUE_TEXT ? cell->text : "");
		pipeline_lost(p, lane, b->source, 1, 0, 0);
		return false;
	}
	if (watermark_batch(&p->event.mark, *time) <= p->event.mark.closed) {
		bad_record(&p->late, record->text, record->len, "late");
		pipeline_lost(p, lane, b->source, 0, 1, 0);
		return false;
	}
	return true;
}

/* Rows are fed up to one that moves the watermark, which may end batches; then those behind it. */
int
pipeline_events(struct pipeline *p, struct lane *lane, const struct block *b, struct err *err)
{
	struct event_time *e = &p->event;
	unsigned char done[LANE_ROWS] = { 0 };
	struct block run = *b;

	for (uint64_t i = 0; i < b->records; i++) {
		done[i] = !judge(p, lane, b, i);
		if (done[i] || !watermark_see(&e->mark, (size_t)b->source, e->time[i]))
			continue;
		/* The watermark moved: this row is in an open batch all the same. */
		run.records = i + 1;
		if (feed_run(p, lane, &run, done, err) == -1 ||
		    close_until(p, e->mark.closed, err) == -1)
			return -1;
	}
	run.records = b->records;
	return feed_run(p, lane, &run, done, err);
}

/* ---- sources and the end ---- */

int
pipeline_source_done(struct pipeline *p, size_t source, struct err *err)
{
	return watermark_done(&p->event.mark, source) ?
	    close_until(p, p->event.mark.closed, err) : 0;
}

int
pipeline_source_idle(struct pipeline *p, size_t source, struct err *err)
{
	return watermark_idle(&p->event.mark, source, true) ?
	    close_until(p, p->event.mark.closed, err) : 0;
}

int
pipeline_finish_events(struct pipeline *p, struct err *err)
{
	struct event_time *e = &p->event;
	struct moment last = { .tick = e->at, .wall = e->at };
	bool open = e->n > 0;

	if (open) {
		last.tick = last.wall = e->open[e->n - 1].end;
		if (close_until(p, last.tick - p->plan->batch.ticks, err) == -1 ||
		    take_oldest(p, err) == -1)
			return -1;
	} else if (!e->begun) {
		return 0;
	}
	if (pipeline_finish(p, last, open, err) == -1)
		return -1;
	return open ? p->config.host.closed(p->config.host.arg, last.tick, err) : 0;
}
