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
    int64_t lateness)
{
	*e = (struct event_time){ .plan = plan, .seed = { seed[0], seed[1] } };
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
	}
	mem_free(b->state);
	mem_free(b->held);
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
	unsigned n = places(e->plan);

	*b = (struct open_batch){
		.end = end, .state = mem_zalloc((n + 1) * sizeof(*b->state)),
		.held = mem_zalloc((n + 1) * sizeof(*b->held)),
	};
	if (b->state == NULL || b->held == NULL) {
		mem_free(b->state);
		mem_free(b->held);
		return -1;
	}
	for (unsigned i = 0; i < e->plan->n; i++) {
		const struct stage *s = &e->plan->stage[i];

		if (aggregates(s) && !event_holds(s))
			map_init(&b->state[i], sizeof(uint64_t) * s->aggregate->words, e->seed);
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

void
event_drop(struct event_time *e)
{
	batch_free(e->plan, &e->open[0]);
	memmove(&e->open[0], &e->open[1], --e->n * sizeof(*e->open));
}

uint64_t
event_keys(const struct event_time *e)
{
	uint64_t keys = 0;

	for (size_t k = 0; k < e->n; k++)
		for (unsigned i = 0; i < places(e->plan); i++)
			keys += map_count(&e->open[k].state[i]) + e->open[k].held[i].records;
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
		event_drop(e);
	mem_free(e->open);
	mem_free(e->time);
	mem_free(e->cells);
	watermark_close(&e->mark);
	*e = (struct event_time){ 0 };
}
