/* A pipeline whose memory is bounded, see limit.h. */
#include "core/limit.h"

static bool
aggregates(const struct stage *s)
{
	return (s->class->flags & STAGE_AGGREGATES) != 0;
}

/* True if all records are one group: what it holds does not grow. */
static bool
is_single(const struct stage *s)
{
	if ((s->class->flags & STAGE_BOUNDED) != 0)
		return true;
	return s->group == NULL ? s->aggregate == &aggregate_count : s->group->columns == 0;
}

static bool
aggregate_can(const struct stage *s, enum on_full mode, const char **what)
{
	if (is_single(s)) {
		*what = "what it holds does not grow";
		return true;
	}
	if (mode == FULL_EVICT) {
		*what = s->running ? "the keys that came last longest ago go" :
		    "the keys with the fewest records go";
		return true;
	}
	*what = s->aggregate == &aggregate_count ?
	    "rare keys go, counts are too low by a bound" :
	    s->aggregate->shrink != NULL ? "large sets become sketches" : NULL;
	return *what != NULL;
}

bool
limit_can(const struct stage *s, enum on_full mode, const char **what)
{
	*what = NULL;
	if (mode == FULL_FAIL)
		return false;
	if (aggregates(s))
		return aggregate_can(s, mode, what);
	if ((s->class->flags & STAGE_BOUNDED) != 0)
		*what = "what it holds does not grow";
	else if (mode == FULL_EVICT && s->class->evict != NULL)
		*what = "the oldest keys go";
	return *what != NULL;
}

/* What a checkpoint has of a pane is as it was; by how much counts are too low it does not know. */
static int
check_saved(const struct stage *s, enum on_full mode, struct err *err)
{
	if (!aggregates(s) || is_single(s) || mode == FULL_FAIL)
		return 0;
	if (mode == FULL_APPROX)
		return err_word(err, s->word, "'%s' with --on-full approx cannot be kept in a "
		    "checkpoint; choose evict or fail", s->class->name);
	if (!s->running && s->emit == EMIT_APPEND && s->length != s->slide)
		return err_word(err, s->word, "'%s' has a window that slides, from which nothing "
		    "can be evicted with a checkpoint; choose fail", s->class->name);
	return 0;
}

int
limit_check(const struct plan *plan, enum on_full mode, bool saved, struct err *err)
{
	const char *what;

	for (unsigned i = 0; i < plan->n; i++) {
		const struct stage *s = &plan->stage[i];

		if (mode == FULL_APPROX && (aggregates(s) || s->class->held != NULL) &&
		    !limit_can(s, mode, &what))
			return err_word(err, s->word, "'%s' has no sketch for --on-full approx; "
			    "choose evict or fail", s->class->name);
		if (saved && (s->class->flags & STAGE_UNSAVED) != 0)
			return err_word(err, s->word, "'%s' with these words needs all of its "
			    "input at once and cannot go on from a checkpoint; leave --checkpoint "
			    "out", s->class->name);
		if (saved && check_saved(s, mode, err) == -1)
			return -1;
	}
	return 0;
}

/* By event time what open batches hold of a stage, as keys and bytes of long ones. */
static size_t
open_keys(const struct event_time *e, unsigned stage, size_t *bytes)
{
	size_t keys = 0;

	for (size_t k = 0; k < e->n; k++) {
		const struct open_batch *b = &e->open[k];

		keys += map_count(&b->state[stage]);
		*bytes += b->state[stage].bytes.total;
		if (b->kept == NULL)
			continue;
		keys += map_count(&b->kept[stage].map);
		*bytes += b->kept[stage].map.bytes.total;
	}
	return keys;
}

/* An answer that another stage aggregates is held by both for a moment. */
size_t
limit_need(const struct pipeline *p)
{
	size_t need = 0, before = 0;	/* keys of the answers of stages that come before */

	for (unsigned i = 0; i < p->plan->n; i++) {
		const struct stage *s = &p->plan->stage[i];
		size_t bytes = 0, keys;

		if (!aggregates(s))
			continue;
		keys = open_keys(&p->event, i, &bytes);
		if (!s->early && !is_single(s))
			need += map_growth(&p->window[i].open, before);
		need += window_need(&p->window[i], keys, bytes);
		before += window_keys(&p->window[i]) + keys;
	}
	return need;
}

void
limit_release(struct pipeline *p)
{
	for (unsigned i = 0; i < p->plan->n; i++) {
		if (!aggregates(&p->plan->stage[i]))
			continue;
		window_release(&p->window[i]);
		for (unsigned k = 1; p->plan->stage[i].early && k < p->config.lanes; k++)
			map_free(&p->lane[k].partial[i]);	/* gathered, so empty */
	}
}

int
limit_evict(struct pipeline *p, const struct eviction *how, struct evicted *sum,
    struct err *err)
{
	for (unsigned i = 0; i < p->plan->n; i++) {
		const struct stage *s = &p->plan->stage[i];

		if (aggregates(s) && window_evict(&p->window[i], how, sum, err) == -1)
			return -1;
		if (!aggregates(s) && s->class->evict != NULL && !how->approx)
			s->class->evict(s, p->lane[0].private[i], how->share, sum);
	}
	return event_evict(&p->event, how, sum, err);
}

uint64_t
limit_error(const struct pipeline *p)
{
	uint64_t most = 0;

	for (unsigned i = 0; i < p->plan->n; i++) {
		uint64_t error = 0;

		if (!aggregates(&p->plan->stage[i]) ||
		    p->plan->stage[i].aggregate != &aggregate_count)
			continue;
		error = window_error(&p->window[i]);
		for (size_t k = 0; k < p->event.n; k++)
			if (p->event.open[k].state[i].stride != 0)
				error += p->event.open[k].error;
		most = error > most ? error : most;
	}
	return most;
}

static struct holding
holding_of(const struct pipeline *p, unsigned i)
{
	const struct stage *s = &p->plan->stage[i];
	struct holding h = { .stage = i + 1 };

	if (aggregates(s)) {
		h.keys = window_keys(&p->window[i]);
		h.bytes = window_bytes(&p->window[i]);
	} else if (s->class->held != NULL) {
		s->class->held(s, p->lane[0].private[i], &h.keys, &h.bytes);
	}
	for (size_t k = 0; k < p->event.n; k++) {
		h.keys += map_count(&p->event.open[k].state[i]) + p->event.open[k].held[i].records;
		h.bytes += p->event.open[k].held[i].bytes;
		if (p->event.open[k].state[i].stride != 0)
			h.bytes += map_bytes(&p->event.open[k].state[i]);
	}
	return h;
}

struct holding
limit_fullest(const struct pipeline *p)
{
	struct holding most = { 0 };

	for (unsigned i = 0; i < p->plan->n; i++) {
		struct holding h = holding_of(p, i);

		if (h.bytes > most.bytes)
			most = h;
	}
	return most;
}
