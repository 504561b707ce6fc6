/* Open batches by event time, see event_time.h. */
#include "core/event_time.h"

#include "base/mem.h"
#include "core/lane.h"

#include <string.h>

static bool
aggregates(const struct stage *s)
{
	return (s->class->flags & STAGE_AGGREGATES) != 0;
}

bool
event_holds(const struct stage *s)
{
	return !s->early || (s->class->flags & STAGE_SERIAL) != 0;
}

int
event_open(struct event_time *e, const struct plan *plan, const uint64_t seed[2], size_t sources,
    int64_t lateness, struct saving *saving)
{
	*e = (struct event_time){
		.plan = plan, .seed = { seed[0], seed[1] }, .saving = saving,
	};
	if (plan->time_field == NULL)
		return 0;
	e->time = mem_alloc(LANE_ROWS * sizeof(*e->time));
	e->cells = mem_alloc(LANE_ROWS * plan->input.width * sizeof(*e->cells));
	if (watermark_open(&e->mark, sources, plan->batch.ticks, lateness) == -1)
		return -1;
	return e->time == NULL || e->cells == NULL ? -1 : 0;
}

/* Stages, and behind them outputs, which hold rows but have no state. */
static unsigned
places(const struct plan *plan)
{
	return plan->n + plan->outputs;
}

static void
batch_free(const struct plan *plan, struct open_batch *b)
{
	for (unsigned i = 0; i < places(plan); i++) {
		if (b->state != NULL && b->state[i].stride != 0)
			aggregate_free(plan->stage[i].aggregate, &b->state[i]);
		if (b->held != NULL)
			rowlog_free(&b->held[i]);
		if (b->kept != NULL)
			kept_free(&b->kept[i]);
	}
	mem_free(b->state);
	mem_free(b->held);
	mem_free(b->kept);
	mem_free(b->rows);
}

/* The number of open batches that end before END. */
static size_t
find(const struct event_time *e, int64_t end)
{
	size_t i = e->n;

	while (i > 0 && e->open[i - 1].end >= end)	/* most records are of the newest */
		i--;
	return i;
}

static int
make(const struct event_time *e, struct open_batch *b, int64_t end)
{
	size_t n = places(e->plan) + 1;

	*b = (struct open_batch){
		.end = end, .state = mem_zalloc(n * sizeof(*b->state)),
		.held = mem_zalloc(n * sizeof(*b->held)),
	};
	if (e->saving != NULL) {
		b->kept = mem_zalloc(n * sizeof(*b->kept));
		b->rows = mem_zalloc(n * sizeof(*b->rows));
	}
	if (b->state == NULL || b->held == NULL ||
	    (e->saving != NULL && (b->kept == NULL || b->rows == NULL))) {
		batch_free(e->plan, b);
		return -1;
	}
	for (unsigned i = 0; i < e->plan->n; i++) {
		const struct stage *s = &e->plan->stage[i];

		if (!aggregates(s) || event_holds(s))
			continue;
		map_init(&b->state[i], sizeof(uint64_t) * s->aggregate->words, e->seed);
		if (b->kept != NULL)
			kept_init(&b->kept[i], s->aggregate, 0, e->seed);
	}
	return 0;
}

int
event_batch(struct event_time *e, int64_t end)
{
	size_t i = find(e, end);
	struct open_batch b;

	if (i < e->n && e->open[i].end == end)
		return 0;
	if (e->n == e->cap) {
		size_t cap = e->cap == 0 ? 8 : e->cap * 2;
		struct open_batch *open = mem_realloc(e->open, cap * sizeof(*open));

		if (open == NULL)
			return -1;
		e->open = open;
		e->cap = cap;
	}
	if (make(e, &b, end) == -1)
		return -1;
	memmove(&e->open[i + 1], &e->open[i], (e->n - i) * sizeof(*e->open));
	e->open[i] = b;
	e->n++;
	return 0;
}

struct map *
event_state(struct event_time *e, unsigned stage, int64_t end)
{
	return &e->open[find(e, end)].state[stage];
}

int
event_hold(struct event_time *e, unsigned number, const struct block *b)
{
	return rowlog_add(&e->open[find(e, b->time)].held[number], b);
}

static void
drop_oldest(struct event_time *e)
{
	batch_free(e->plan, &e->open[0]);
	memmove(&e->open[0], &e->open[1], --e->n * sizeof(*e->open));
}

int
event_drop(struct event_time *e, struct err *err)
{
	struct open_batch *b = &e->open[0];

	for (unsigned i = 0; e->saving != NULL && i < places(e->plan); i++) {
		struct saving *to = &e->saving[i];

		to->part.tick = b->end;
		to->part.role = STORE_EVENTS;
		if (kept_forget(&b->kept[i], to, err) == -1)
			return -1;
		to->part.role = STORE_ROWS;
		if (b->rows[i] > 0 && save_clear(to, err) == -1)
			return -1;
	}
	drop_oldest(e);
	return 0;
}

/* ---- with a checkpoint ---- */

static int
save_place(struct open_batch *b, unsigned i, struct saving *to, struct err *err)
{
	to->part.tick = b->end;
	to->part.role = STORE_EVENTS;
	if (map_count(&b->state[i]) > 0 && kept_take(&b->kept[i], &b->state[i], to, err) == -1)
		return -1;
	if (b->held[i].records == b->rows[i])
		return 0;
	to->part.role = STORE_ROWS;
	to->part.generation = 0;
	if (rowlog_save(&b->held[i], b->rows[i], to, err) == -1)
		return -1;
	b->rows[i] = b->held[i].records;
	return save_flush(to, err);
}

int
event_save(struct event_time *e, struct err *err)
{
	for (size_t k = 0; k < e->n; k++)
		for (unsigned i = 0; i < places(e->plan); i++)
			if (save_place(&e->open[k], i, &e->saving[i], err) == -1)
				return -1;
	return 0;
}

/* Rows that wait for a place: each of its inputs has rows of its own width. */
static int
load_rows(const struct plan *plan, unsigned place, struct rowlog *held, struct wire *in)
{
	unsigned width[STAGE_PORTS + 1], ports = 0;
	const struct stage *s = &plan->stage[place];

	if (place >= plan->n) {
		width[ports++] = plan->output[place - plan->n].in->width;
		return rowlog_load(held, in, width, ports);
	}
	width[ports++] = s->in->width;
	for (unsigned i = 0; i < s->ports; i++)
		width[ports++] = s->port[i].in->width;
	return rowlog_load(held, in, width, ports);
}

int
event_load(struct event_time *e, const struct store_part *part, struct wire *in)
{
	struct open_batch *b;
	unsigned i = part->owner;

	in->damaged |= e->time == NULL;		/* there are no such batches */
	if (in->damaged)
		return 0;
	if (event_batch(e, part->tick) == -1)
		return -1;
	b = &e->open[find(e, part->tick)];
	if (part->role == STORE_EVENTS) {
		in->damaged |= b->kept[i].agg == NULL;
		return in->damaged ? 0 : kept_load(&b->kept[i], part, in);
	}
	if (load_rows(e->plan, i, &b->held[i], in) == -1)
		return -1;
	b->rows[i] = b->held[i].records;
	return 0;
}

static uint64_t
batch_keys(const struct open_batch *b, unsigned i)
{
	return map_count(&b->state[i]) + b->held[i].records +
	    (b->kept != NULL ? map_count(&b->kept[i].map) : 0);
}

static int
evict_place(struct event_time *e, struct open_batch *b, unsigned i, const struct eviction *how,
    struct evicted *sum, struct err *err)
{
	const struct aggregate *agg = e->plan->stage[i].aggregate;

	if (b->state[i].stride == 0)
		return 0;
	b->error += evict_map(&b->state[i], agg, how, false, sum);
	if (e->saving == NULL)
		return 0;
	b->error += evict_map(&b->kept[i].map, agg, how, false, sum);
	e->saving[i].part.tick = b->end;
	e->saving[i].part.role = STORE_EVENTS;
	return kept_rewrite(&b->kept[i], &e->saving[i], err);
}

int
event_evict(struct event_time *e, const struct eviction *how, struct evicted *sum,
    struct err *err)
{
	for (size_t k = 0; k < e->n; k++)
		for (unsigned i = 0; i < e->plan->n; i++)
			if (evict_place(e, &e->open[k], i, how, sum, err) == -1)
				return -1;
	return 0;
}

uint64_t
event_keys(const struct event_time *e)
{
	uint64_t keys = 0;

	for (size_t k = 0; k < e->n; k++)
		for (unsigned i = 0; i < places(e->plan); i++)
			keys += batch_keys(&e->open[k], i);
	return keys;
}

size_t
event_bytes(const struct event_time *e)
{
	size_t bytes = 0;

	for (size_t k = 0; k < e->n; k++)
		for (unsigned i = 0; i < places(e->plan); i++) {
			const struct map *m = &e->open[k].state[i];

			bytes += e->open[k].held[i].bytes;
			if (e->open[k].kept != NULL && e->open[k].kept[i].agg != NULL)
				bytes += kept_bytes(&e->open[k].kept[i]);
			if (m->stride != 0)
				bytes += map_bytes(m) +
				    aggregate_bytes(e->plan->stage[i].aggregate, m);
		}
	return bytes;
}

void
event_close(struct event_time *e)
{
	while (e->n > 0)
		drop_oldest(e);
	mem_free(e->open);
	mem_free(e->time);
	mem_free(e->cells);
	watermark_close(&e->mark);
	*e = (struct event_time){ 0 };
}
