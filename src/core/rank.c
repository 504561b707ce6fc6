/*
 * Ranking counted keys, see rank.h.  Counts are small numbers mostly, so items are first dealt into
 * one group a count (a counting sort), then each group is put in key order by an in-place radix
 * sort on eight key bytes at a time ("American flag sort", McIlroy, Bostic and McIlroy 1993).
 * Small groups are sorted by insertion; keys that stay equal for long by a merge sort.
 */
#include "core/rank.h"

#include "base/mem.h"

#define GROUPS 4096		/* counts below it have a group each; the last has the rest */
#define SMALL 24		/* up to here insertion sort is faster */
#define MAX_DEPTH 12		/* rounds of eight bytes before the merge sort takes over */

static uint64_t
item_count(const struct rank *r, const struct rank_item *item)
{
	return *(const uint64_t *)(map_entry(r->map, item->id) + 1);
}

/* The first eight key bytes as a number that orders as they do. */
static uint64_t
big_endian(uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap64(word);
#else
	return word;
#endif
}

/* Eight bytes of a key from OFFSET on, NULs behind its end. */
static uint64_t
key_prefix(const struct map_key *entry, size_t offset)
{
	uint64_t word = 0;
	const char *key;
	size_t len;

	if (!map_key_is_long(*entry))
		return offset == 0 ? big_endian(entry->a) : offset == 8 ? big_endian(entry->b) : 0;
	key = map_key_bytes(entry, &len);
	if (offset < len)
		memcpy(&word, key + offset, len - offset < 8 ? len - offset : 8);
	return big_endian(word);
}

/* Below zero if X's key comes first; prefixes are not looked at. */
static int
compare_keys(const struct rank *r, const struct rank_item *x, const struct rank_item *y)
{
	size_t xlen, ylen;
	const char *xkey = map_key_bytes(map_entry(r->map, x->id), &xlen);
	const char *ykey = map_key_bytes(map_entry(r->map, y->id), &ylen);
	int order = memcmp(xkey, ykey, xlen < ylen ? xlen : ylen);

	return order != 0 ? order : (xlen > ylen) - (xlen < ylen);
}

static int
compare(const struct rank *r, const struct rank_item *x, const struct rank_item *y)
{
	if (x->prefix != y->prefix)
		return x->prefix < y->prefix ? -1 : 1;
	return compare_keys(r, x, y);
}

static void
insertion_sort(const struct rank *r, struct rank_item *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct rank_item item = v[i];
		size_t k = i;

		for (; k > 0 && compare(r, &item, &v[k - 1]) < 0; k--)
			v[k] = v[k - 1];
		v[k] = item;
	}
}

/* By key alone, with the part of scratch that belongs to V. */
static void
merge_sort(struct rank *r, struct rank_item *v, size_t n)
{
	struct rank_item *spare = r->scratch + (v - r->items);
	size_t half = n / 2, i = 0, k = half;

	if (n < 2)
		return;
	merge_sort(r, v, half);
	merge_sort(r, v + half, n - half);
	for (size_t at = 0; at < n; at++)
		spare[at] = k >= n || (i < half && compare_keys(r, &v[i], &v[k]) <= 0) ?
		    v[i++] : v[k++];
	memcpy(v, spare, n * sizeof(*v));
}

/* Shift of the highest byte in which prefixes differ, or -1. */
static int
first_difference(const struct rank_item *v, size_t n)
{
	uint64_t differ = 0;

	for (size_t i = 1; i < n; i++)
		differ |= v[i].prefix ^ v[0].prefix;
	return differ == 0 ? -1 : (63 - __builtin_clzll(differ)) / 8 * 8;
}

/* Deals V by the byte at SHIFT; end[b] becomes the end of the items that have byte b. */
static void
deal_by_byte(struct rank_item *v, size_t n, int shift, size_t end[256])
{
	size_t next[256] = { 0 }, at = 0;

	for (size_t i = 0; i < n; i++)
		next[(v[i].prefix >> shift) & 0xff]++;
	for (unsigned b = 0; b < 256; b++) {
		size_t count = next[b];

		next[b] = at;
		end[b] = at += count;
	}
	for (unsigned b = 0; b < 256; b++) {
		while (next[b] < end[b]) {
			struct rank_item item = v[next[b]];
			unsigned to;

			while ((to = (item.prefix >> shift) & 0xff) != b) {
				struct rank_item other = v[next[to]];

				v[next[to]++] = item;
				item = other;
			}
			v[next[b]++] = item;
		}
	}
}

/* Orders V by prefix; what is equal in it stays as it comes, unless there is little of it. */
static void
radix_sort(const struct rank *r, struct rank_item *v, size_t n)
{
	int shift = first_difference(v, n);
	size_t end[256];

	if (shift == -1)
		return;
	deal_by_byte(v, n, shift, end);
	for (unsigned b = 0; b < 256; b++) {
		size_t first = b == 0 ? 0 : end[b - 1], count = end[b] - first;

		if (count > SMALL)
			radix_sort(r, v + first, count);
		else
			insertion_sort(r, v + first, count);
	}
}

/* Puts a group in key order; the prefixes hold the bytes from OFFSET on. */
static void
key_sort(struct rank *r, struct rank_item *v, size_t n, size_t offset, unsigned depth)
{
	if (n <= SMALL) {
		insertion_sort(r, v, n);
		return;
	}
	if (depth == MAX_DEPTH) {
		merge_sort(r, v, n);
		return;
	}
	radix_sort(r, v, n);
	for (size_t i = 0, run; i < n; i += run) {
		for (run = 1; i + run < n && v[i + run].prefix == v[i].prefix; run++)
			;
		if (run == 1)
			continue;
		for (size_t k = i; run > SMALL && k < i + run; k++)
			v[k].prefix = key_prefix(map_entry(r->map, v[k].id), offset + 8);
		key_sort(r, v + i, run, offset + 8, depth + 1);
	}
}

/* By count, best first, then key. */
static void
large_sort(struct rank *r, struct rank_item *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i].prefix = ~item_count(r, &v[i]);
	radix_sort(r, v, n);
	for (size_t i = 0, run; i < n; i += run) {
		for (run = 1; i + run < n && v[i + run].prefix == v[i].prefix; run++)
			;
		for (size_t k = i; k < i + run; k++)
			v[k].prefix = key_prefix(map_entry(r->map, v[k].id), 0);
		key_sort(r, v + i, run, 0, 0);
	}
}

static size_t
group_of(uint64_t count)
{
	return count < GROUPS ? (size_t)count : GROUPS;
}

static int
reserve(struct rank *r, size_t n)
{
	if (n <= r->cap)
		return 0;
	rank_free(r);
	r->items = mem_pages_whole(n * sizeof(*r->items));
	r->scratch = r->items == NULL ? NULL : mem_pages(n * sizeof(*r->scratch));
	r->cap = n;
	if (r->scratch == NULL) {
		rank_free(r);
		return -1;
	}
	return 0;
}

/* Turns the sizes of the groups into their starts, best first, and drops those behind LIMIT. */
static size_t
deal(size_t start[GROUPS + 1], uint64_t limit, size_t *lowest)
{
	size_t at = 0;

	*lowest = GROUPS;
	for (size_t g = GROUPS; g > 0 && at < limit; g--) {
		size_t size = start[g];

		start[g] = at;
		at += size;
		*lowest = g;
	}
	return at;
}

/* Adds the keys that have no count, but are in every answer; there is room for them. */
static void
add_zeros(struct rank *r, const struct map *always)
{
	size_t first = r->n;

	for (uint32_t id = 1; id < r->map->count; id++) {
		const struct map_key *entry = map_entry(r->map, id);

		if (*(const uint64_t *)(entry + 1) == 0 &&
		    map_get(always, *entry, map_hash(always, *entry)) != NULL)
			r->items[r->n++] = (struct rank_item){ key_prefix(entry, 0), id };
	}
	key_sort(r, r->items + first, r->n - first, 0, 0);
}

int
rank_sort(struct rank *r, const struct map *map, const struct map *always, uint64_t limit)
{
	size_t start[GROUPS + 1] = { 0 }, lowest, n, more;

	for (uint32_t id = 1; id < map->count; id++)
		start[group_of(*(const uint64_t *)(map_entry(map, id) + 1))]++;
	n = deal(start, limit, &lowest);
	more = always != NULL && n < limit ? map_count(always) : 0;
	if (reserve(r, n + more) == -1)
		return -1;
	r->map = map;
	r->n = n;
	for (uint32_t id = 1; id < map->count; id++) {
		const struct map_key *entry = map_entry(map, id);
		size_t g = group_of(*(const uint64_t *)(entry + 1));

		if (g >= lowest && g > 0)
			r->items[start[g]++] = (struct rank_item){ key_prefix(entry, 0), id };
	}
	/* start[g] is now the end of group g, and the start of the next one down */
	large_sort(r, r->items, start[GROUPS]);
	for (size_t g = GROUPS - 1; g >= lowest && g > 0; g--)
		key_sort(r, r->items + start[g + 1], start[g] - start[g + 1], 0, 0);
	if (more > 0)
		add_zeros(r, always);
	return 0;
}

const char *
rank_get(const struct rank *r, size_t i, size_t *len, uint64_t *count)
{
	const struct map_key *entry = map_entry(r->map, r->items[i].id);

	*count = *(const uint64_t *)(entry + 1);
	return map_key_bytes(entry, len);
}

void
rank_free(struct rank *r)
{
	mem_pages_free(r->items, r->cap * sizeof(*r->items));
	mem_pages_free(r->scratch, r->cap * sizeof(*r->scratch));
	*r = (struct rank){ 0 };
}

void
rank_used(struct rank *r)
{
	if (mem_bounded())
		rank_free(r);
}
