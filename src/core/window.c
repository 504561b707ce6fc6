/* Sliding windows of panes that merge, see window.h. */
#include "core/window_inner.h"

#include "base/mem.h"

#include <string.h>

int64_t
window_pane(int64_t length, int64_t slide)
{
	while (slide != 0) {
		int64_t rest = length % slide;

		length = slide;
		slide = rest;
	}
	return length;
}

int64_t
window_panes(int64_t length, int64_t slide)
{
	return length / window_pane(length, slide);
}

int
window_open(struct window *w, const struct aggregate *agg, int64_t length, int64_t slide,
    const uint64_t seed[2], struct saving *saving)
{
	int64_t pane = window_pane(length, slide);
	size_t size = agg->words * sizeof(uint64_t);

	*w = (struct window){
		.agg = agg, .length = length, .slide = slide, .pane = pane,
		.npanes = (size_t)(length / pane), .now = -1, .answered = -1, .saving = saving,
	};
	kept_init(&w->held, agg, 0, seed);
	map_init(&w->open, size, seed);
	map_init(&w->front, size, seed);
	map_init(&w->back, size, seed);
	map_init(&w->answer, size, seed);
	if (window_tumbles(w))
		return 0;
	w->panes = mem_pages(w->npanes * sizeof(*w->panes));
	return w->panes == NULL ? -1 : 0;
}

void
window_open_growing(struct window *w, const struct aggregate *agg, enum emit emit, int64_t length,
    int64_t slide, int64_t ttl, const uint64_t seed[2], struct saving *saving)
{
	*w = (struct window){
		.agg = agg, .length = length, .slide = slide, .pane = slide, .npanes = 1,
		.now = -1, .answered = -1, .grows = true, .saving = saving,
	};
	kept_init(&w->held, agg, 0, seed);
	map_init(&w->open, agg->words * sizeof(uint64_t), seed);
	running_open(&w->running, agg, emit, length, ttl, seed, saving);
}

/* ---- panes ---- */

static struct map_key *
pane_entry(const struct window *w, const struct pane *p, size_t i)
{
	return (struct map_key *)(void *)(p->entries + i * w->open.stride);
}

/* Frees a pane whose values are owned elsewhere. */
static void
pane_free(const struct window *w, struct pane *p)
{
	mem_pages_free(p->entries, p->room * w->open.stride);
	arena_free(&p->bytes);
	*p = (struct pane){ 0 };
}

/* Copies the open pane's entries, long keys included, side by side: the values have moved. */
static int
pane_fill(const struct window *w, struct pane *p)
{
	*p = (struct pane){ .n = map_count(&w->open), .room = map_count(&w->open) };
	if (p->n == 0)
		return 0;
	p->entries = mem_pages_whole(p->n * w->open.stride);
	if (p->entries == NULL)
		return -1;
	for (size_t i = 0; i < p->n; i++) {
		const struct map_key *from = map_entry(&w->open, (uint32_t)i + 1);
		struct map_key *entry = pane_entry(w, p, i);

		memcpy(entry, from, w->open.stride);
		if (map_key_is_long(*from)) {
			size_t len;
			const char *key = map_key_bytes(from, &len);
			char *copy = arena_bytes(&p->bytes, len);

			if (copy == NULL)
				return -1;
			entry->a = (uintptr_t)memcpy(copy, key, len);
		}
	}
	return 0;
}

static size_t
pane_bytes(const struct window *w, struct pane *p)
{
	size_t bytes = p->n * w->open.stride + p->bytes.total;

	for (size_t k = 0; w->agg->bytes != NULL && k < p->n; k++)
		bytes += w->agg->bytes(w->agg, (uint64_t *)(pane_entry(w, p, k) + 1));
	return bytes;
}

/* ---- the two stacks ---- */

/* Merges pane P into front; what front held for its keys stays behind in the pane. */
static int
pane_to_front(struct window *w, struct pane *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct map_key *entry = pane_entry(w, p, i);
		uint64_t *value = (uint64_t *)(entry + 1);
		uint64_t *front = map_at(&w->front, *entry, map_hash(&w->front, *entry));

		if (front == NULL)
			return -1;
		if (w->agg->merge(w->agg, value, front) == -1)
			return -1;
		for (size_t k = 0; k < w->agg->words; k++) {
			uint64_t merged = value[k];

			value[k] = front[k];
			front[k] = merged;
		}
	}
	return 0;
}

/* Moves all closed panes before the bar, the newest first. */
static int
flip(struct window *w)
{
	aggregate_clear(w->agg, &w->front);
	if (map_ready(&w->front) == -1)
		return -1;
	for (size_t i = w->closed; i-- > 0;)
		if (pane_to_front(w, window_pane_at(w, i)) == -1)
			return -1;
	aggregate_clear(w->agg, &w->back);
	w->fronted = w->closed;
	return 0;
}

/* The oldest pane leaves: front goes back to what it was without it. */
static int
drop_oldest(struct window *w)
{
	struct pane *p = window_pane_at(w, 0);

	if (w->fronted == 0 && flip(w) == -1)
		return -1;
	for (size_t i = 0; i < p->n; i++) {
		struct map_key *entry = pane_entry(w, p, i);
		uint64_t *front = map_at(&w->front, *entry, map_hash(&w->front, *entry));

		if (w->agg->drop != NULL)
			w->agg->drop(w->agg, front);
		memcpy(front, entry + 1, w->agg->words * sizeof(*front));
	}
	pane_free(w, p);
	w->first = (w->first + 1) % w->npanes;
	w->closed--;
	w->fronted--;
	return 0;
}

int
window_close_pane(struct window *w, bool stored)
{
	struct pane *p;

	if (w->closed == w->npanes && drop_oldest(w) == -1)
		return -1;
	if (aggregate_merge(w->agg, &w->back, &w->open) == -1)
		return -1;
	p = window_pane_at(w, w->closed);
	if (pane_fill(w, p) == -1) {
		pane_free(w, p);
		return -1;
	}
	p->stored = stored;
	p->error = w->error;
	w->error = 0;
	w->closed++;
	map_clear(&w->open);
	return 0;
}

/* ---- the window ---- */

int
window_advance(struct window *w, int64_t tick, struct err *err)
{
	bool ends = tick % w->pane == 0;

	w->now = tick;
	if (w->grows)
		return running_add(&w->running, &w->open, tick, err);
	if (w->saving != NULL)
		return window_hold(w, ends, err);
	if (window_tumbles(w) || !ends)
		return 0;
	return window_close_pane(w, false) == 0 ? 0 : err_memory(err, "closing a pane of a window");
}

bool
window_due(const struct window *w, int64_t tick)
{
	return tick % w->slide == 0;
}

int64_t
window_multiple(int64_t tick, int64_t unit)
{
	int64_t over = tick % unit;

	return over > 0 ? tick + unit - over : tick - over;
}

int64_t
window_end(const struct window *w, int64_t tick)
{
	if (!w->grows || w->length == 0)
		return tick;
	return window_multiple(tick, w->length);
}

static struct map *
merged(struct window *w)
{
	if (w->grows)
		return running_answer(&w->running, w->now);
	if (window_tumbles(w))
		return &w->open;
	if (w->fronted == 0)
		return &w->back;
	aggregate_clear(w->agg, &w->answer);
	/* front stays as it is until the answer has been used */
	if ((w->agg->drop == NULL ? map_copy(&w->answer, &w->front) :
	    aggregate_merge(w->agg, &w->answer, &w->front)) == -1 ||
	    aggregate_merge(w->agg, &w->answer, &w->back) == -1)
		return NULL;
	return &w->answer;
}

/* Adds what is missing with values of zeros, which merge as nothing. */
static int
complete(struct map *answer, const struct map *keys)
{
	for (uint32_t id = 1; id < keys->count; id++) {
		const struct map_key *key = map_entry(keys, id);

		if (map_add(answer, *key, map_hash(answer, *key)) == NULL)
			return -1;
	}
	return 0;
}

const struct map *
window_answer(struct window *w)
{
	struct map *answer = merged(w);

	if (answer == NULL || w->always == NULL)
		return answer;
	return complete(answer, w->always) == -1 ? NULL : answer;
}

int
window_answered(struct window *w, struct err *err)
{
	w->answered = w->now;
	if (window_tumbles(w) && (!w->grows || (w->length > 0 && w->now % w->length == 0)))
		w->error = 0;
	if (w->grows)
		return running_answered(&w->running, w->now, err);
	aggregate_clear(w->agg, window_tumbles(w) ? &w->open : &w->answer);
	return 0;
}

size_t
window_bytes(const struct window *w)
{
	const struct map *maps[] = { &w->open, &w->front, &w->back, &w->answer };
	size_t bytes = kept_bytes(&w->held);

	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		bytes += map_bytes(maps[i]) + aggregate_bytes(w->agg, maps[i]);
	for (size_t i = 0; i < w->closed; i++)
		bytes += pane_bytes(w, window_pane_at(w, i));
	return w->grows ? bytes + running_bytes(&w->running) : bytes;
}

uint32_t
window_keys(const struct window *w)
{
	return map_count(&w->open) + map_count(&w->held.map) + map_count(&w->front) +
	    map_count(&w->back) + running_keys(&w->running);
}

void
window_close(struct window *w)
{
	for (size_t i = 0; i < w->closed; i++) {
		struct pane *p = window_pane_at(w, i);

		for (size_t k = 0; w->agg->drop != NULL && k < p->n; k++)
			w->agg->drop(w->agg, (uint64_t *)(pane_entry(w, p, k) + 1));
		pane_free(w, p);
	}
	mem_pages_free(w->panes, w->npanes * sizeof(*w->panes));
	running_close(&w->running);
	kept_free(&w->held);
	aggregate_free(w->agg, &w->open);
	aggregate_free(w->agg, &w->front);
	aggregate_free(w->agg, &w->back);
	aggregate_free(w->agg, &w->answer);
}
