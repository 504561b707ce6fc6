/* State by key that comes and goes, see keyed.h. */
#include "core/keyed_inner.h"

#include "base/mem.h"
#include "core/keyed_save.h"

#include <string.h>

#define BUCKETS_MIN 64U
#define CACHE_LINE 64

void
keyed_init(struct keyed *k, size_t size, const uint64_t seed[2])
{
	*k = (struct keyed){
		.seed = { seed[0], seed[1] },
		.stride = sizeof(struct keyed_entry) + (size + 15) / 16 * 16,
		.chunk_bits = KEYED_CHUNK_BITS,
	};
}

void
keyed_init_large(struct keyed *k, size_t size, const uint64_t seed[2])
{
	keyed_init(k, size, seed);
	k->chunk_bits = KEYED_CHUNK_BITS_LARGE;
}

/* Entries of a chunk, and its bytes. */
static uint32_t
chunk_entries(const struct keyed *k)
{
	return (uint32_t)1 << k->chunk_bits;
}

static size_t
chunk_bytes(const struct keyed *k)
{
	return chunk_entries(k) * k->stride;
}

int
keyed_resize(struct keyed *k, uint32_t **array, uint32_t *cap, uint32_t n)
{
	uint32_t want = *cap == 0 ? BUCKETS_MIN : n > *cap ? *cap * 2 : *cap / 2;
	uint32_t *moved;

	if (n <= *cap && (n > *cap / 4 || *cap == BUCKETS_MIN))
		return 0;
	moved = mem_realloc(*array, want * sizeof(**array));
	if (moved == NULL)
		return want > *cap ? -1 : 0;
	k->bytes = k->bytes - *cap * sizeof(**array) + want * sizeof(**array);
	*array = moved;
	*cap = want;
	return 0;
}

/* ---- the index ---- */

static uint32_t *
bucket_of(const struct keyed *k, uint64_t hash)
{
	uint32_t b = (uint32_t)hash & (2 * k->level - 1);

	return &k->bucket[b < k->buckets ? b : b - k->level];
}

/* The link that leads to an entry, and holds its number. */
static uint32_t *
link_to(const struct keyed *k, const struct keyed_entry *e)
{
	uint32_t *link = bucket_of(k, e->hash);

	while (keyed_at(k, *link) != e)
		link = &keyed_at(k, *link)->next;
	return link;
}

uint32_t
keyed_number(const struct keyed *k, const void *value)
{
	return *link_to(k, (const struct keyed_entry *)value - 1);
}

/* One bucket more: the entries of the one that it is split from are dealt out. */
static int
grow_index(struct keyed *k)
{
	uint32_t id, from;

	if (keyed_resize(k, &k->bucket, &k->bucket_cap, k->buckets + 1) == -1)
		return -1;
	if (k->buckets == 2 * k->level)
		k->level *= 2;
	from = k->buckets - k->level;
	id = k->bucket[from];
	k->bucket[from] = 0;
	k->bucket[k->buckets++] = 0;
	while (id != 0) {
		struct keyed_entry *e = keyed_at(k, id);
		uint32_t *bucket = bucket_of(k, e->hash), next = e->next;

		e->next = *bucket;
		*bucket = id;
		id = next;
	}
	return 0;
}

/* One bucket less: its entries join those that it was split from. */
static void
shrink_index(struct keyed *k)
{
	uint32_t id = k->bucket[--k->buckets];
	uint32_t *into = &k->bucket[k->buckets - k->level];

	if (id != 0) {
		uint32_t *end = into;

		while (*end != 0)
			end = &keyed_at(k, *end)->next;
		*end = id;
	}
	if (k->buckets == k->level && k->level > BUCKETS_MIN)
		k->level /= 2;
	(void)keyed_resize(k, &k->bucket, &k->bucket_cap, k->buckets);
}

static int
start_index(struct keyed *k)
{
	if (k->buckets > 0)
		return 0;
	if (keyed_resize(k, &k->bucket, &k->bucket_cap, BUCKETS_MIN) == -1)
		return -1;
	k->buckets = k->level = BUCKETS_MIN;
	memset(k->bucket, 0, BUCKETS_MIN * sizeof(*k->bucket));
	return 0;
}

/* ---- entries ---- */

static bool
is_large(const struct keyed *k)
{
	return k->chunk_bits == KEYED_CHUNK_BITS_LARGE;
}

static void
free_chunk(struct keyed *k, char *chunk)
{
	if (is_large(k))
		mem_pages_free(chunk, chunk_bytes(k));
	else
		mem_free(chunk);
}

static int
add_chunk(struct keyed *k)
{
	char *chunk;

	if (k->count < k->nchunks << k->chunk_bits)
		return 0;
	if (k->nchunks == k->chunk_cap) {
		uint32_t cap = k->chunk_cap == 0 ? 8 : k->chunk_cap * 2;
		char **chunks = mem_realloc(k->chunks, cap * sizeof(*chunks));

		if (chunks == NULL)
			return -1;
		k->bytes += (cap - k->chunk_cap) * sizeof(*chunks);
		k->chunks = chunks;
		k->chunk_cap = cap;
	}
	chunk = is_large(k) ? mem_pages(chunk_bytes(k)) : mem_alloc(chunk_bytes(k));
	if (chunk == NULL)
		return -1;
	k->bytes += chunk_bytes(k);
	k->chunks[k->nchunks++] = chunk;
	return 0;
}

/* A key of its own for an entry: a long one is copied. */
static int
keep_key(struct keyed *k, struct map_key *key)
{
	size_t len;
	const char *text;
	char *copy;

	if (!map_key_is_long(*key))
		return 0;
	text = map_key_bytes(key, &len);
	copy = mem_alloc(len);
	if (copy == NULL)
		return -1;
	memcpy(copy, text, len);
	*key = map_key_long(copy, len);
	k->bytes += len;
	return 0;
}

static void
free_key(struct keyed *k, const struct map_key *key)
{
	size_t len;

	if (!map_key_is_long(*key))
		return;
	(void)map_key_bytes(key, &len);
	mem_free((void *)(uintptr_t)key->a);
	k->bytes -= len;
}

static void *
add(struct keyed *k, struct map_key key, uint64_t hash)
{
	struct keyed_entry *e;
	uint32_t *bucket;

	if (k->count == UINT32_MAX - chunk_entries(k) || add_chunk(k) == -1 ||
	    (k->count >= k->buckets && grow_index(k) == -1) || keep_key(k, &key) == -1)
		return NULL;
	bucket = bucket_of(k, hash);
	e = keyed_at(k, ++k->count);
	memset(e, 0, k->stride);
	e->key = key;
	e->hash = hash;
	e->next = *bucket;
	*bucket = k->count;
	if (k->track != NULL)
		keyed_mark(k, k->count);
	return e + 1;
}

static void *
find(const struct keyed *k, struct map_key key, uint64_t hash)
{
	for (uint32_t id = *bucket_of(k, hash); id != 0; id = keyed_at(k, id)->next) {
		struct keyed_entry *e = keyed_at(k, id);

		if (e->hash == hash && map_key_equal(e->key, key))
			return e + 1;
	}
	return NULL;
}

void *
keyed_find_hash(const struct keyed *k, struct map_key key, uint64_t hash)
{
	return k->buckets == 0 ? NULL : find(k, key, hash);
}

void *
keyed_find(const struct keyed *k, struct map_key key)
{
	return k->buckets == 0 ? NULL : find(k, key, map_key_hash(key, k->seed));
}

/* Of an entry that may be the wanted one, all; only its head is needed to know. */
static void
ask_for(const struct keyed *k, uint32_t id)
{
	const char *entry = (const char *)keyed_at(k, id);

	for (size_t at = 0; at < k->stride; at += CACHE_LINE)
		__builtin_prefetch(entry + at);
}

void
keyed_ahead(const struct keyed *k, const struct map_key *key, size_t n)
{
	uint64_t hash[KEYED_AHEAD];
	uint32_t id[KEYED_AHEAD];

	if (k->buckets == 0 || n > KEYED_AHEAD)
		return;
	for (size_t i = 0; i < n; i++) {
		hash[i] = map_key_hash(key[i], k->seed);
		__builtin_prefetch(bucket_of(k, hash[i]));
	}
	for (size_t i = 0; i < n; i++) {
		id[i] = *bucket_of(k, hash[i]);
		if (id[i] != 0)
			ask_for(k, id[i]);
	}
	for (size_t i = 0; i < n; i++)		/* the next ones of its bucket, if it is not that */
		while (id[i] != 0 && keyed_at(k, id[i])->hash != hash[i]) {
			id[i] = keyed_at(k, id[i])->next;
			if (id[i] != 0)
				ask_for(k, id[i]);
		}
}

void *
keyed_put_hash(struct keyed *k, struct map_key key, uint64_t hash, bool *fresh)
{
	void *value;

	*fresh = false;
	if (start_index(k) == -1)
		return NULL;
	value = find(k, key, hash);
	*fresh = value == NULL;
	return value != NULL ? value : add(k, key, hash);
}

/* Moves the last entry to the place of one that is gone. */
static void
move_last(struct keyed *k, uint32_t id)
{
	if (id != k->count) {
		struct keyed_entry *e = keyed_at(k, k->count);

		*link_to(k, e) = id;
		if (e->place != 0)
			k->heap[e->place - 1] = id;
		memcpy(keyed_at(k, id), e, k->stride);
	}
	k->count--;
	if (k->nchunks > 1 && k->count <= (k->nchunks - 2) << k->chunk_bits) {
		free_chunk(k, k->chunks[--k->nchunks]);	/* the one before it is empty, too */
		k->bytes -= chunk_bytes(k);
	}
}

void
keyed_drop(struct keyed *k, void *value)
{
	struct keyed_entry *e = keyed_entry(value);
	uint32_t *link = link_to(k, e), id = *link;

	*link = e->next;
	if (k->track != NULL)
		keyed_gone(k, id);
	free_key(k, &e->key);
	move_last(k, id);
	while (k->buckets > BUCKETS_MIN && k->count < k->buckets / 2)
		shrink_index(k);
}

int
keyed_compare(const void *x, const void *y, const void *unused)
{
	const struct keyed_entry *a = x, *b = y;
	size_t alen, blen;
	const char *abytes = map_key_bytes(&a->key, &alen), *bbytes = map_key_bytes(&b->key, &blen);
	int order = memcmp(abytes, bbytes, alen < blen ? alen : blen);

	(void)unused;
	return order != 0 ? order : (alen > blen) - (alen < blen);
}

void
keyed_free(struct keyed *k)
{
	for (uint32_t id = 1; id <= k->count; id++)
		free_key(k, &keyed_at(k, id)->key);
	for (uint32_t i = 0; i < k->nchunks; i++)
		free_chunk(k, k->chunks[i]);
	mem_free(k->chunks);
	mem_free(k->bucket);
	mem_free(k->heap);
	keyed_track_free(k);
	*k = (struct keyed){
		.seed = { k->seed[0], k->seed[1] }, .stride = k->stride,
		.chunk_bits = k->chunk_bits,
	};
}
