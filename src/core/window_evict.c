/*
 * Windows when memory is full, see window.h: which keys go from them, and what answering will take.
 *
 * front and its panes hang together, as do back and its panes: a key that goes from one of these
 * maps goes from all panes that are merged in it, so it begins anew with its next record.
 */
#include "base/mem.h"
#include "core/window_inner.h"

#include <string.h>

#define SLOT_BYTES 16			/* of the index, for each key, on the average */

/* True if an entry of a pane is still in MAP; else what its value owns is freed. */
static bool
stays(const struct window *w, const struct map *map, struct map_key *entry)
{
	if (map_get(map, *entry, map_hash(map, *entry)) != NULL)
		return true;
	if (w->agg->drop != NULL)
		w->agg->drop(w->agg, (uint64_t *)(entry + 1));
	return false;
}

/* Takes out of a pane what has gone from the map that it is merged in. */
static void
follow(const struct window *w, struct pane *p, const struct map *map)
{
	size_t stride = w->open.stride, n = 0;
	struct arena_squeeze bytes;

	arena_squeeze_begin(&bytes, &p->bytes);
	for (size_t i = 0; i < p->n; i++) {
		struct map_key *entry = (struct map_key *)(void *)(p->entries + i * stride);

		if (!stays(w, map, entry))
			continue;
		if (map_key_is_long(*entry)) {
			size_t len;
			const char *key = map_key_bytes(entry, &len);

			entry->a = (uintptr_t)arena_squeeze_keep(&bytes, key, len);
		}
		if (n != i)
			memcpy(p->entries + n * stride, entry, stride);
		n++;
	}
	arena_squeeze_end(&bytes);
	p->n = n;
	mem_pages_cut(p->entries, p->room * stride, n * stride);
}

/* Takes keys out of front or back, and out of the panes FROM .. TO - 1 that are merged in it. */
static void
evict_stack(struct window *w, struct map *map, size_t from, size_t to,
    const struct eviction *how, struct evicted *sum)
{
	uint64_t error = evict_map(map, w->agg, how, false, sum);

	if (from == to)
		return;
	for (size_t i = from; i < to; i++)
		follow(w, window_pane_at(w, i), map);
	window_pane_at(w, to - 1)->error += error;	/* until the last of them leaves */
}

static bool
in_total(void *arg, struct map_key *entry)
{
	const struct map *total = arg;

	return map_get(total, *entry, map_hash(total, *entry)) != NULL;
}

static int
evict_running(struct window *w, const struct eviction *how, struct evicted *sum, struct err *err)
{
	struct running *r = &w->running;

	w->error += evict_map(&r->total.map, w->agg, how, true, sum);
	map_keep(&r->changed.map, in_total, &r->total.map);
	r->changed.log.cursor = 1;	/* a sweep begins again: numbers have changed */
	return kept_rewrite(&r->total, running_part(r, STORE_TOTAL), err);
}

int
window_evict(struct window *w, const struct eviction *how, struct evicted *sum, struct err *err)
{
	w->error += evict_map(&w->open, w->agg, how, false, sum);
	if (w->grows)
		return evict_running(w, how, sum, err);
	if (w->saving != NULL) {
		w->error += evict_map(&w->held.map, w->agg, how, false, sum);
		return kept_rewrite(&w->held, window_part(w, w->number), err);
	}
	evict_stack(w, &w->front, 0, w->fronted, how, sum);
	evict_stack(w, &w->back, w->fronted, w->closed, how, sum);
	return 0;
}

uint64_t
window_error(const struct window *w)
{
	uint64_t error = w->error;

	for (size_t i = 0; i < w->closed; i++)
		error += window_pane_at(w, i)->error;
	return error;
}

/* ---- what an answer will take ---- */

/* What values own, which merging copies. */
static size_t
owned(const struct window *w, const struct map *m)
{
	return aggregate_bytes(w->agg, m);
}

/* Putting N keys in order: 16 bytes for each, twice where they are merged. */
static size_t
order_need(const struct window *w, size_t n)
{
	return n * (w->agg == &aggregate_count ? 16 : 32);
}

/* OPEN keys and their LONG ones' bytes are yet to be added. */
static size_t
running_need(const struct window *w, size_t open, size_t long_keys)
{
	const struct running *r = &w->running;
	size_t changed = map_count(&r->changed.map) + open;
	size_t need = map_growth(&r->total.map, open) + long_keys;

	if (r->emit == EMIT_UPDATE)
		return need + map_growth(&r->changed.map, open) + map_growth(&r->answer, changed) +
		    2 * (long_keys + r->changed.map.bytes.total) + owned(w, &r->total.map) +
		    order_need(w, changed);
	return need + order_need(w, map_count(&r->total.map) + open);
}

/* A pane of what is open, and back with it; the answer of that and front, in order. */
static size_t
sliding_need(const struct window *w, size_t open, size_t long_keys)
{
	size_t back = map_count(&w->back), keys = open + back + map_count(&w->front);
	size_t need = open * w->open.stride + map_growth(&w->back, open) +
	    map_growth(&w->answer, keys) + 3 * long_keys + w->back.bytes.total +
	    order_need(w, keys);

	if (w->fronted == 0 && w->closed == w->npanes)	/* first all panes move there */
		need += map_growth(&w->front, back) + w->back.bytes.total;
	return need + owned(w, &w->front) + owned(w, &w->back) + 2 * owned(w, &w->open);
}

size_t
window_need(const struct window *w, size_t more, size_t bytes)
{
	size_t now = map_count(&w->open), held = map_count(&w->held.map), open = now + held + more;
	size_t long_keys = w->open.bytes.total + w->held.map.bytes.total + bytes, joined = 0;

	if (now > 0)
		joined += map_growth(&w->open, more) + bytes;
	if (held > 0)
		joined += map_growth(&w->held.map, now + more) + w->open.bytes.total + bytes;
	if (w->grows)
		return joined + running_need(w, open, long_keys);
	return joined + (w->npanes == 1 ? order_need(w, open) : sliding_need(w, open, long_keys));
}

/* They are empty then: with nothing in them only their memory goes. */
void
window_release(struct window *w)
{
	map_free(&w->answer);
	if (w->grows)
		map_free(&w->running.answer);
}
