/* Keys in order, see order.h: a merge sort that compares eight bytes of a key at a time. */
#include "core/order.h"

#include "base/mem.h"

#include <string.h>

/* The first eight bytes of a key as a number that orders as they do. */
static uint64_t
prefix(const struct map_key *key)
{
	size_t len;
	const char *bytes = map_key_bytes(key, &len);
	uint64_t word = 0;

	for (size_t i = 0; i < 8; i++)
		word = word << 8 | (i < len ? (unsigned char)bytes[i] : 0);
	return word;
}

static bool
in_order(const struct order *o, const struct rank_item *x, const struct rank_item *y)
{
	size_t xlen, ylen;
	const char *xkey, *ykey;
	int order;

	if (x->prefix != y->prefix)
		return x->prefix < y->prefix;
	xkey = map_key_bytes(map_entry(o->map, x->id), &xlen);
	ykey = map_key_bytes(map_entry(o->map, y->id), &ylen);
	order = memcmp(xkey, ykey, xlen < ylen ? xlen : ylen);
	return order != 0 ? order < 0 : xlen <= ylen;
}

static void
sort(const struct order *o, struct rank_item *v, size_t n)
{
	struct rank_item *spare = o->scratch + (v - o->items);
	size_t half = n / 2, i = 0, k = half;

	if (n < 2)
		return;
	sort(o, v, half);
	sort(o, v + half, n - half);
	if (in_order(o, &v[half - 1], &v[half]))
		return;
	for (size_t at = 0; at < n; at++)
		spare[at] = k >= n || (i < half && in_order(o, &v[i], &v[k])) ? v[i++] : v[k++];
	memcpy(v, spare, n * sizeof(*v));
}

static int
reserve(struct order *o, size_t n)
{
	if (n <= o->cap)
		return 0;
	order_free(o);
	o->items = mem_pages_whole(n * sizeof(*o->items));
	o->scratch = o->items == NULL ? NULL : mem_pages(n * sizeof(*o->scratch));
	o->cap = n;
	if (o->scratch == NULL) {
		order_free(o);
		return -1;
	}
	return 0;
}

static bool
shows(const struct map *always, const struct map_key *entry)
{
	return *(const uint64_t *)(entry + 1) > 0 ||
	    (always != NULL && map_get(always, *entry, map_hash(always, *entry)) != NULL);
}

int
order_keys(struct order *o, const struct map *map, const struct map *always)
{
	o->n = o->next = 0;
	if (reserve(o, map_count(map)) == -1)
		return -1;
	o->map = map;
	for (uint32_t id = 1; id < map->count; id++) {
		const struct map_key *entry = map_entry(map, id);

		if (shows(always, entry))
			o->items[o->n++] = (struct rank_item){ prefix(entry), id };
	}
	sort(o, o->items, o->n);
	return 0;
}

void
order_free(struct order *o)
{
	mem_pages_free(o->items, o->cap * sizeof(*o->items));
	mem_pages_free(o->scratch, o->cap * sizeof(*o->scratch));
	*o = (struct order){ 0 };
}

void
order_used(struct order *o)
{
	if (mem_bounded())
		order_free(o);
}
