/* Running a plan, see pipeline.h. */
#include "core/pipeline.h"

#include "base/mem.h"

#define ROWS_CAP 1024			/* rows that move between stages at a time */
#define FLUSH_SIZE ((size_t)1 << 20)	/* bytes encoded before they are written */

static bool
aggregates(const struct stage *s)
{
	return s->class->aggregate != NULL;
}

static bool
has_split(const struct pipeline *p)
{
	return p->plan->split < p->plan->n;
}

static struct map *
partial_of(struct pipeline *p, unsigned lane)
{
	return lane == 0 ? &p->window[p->plan->split].open : &p->lane[lane].partial;
}

/* ---- feeding ---- */

static int
encode(struct pipeline *p, const struct block *b, struct err *err)
{
	if (tsv_block(&p->tsv, b) == -1)
		return err_memory(err, "writing rows");
	return p->tsv.out.len < FLUSH_SIZE ? 0 : pipeline_flush(p, err);
}

/* Gives BLOCK to aggregating stage I, as lines: what counts words or lines reads text. */
static int
feed_aggregate(struct pipeline *p, size_t i, struct lane *lane, const struct block *b,
    struct map *state, struct err *err)
{
	const struct stage *s = &p->plan->stage[i];
	struct block lines = *b;

	if (b->text == NULL && tsv_lines(b, &lane->text, &lines) == -1)
		return err_memory(err, "reading rows");
	return s->class->feed(s, lane->private[i], &lines, state, NULL, err);
}

/* Gives lane->in to aggregating stage I, or to the output when there is none. */
static int
deliver(struct pipeline *p, size_t i, struct lane *lane, struct map *state, struct err *err)
{
	for (size_t k = 0; k < lane->in.n; k++) {
		const struct block *b = &lane->in.block[k];

		if (i == p->plan->n ? encode(p, b, err) == -1 :
		    feed_aggregate(p, i, lane, b, state, err) == -1)
			return -1;
	}
	return 0;
}

int
pipeline_feed(struct pipeline *p, unsigned number, const struct block *b, struct err *err)
{
	struct lane *lane = &p->lane[number];
	size_t split = p->plan->split;
	uint64_t passed, bad = lane->bad;

	if (lane_set(lane, b, err) == -1 || lane_map(p->plan, lane, 0, split, err) == -1)
		return -1;
	passed = lane_records(lane);
	lane->counted += passed;
	lane->filtered += b->records - passed - (lane->bad - bad);
	return deliver(p, split, lane, has_split(p) ? partial_of(p, number) : NULL, err);
}

int
pipeline_gather(struct pipeline *p, unsigned into, unsigned from, struct err *err)
{
	struct map *part = partial_of(p, from), *whole = partial_of(p, into);

	if (map_count(whole) == 0) {		/* nothing to merge with: change places */
		struct map empty = *whole;

		*whole = *part;
		*part = empty;
		return 0;
	}
	if (aggregate_merge(p->plan->stage[p->plan->split].class->aggregate,
	    whole, part) == -1)
		return err_memory(err, "merging the threads' partial answers");
	map_clear(part);
	return 0;
}

/* ---- firing ---- */

/* Gives the rows of stage I to the stages behind it, up to the next aggregate or the output. */
static int
push_rows(struct pipeline *p, size_t i, size_t n, struct err *err)
{
	const struct stage *s = &p->plan->stage[i];
	struct lane *lane = &p->lane[0];
	struct block b = { .cells = p->rows.cells, .columns = s->out.columns, .records = n };
	size_t next = i + 1;

	while (next < p->plan->n && !aggregates(&p->plan->stage[next]))
		next++;
	if (lane_set(lane, &b, err) == -1 || lane_map(p->plan, lane, i + 1, next, err) == -1)
		return -1;
	return deliver(p, next, lane, next < p->plan->n ? &p->window[next].open : NULL, err);
}

/* Tells the mapping stages behind I that its rows have ended. */
static int
end_rows(struct pipeline *p, size_t i, struct err *err)
{
	for (i++; i < p->plan->n && !aggregates(&p->plan->stage[i]); i++) {
		const struct stage *s = &p->plan->stage[i];

		if (s->class->fire != NULL &&
		    s->class->fire(s, p->lane[0].private[i], NULL, err) == -1)
			return -1;
	}
	return 0;
}

static int
fire(struct pipeline *p, size_t i, struct err *err)
{
	const struct stage *s = &p->plan->stage[i];
	void *private = p->lane[0].private[i];
	const struct map *answer = window_answer(&p->window[i]);
	size_t n;

	if (answer == NULL)
		return err_memory(err, "merging the panes of a window");
	if (map_count(answer) > 0 || (s->class->flags & STAGE_EACH_BATCH) != 0) {
		if (s->class->fire(s, private, answer, err) == -1)
			return -1;
		while ((n = s->class->rows(s, private, &p->rows)) > 0)
			if (push_rows(p, i, n, err) == -1)
				return -1;
		if (end_rows(p, i, err) == -1)
			return -1;
	}
	window_answered(&p->window[i]);
	return 0;
}

static void
set_time(struct pipeline *p, int64_t tick, int64_t wall)
{
	tsv_set_time(&p->tsv, p->plan->batch.rows ? wall : tick);
}

void
pipeline_begin(struct pipeline *p, struct moment end)
{
	set_time(p, end.tick, end.wall);
}

static int
advance(struct pipeline *p, size_t i, int64_t tick, struct err *err)
{
	if (window_advance(&p->window[i], tick) == -1)
		return err_memory(err, "closing a pane of a window");
	return 0;
}

int
pipeline_end(struct pipeline *p, struct moment m, struct err *err)
{
	for (size_t i = p->plan->split; i < p->plan->n; i++) {
		if (!aggregates(&p->plan->stage[i]))
			continue;
		if (advance(p, i, m.tick, err) == -1)
			return -1;
		set_time(p, m.tick, m.wall);
		if (window_due(&p->window[i], m.tick) && fire(p, i, err) == -1)
			return -1;
	}
	return 0;
}

static int64_t
round_up(int64_t tick, int64_t unit)
{
	return (tick + unit - 1) / unit * unit;
}

/* Lets stage I's time run on from FROM, with nothing new, to the end of its open window. */
static int64_t
run_out(struct pipeline *p, size_t i, int64_t from, struct err *err)
{
	struct window *w = &p->window[i];
	int64_t end = round_up(from, w->slide);
	int64_t tick = round_up(w->now == from ? from + 1 : from, w->pane);

	for (; tick <= end; tick += w->pane)
		if (advance(p, i, tick, err) == -1)
			return -1;
	return end;
}

int
pipeline_finish(struct pipeline *p, struct moment m, bool open, struct err *err)
{
	int64_t tick = m.tick;

	for (size_t i = p->plan->split; i < p->plan->n; i++) {
		const struct window *w = &p->window[i];

		if (!aggregates(&p->plan->stage[i]) || (!open && w->now == w->answered))
			continue;
		tick = run_out(p, i, tick, err);
		if (tick == -1)
			return -1;
		set_time(p, tick, m.wall);
		if (fire(p, i, err) == -1)
			return -1;
		open = true;		/* its rows opened the stages behind it */
	}
	return 0;
}

int
pipeline_flush(struct pipeline *p, struct err *err)
{
	size_t len = p->tsv.out.len;

	p->tsv.out.len = 0;
	return len == 0 ? 0 : p->write(p->write_arg, p->tsv.out.data, len, err);
}

/* ---- figures ---- */

void
pipeline_counts(struct pipeline *p, uint64_t *counted, uint64_t *filtered, uint64_t *bad)
{
	*counted = *filtered = *bad = 0;
	for (unsigned i = 0; i < p->lanes; i++) {
		*counted += p->lane[i].counted;
		*filtered += p->lane[i].filtered;
		*bad += p->lane[i].bad;
		p->lane[i].counted = p->lane[i].filtered = p->lane[i].bad = 0;
	}
}

uint64_t
pipeline_keys(const struct pipeline *p)
{
	uint64_t keys = 0;

	for (size_t i = 0; i < p->plan->n; i++)
		if (aggregates(&p->plan->stage[i]))
			keys += window_keys(&p->window[i]);
	return keys;
}

size_t
pipeline_bytes(const struct pipeline *p)
{
	size_t bytes = p->tsv.out.cap;

	for (size_t i = 0; i < p->plan->n; i++)
		if (aggregates(&p->plan->stage[i]))
			bytes += window_bytes(&p->window[i]);
	for (unsigned i = 1; i < p->lanes; i++)
		bytes += map_bytes(&p->lane[i].partial);
	return bytes;
}

/* ---- opening and closing ---- */

static int
open_windows(struct pipeline *p, const uint64_t seed[2], struct err *err)
{
	for (size_t i = 0; i < p->plan->n; i++) {
		const struct stage *s = &p->plan->stage[i];

		if (aggregates(s) && window_open(&p->window[i], s->class->aggregate, s->length,
		    s->slide, seed) == -1)
			return err_memory(err, "starting");
	}
	return 0;
}

/* Lane 0 runs the whole chain, the others only up to the first aggregate. */
static size_t
lane_stages(const struct pipeline *p, unsigned lane)
{
	return lane == 0 ? p->plan->n : p->plan->split + 1;
}

int
pipeline_open(struct pipeline *p, const struct plan *plan, unsigned lanes, const uint64_t seed[2],
    enum time_format format, pipeline_write_fn write, void *write_arg, struct err *err)
{
	*p = (struct pipeline){
		.plan = plan, .lanes = lanes, .tsv = { .format = format },
		.write = write, .write_arg = write_arg, .rows = { .cap = ROWS_CAP },
	};
	p->window = mem_zalloc(plan->n * sizeof(*p->window));
	p->lane = mem_zalloc(lanes * sizeof(*p->lane));
	p->rows.cells = mem_alloc(ROWS_CAP * SCHEMA_MAX * sizeof(*p->rows.cells));
	if (p->window == NULL || p->lane == NULL || p->rows.cells == NULL)
		return err_memory(err, "starting");
	if (open_windows(p, seed, err) == -1)
		return -1;
	for (unsigned i = 0; i < lanes; i++)
		if (lane_open(&p->lane[i], plan, lane_stages(p, i), seed, err) == -1)
			return -1;
	return 0;
}

void
pipeline_close(struct pipeline *p)
{
	for (unsigned i = 0; p->lane != NULL && i < p->lanes; i++)
		lane_close(&p->lane[i], p->plan, lane_stages(p, i));
	for (size_t i = 0; p->window != NULL && p->plan != NULL && i < p->plan->n; i++)
		if (aggregates(&p->plan->stage[i]))
			window_close(&p->window[i]);
	mem_free(p->lane);
	mem_free(p->window);
	mem_free(p->rows.cells);
	buf_free(&p->tsv.out);
	*p = (struct pipeline){ 0 };
}
