/*
 * Frequent keys, see heavy.h: Space-Saving (Metwally, Agrawal and El Abbadi, "Efficient Computation
 * of Frequent and Top-k Elements in Data Streams", 2005), merged as in Agarwal, Cormode, Huang,
 * Phillips, Wei and Yi, "Mergeable Summaries" (2012).
 */
#include "core/heavy.h"

#include "base/mem.h"
#include "core/heavy_counters.h"

#include <string.h>

static struct heavy_counters *
counters(const uint64_t *w)
{
	return (struct heavy_counters *)(uintptr_t)w[HEAVY_MEMORY];
}

/* Makes the counters of an empty value; 0 or -1. */
static int
ready(uint64_t *w, const struct heavy_config *c)
{
	if (w[HEAVY_MEMORY] == 0)
		w[HEAVY_MEMORY] = (uintptr_t)heavy_counters_new(c->capacity);
	return w[HEAVY_MEMORY] == 0 ? -1 : 0;
}

int
heavy_add(uint64_t *w, const struct heavy_config *c, struct map_key key)
{
	if (ready(w, c) == -1 || heavy_counters_add(counters(w), key, map_key_hash(key,
	    c->seed)) == -1)
		return -1;
	w[HEAVY_TOTAL]++;
	return 0;
}

void
heavy_free(uint64_t *w)
{
	heavy_counters_free(counters(w));
	w[HEAVY_TOTAL] = w[HEAVY_MEMORY] = 0;
}

size_t
heavy_bytes(const uint64_t *w)
{
	const struct heavy_counters *h = counters(w);

	if (h == NULL)
		return 0;
	return sizeof(*h) + h->capacity * (sizeof(*h->counter) + sizeof(*h->bucket)) +
	    ((size_t)h->mask + 1) * sizeof(*h->slots) + h->long_bytes;
}

size_t
heavy_count(const uint64_t *w)
{
	return counters(w) == NULL ? 0 : counters(w)->n;
}

/* ---- in order ---- */

static int
compare_keys(const struct map_key *x, const struct map_key *y)
{
	size_t xlen, ylen;
	const char *xbytes = map_key_bytes(x, &xlen), *ybytes = map_key_bytes(y, &ylen);
	int order = memcmp(xbytes, ybytes, xlen < ylen ? xlen : ylen);

	return order != 0 ? order : (xlen > ylen) - (xlen < ylen);
}

static int
compare(const struct heavy_item *x, const struct heavy_item *y)
{
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return compare_keys(&x->key, &y->key);
}

/* By merging; SPARE has room for N, too. */
static void
sort(struct heavy_item *v, size_t n, struct heavy_item *spare)
{
	size_t half = n / 2, i = 0, k = half;

	if (n < 2)
		return;
	sort(v, half, spare);
	sort(v + half, n - half, spare);
	for (size_t at = 0; at < n; at++)
		spare[at] = k >= n || (i < half && compare(&v[i], &v[k]) <= 0) ? v[i++] : v[k++];
	memcpy(v, spare, n * sizeof(*v));
}

static struct heavy_item
item_of(const struct heavy_counters *h, uint32_t id)
{
	const struct heavy_counter *c = &h->counter[id];

	return (struct heavy_item){ c->key, heavy_counters_get(h, id), c->error };
}

int
heavy_list(const uint64_t *w, struct heavy_item *items)
{
	size_t n = heavy_count(w);
	struct heavy_item *spare = mem_alloc(n * sizeof(*spare));

	if (spare == NULL)
		return -1;
	for (uint32_t id = 0; id < n; id++)
		items[id] = item_of(counters(w), id);
	sort(items, n, spare);
	mem_free(spare);
	return 0;
}

/* ---- merging ---- */

/*
 * All keys of both in ITEMS; how many.  What one has no counter for came at most as often in it as
 * its least frequent key.
 */
static size_t
gather(const struct heavy_counters *x, const struct heavy_counters *y, struct heavy_item *items)
{
	size_t n = 0;

	for (uint32_t id = 0; id < x->n; id++, n++) {
		uint32_t other = heavy_counters_find(y, x->counter[id].key, x->counter[id].hash);
		struct heavy_item more = { .count = heavy_counters_floor(y) };

		more.error = more.count;
		if (other != HEAVY_NONE)
			more = item_of(y, other);
		items[n] = item_of(x, id);
		items[n].count += more.count;
		items[n].error += more.error;
	}
	for (uint32_t id = 0; id < y->n; id++) {
		if (heavy_counters_find(x, y->counter[id].key, y->counter[id].hash) != HEAVY_NONE)
			continue;
		items[n] = item_of(y, id);
		items[n].count += heavy_counters_floor(x);
		items[n++].error += heavy_counters_floor(x);
	}
	return n;
}

/* New counters of the first N items, which are in order; NULL when memory is short. */
static struct heavy_counters *
rebuild(const struct heavy_item *items, size_t n, const struct heavy_config *c)
{
	struct heavy_counters *h = heavy_counters_new(c->capacity);

	while (h != NULL && n-- > 0) {
		const struct heavy_item *item = &items[n];

		if (heavy_counters_append(h, item->key, map_key_hash(item->key, c->seed),
		    item->count, item->error) == 0)
			continue;
		heavy_counters_free(h);
		return NULL;
	}
	return h;
}

/* With the most frequent keys of both in new counters; what was there is left if memory fails. */
static struct heavy_counters *
merged(const struct heavy_counters *x, const struct heavy_counters *y,
    const struct heavy_config *c)
{
	size_t most = (size_t)x->n + y->n, n;
	struct heavy_item *items = mem_alloc(2 * most * sizeof(*items));
	struct heavy_counters *h;

	if (items == NULL)
		return NULL;
	n = gather(x, y, items);
	sort(items, n, items + most);
	h = rebuild(items, n < c->capacity ? n : c->capacity, c);
	mem_free(items);
	return h;
}

int
heavy_merge(uint64_t *into, const uint64_t *from, const struct heavy_config *c)
{
	struct heavy_counters *h;
	uint64_t total = into[HEAVY_TOTAL] + from[HEAVY_TOTAL];

	if (from[HEAVY_TOTAL] == 0)
		return 0;
	if (ready(into, c) == -1)
		return -1;
	h = merged(counters(into), counters(from), c);
	if (h == NULL)
		return -1;
	heavy_free(into);
	into[HEAVY_TOTAL] = total;
	into[HEAVY_MEMORY] = (uintptr_t)h;
	return 0;
}

/* ---- writing down ---- */

static int
save_counter(const struct heavy_counters *h, uint32_t id, struct buf *out)
{
	const struct heavy_counter *c = &h->counter[id];
	size_t len;
	const char *bytes = map_key_bytes(&c->key, &len);

	if (wire_put(out, len) == -1 || buf_add(out, bytes, len) == -1)
		return -1;
	return wire_put(out, heavy_counters_get(h, id)) == -1 ? -1 : wire_put(out, c->error);
}

/* The total and how many counters, then they from the least frequent key on. */
int
heavy_save(const uint64_t *w, struct buf *out)
{
	const struct heavy_counters *h = counters(w);

	if (wire_put(out, w[HEAVY_TOTAL]) == -1 || wire_put(out, heavy_count(w)) == -1)
		return -1;
	if (h == NULL)
		return 0;
	for (uint32_t b = h->lowest; b != HEAVY_NONE; b = h->bucket[b].higher)
		for (uint32_t id = h->bucket[b].first; id != HEAVY_NONE; id = h->counter[id].after)
			if (save_counter(h, id, out) == -1)
				return -1;
	return 0;
}

/* Takes a counter, whose count is at least *LEAST, off IN; 0, also if it is damaged, or -1. */
static int
load_counter(struct heavy_counters *h, struct wire *in, const struct heavy_config *c,
    uint64_t *least)
{
	uint64_t len = wire_get(in), count, error, hash;
	struct map_key key;

	if (len > (size_t)(in->end - in->at)) {
		in->damaged = true;
		return 0;
	}
	key = map_key_make(in->at, (size_t)len);
	hash = map_key_hash(key, c->seed);
	in->at += len;
	count = wire_get(in);
	error = wire_get(in);
	if (count < *least || error >= count || h->n == h->capacity ||
	    heavy_counters_find(h, key, hash) != HEAVY_NONE)
		in->damaged = true;
	*least = count;
	return in->damaged ? 0 : heavy_counters_append(h, key, hash, count, error);
}

int
heavy_load(uint64_t *w, struct wire *in, const struct heavy_config *c)
{
	uint64_t loaded[HEAVY_WORDS] = { wire_get(in), 0 }, n = wire_get(in), least = 1;
	int rc = 0;

	if ((loaded[HEAVY_TOTAL] == 0) != (n == 0))
		in->damaged = true;
	if (n == 0 || in->damaged)
		return 0;
	rc = ready(loaded, c);
	for (; rc == 0 && n > 0 && !in->damaged; n--)
		rc = load_counter(counters(loaded), in, c, &least);
	if (rc == 0 && !in->damaged) {
		if (w[HEAVY_TOTAL] == 0) {
			heavy_free(w);
			memcpy(w, loaded, sizeof(loaded));
			return 0;
		}
		rc = heavy_merge(w, loaded, c);
	}
	heavy_free(loaded);
	return rc;
}
