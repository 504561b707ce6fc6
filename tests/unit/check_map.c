/*
 * Unit tests of src/base/map.c: random operations against an array of expected values, growth
 * from nothing through the split into shards, colliding hashes, and memory that runs out.
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "util.h"

Suite *map_suite(void);

struct entry {			/* the value of each key here */
	uint64_t count;
	uint64_t key;		/* index in the pool + 1 */
};

struct model {
	struct pool	 pool;
	uint64_t	*count;		/* expected, for each key of the pool */
	size_t		 keys;		/* that have one */
	struct map	 map;
};

static void
model_open(struct model *m, enum key_kind kind, size_t n)
{
	pool_make(&m->pool, kind, n);
	m->count = calloc(n, sizeof(*m->count));
	m->keys = 0;
	map_init(&m->map, sizeof(struct entry), test_seed);
}

static void
model_close(struct model *m)
{
	pool_free(&m->pool);
	free(m->count);
	map_free(&m->map);
}

/* The key as the hot loops make it, from text with something else behind it. */
static struct map_key
made_key(const struct key *key)
{
	char text[MAP_INLINE + 64];

	if (key->len > MAP_INLINE || (key->len > 0 && memchr(key->bytes, '\0', key->len) != NULL))
		return map_key_long(key->bytes, key->len);
	memset(text, '#', sizeof(text));
	if (key->len > 0)
		memcpy(text, key->bytes, key->len);
	return map_key_inline(text, key->len);
}

static struct entry *
find(const struct map *m, const struct key *key, bool made)
{
	struct map_key k;

	if (!made)
		return map_find(m, key->bytes, key->len);
	k = made_key(key);
	return map_get(m, k, map_hash(m, k));
}

static struct entry *
put(struct map *m, const struct key *key, bool made)
{
	struct map_key k;

	if (!made)
		return map_put(m, key->bytes, key->len);
	k = made_key(key);
	return map_add(m, k, map_hash(m, k));
}

static void
model_put(struct model *m, size_t i, bool made)
{
	struct entry *e = put(&m->map, &m->pool.key[i], made);

	DEMAND(e != NULL);
	if (e->count != m->count[i] || e->key != (e->count == 0 ? 0 : i + 1))
		ck_abort_msg("key %zu holds %llu of key %llu", i, (unsigned long long)e->count,
		    (unsigned long long)e->key);
	m->keys += m->count[i] == 0;
	m->count[i]++;
	*e = (struct entry){ e->count + 1, i + 1 };
}

static void
model_find(const struct model *m, size_t i, bool made)
{
	const struct entry *e = find(&m->map, &m->pool.key[i], made);

	if ((e != NULL) != (m->count[i] > 0))
		ck_abort_msg("key %zu is %s", i, e == NULL ? "lost" : "there");
	if (e != NULL && (e->count != m->count[i] || e->key != i + 1))
		ck_abort_msg("key %zu holds %llu", i, (unsigned long long)e->count);
}

/* Every key of the pool is found or not, as it should; every entry gives its key's bytes back. */
static void
model_check(const struct model *m)
{
	ck_assert_uint_eq(map_count(&m->map), m->keys);
	for (size_t i = 0; i < m->pool.n; i++)
		model_find(m, i, i % 2 == 0);
	for (uint32_t id = 1; id < m->map.count; id++) {
		const struct map_key *key = map_entry(&m->map, id);
		const struct entry *e = (const struct entry *)(key + 1);
		struct key got, *want = &m->pool.key[e->key - 1];

		got.bytes = map_key_bytes(key, &got.len);
		if (key_compare(&got, want) != 0)
			ck_abort_msg("entry %u has other bytes", id);
	}
}

static void
model_forget(struct model *m)
{
	memset(m->count, 0, m->pool.n * sizeof(*m->count));
	m->keys = 0;
}

static const struct {
	enum key_kind kind;
	size_t n, rounds;
} random_cases[] = {
	{ KEYS_WILD, 1, 20 },
	{ KEYS_WILD, 3, 50 },
	{ KEYS_WILD, 100, 2000 },
	{ KEYS_WILD, 5000, 100000 },
	{ KEYS_WILD, 90000, 200000 },
	{ KEYS_NULS, 60, 1000 },
	{ KEYS_NULS, 10000, 30000 },
	{ KEYS_LOGS, 10000, 30000 },
	{ KEYS_WORDS, 5000, 100000 },
};

START_TEST(random_operations)
{
	size_t rounds = random_cases[_i].rounds;
	struct model m;

	model_open(&m, random_cases[_i].kind, random_cases[_i].n);
	for (size_t r = 0; r < rounds; r++) {
		uint64_t dice = rand_below(rounds * 2);
		size_t i = rand_below(m.pool.n);

		if (dice < 6) {
			(dice < 3 ? map_clear : map_free)(&m.map);
			model_forget(&m);
			ck_assert_uint_eq(map_count(&m.map), 0);
		} else if (dice % 3 == 0) {
			model_find(&m, i, dice % 2 == 0);
		} else {
			model_put(&m, i, dice % 2 == 0);
		}
	}
	model_check(&m);
	model_close(&m);
}
END_TEST

static struct key
number_key(char out[17], uint64_t i)
{
	uint64_t mixed = i * UINT64_C(0x9e3779b97f4a7c15);
	size_t len = 8 + i % 9;

	for (size_t k = 0; k < len; k++)
		out[k] = (char)(1 + ((mixed >> (7 * (k % 9))) & 0x7f) % 126);
	for (size_t k = 0; k < 7; k++)
		out[k] = (char)('0' + ((i >> (3 * k)) & 7));
	return (struct key){ out, len };
}

/*
 * Counting slots and entries, a million keys take at most 64 bytes each; while the shards move to
 * larger places, at most that and the 16 bytes of the key.
 */
static void
check_bytes(const struct map *m)
{
	size_t n = map_count(m);

	if (n == 1000000)
		ck_assert_uint_le(map_bytes(m), 64 * n);
	if (n >= 950000 && map_bytes(m) > (64 + 16) * n)
		ck_abort_msg("%zu bytes for %zu keys", map_bytes(m), n);
}

START_TEST(millions)
{
	enum { KEYS = 1100000, AGAIN = 100000 };
	struct map m;
	char text[17];
	uint64_t *value;

	map_init(&m, sizeof(uint64_t), test_seed);
	for (uint64_t i = 0; i < KEYS + AGAIN; i++) {
		struct key key = number_key(text, i % KEYS);

		value = map_put(&m, key.bytes, key.len);
		DEMAND(value != NULL);
		++*value;
		if (map_count(&m) % 1000 == 0)
			check_bytes(&m);
	}
	ck_assert_uint_eq(map_count(&m), KEYS);
	for (uint64_t i = 0; i < KEYS; i += 3) {
		struct key key = number_key(text, i);

		value = map_find(&m, key.bytes, key.len);
		if (value == NULL || *value != 1 + (i < AGAIN))
			ck_abort_msg("number %llu is lost", (unsigned long long)i);
	}
	map_free(&m);
}
END_TEST

/* ---- keys ---- */

/* Bytes next to 0 and to 128 beside the NUL, and a NUL behind the key, must not matter. */
START_TEST(key_with_nul)
{
	static const char beside[] = "\x01\x7f\x80\x81\xffx";
	char text[MAP_INLINE + 1];

	for (size_t len = 0; len <= MAP_INLINE; len++)
		for (size_t at = 0; at <= len; at++)
			for (size_t i = 0; i < sizeof(beside) - 1; i++) {
				memset(text, beside[i], sizeof(text));
				text[at] = '\0';
				DEMAND((at < len) ==
				    map_key_has_nul(map_key_inline(text, len), len));
			}
}
END_TEST

/* ---- hashes made to collide ---- */

/*
 * With half of the product being 1 a hash is the other half: a key of any hash can be made by one
 * who knows the seed, as long as no byte comes out NUL.
 */
static const uint64_t open_seed[2] = { UINT64_C(0x8080808080808080), UINT64_C(0x4141414141414141) };

static struct key
key_of_hash(char out[16], uint64_t hash)
{
	uint64_t words[2] = { hash ^ open_seed[0], open_seed[1] ^ 1 };

	memcpy(out, words, sizeof(words));
	DEMAND(memchr(out, '\0', 16) == NULL);
	return (struct key){ out, 16 };
}

static uint64_t
tag_of(uint64_t i)
{
	(void)i;
	return UINT64_C(0x12345678);
}

static uint64_t
run_of(uint64_t i)
{
	return UINT64_C(0x7fffff00) + i % 128;
}

/* Each spreads over the shards by the upper half and lets the lower, the tag, collide. */
static uint64_t (*const tags[])(uint64_t) = { tag_of, run_of };

START_TEST(equal_tags)
{
	enum { N = 3000 };
	struct map m;
	char text[16];

	map_init(&m, sizeof(uint64_t), open_seed);
	for (uint64_t i = 0; i < 2 * N; i++) {
		uint64_t high = 1 + (i % N) % 127 + ((1 + (i % N) / 127) << 8);
		struct key key = key_of_hash(text, high << 32 | tags[_i](i % N));
		uint64_t *value = map_put(&m, key.bytes, key.len);

		DEMAND(value != NULL && *value == (i < N ? 0 : i % N + 1));
		*value = i % N + 1;
	}
	ck_assert_uint_eq(map_count(&m), N);
	map_free(&m);
}
END_TEST

/* ---- memory runs out ---- */

/*
 * Puts all keys while the NTH allocation fails; what was put before is there, what failed is not
 * half there, and when memory comes back the rest can be put.  False if none failed.
 */
static bool
put_all_failing(struct model *m, uint64_t nth, bool sticky)
{
	bool failed = false;

	model_forget(m);
	fault_set(nth, sticky);
	for (size_t i = 0; i < m->pool.n; i++) {
		struct entry *e = put(&m->map, &m->pool.key[i], i % 2 == 0);

		if (e != NULL) {
			*e = (struct entry){ m->count[i] = 1, i + 1 };
			m->keys++;
			continue;
		}
		DEMAND(map_count(&m->map) == m->keys);
		failed = true;
	}
	(void)fault_clear();
	model_check(m);
	for (size_t i = 0; i < m->pool.n; i++)
		if (m->count[i] == 0)
			model_put(m, i, false);
	model_check(m);
	map_free(&m->map);
	return failed;
}

static const struct {
	enum key_kind kind;
	size_t n;
	bool sticky;
	uint64_t first;			/* to fail; those before are tried above */
} fault_cases[] = {
	{ KEYS_WILD, 3000, false, 1 },
	{ KEYS_WILD, 3000, true, 1 },
	{ KEYS_DECIMAL, 66000, false, 17 },
	{ KEYS_DECIMAL, 66000, true, 24 },
	{ KEYS_DECIMAL, 140000, false, 26 },
};

START_TEST(memory_fails)
{
	struct model m;
	uint64_t nth = fault_cases[_i].first;

	model_open(&m, fault_cases[_i].kind, fault_cases[_i].n);
	while (put_all_failing(&m, nth, fault_cases[_i].sticky))
		nth++;
	ck_assert_uint_gt(nth, fault_cases[_i].first + 1);
	model_close(&m);
}
END_TEST

/* ---- emptying ---- */

START_TEST(clear_keeps_or_gives_back)
{
	static const size_t sizes[] = { 80000, 79000, 10, 3000, 5, 0, 80000, 25000, 10, 1 };
	struct model m;
	size_t before = 0;

	model_open(&m, KEYS_WILD, 80000);
	for (int s = 0; s < COUNT(sizes); s++) {
		for (size_t i = 0; i < sizes[s] && i < m.pool.n; i++)
			model_put(&m, i, true);
		model_check(&m);
		if (s > 0 && sizes[s] * 2 > sizes[s - 1] && sizes[s] <= sizes[s - 1])
			ck_assert_uint_le(map_bytes(&m.map), before + before / 8);
		before = map_bytes(&m.map);
		map_clear(&m.map);
		model_forget(&m);
		if (sizes[s] > 0 && sizes[s] < 20)
			ck_assert_uint_le(map_bytes(&m.map), 1 << 20);
	}
	model_close(&m);
}
END_TEST

START_TEST(empty_map)
{
	struct map m;
	uint64_t *value;

	map_init(&m, 8, test_seed);
	ck_assert_uint_eq(map_count(&m), 0);
	ck_assert_uint_eq(map_bytes(&m), 0);
	ck_assert_ptr_null(map_find(&m, "", 0));
	ck_assert_ptr_null(map_find(&m, "\0", 1));
	map_clear(&m);
	map_free(&m);
	ck_assert_int_eq(map_ready(&m), 0);
	ck_assert_int_eq(map_ready(&m), 0);
	ck_assert_uint_eq(map_count(&m), 0);
	ck_assert_ptr_null(map_find(&m, "", 0));
	ck_assert_ptr_null(map_find(&m, "\0", 1));
	value = map_put(&m, "", 0);
	ck_assert_ptr_nonnull(value);
	*value = 7;
	ck_assert_ptr_null(map_find(&m, "\0", 1));
	ck_assert_ptr_null(map_find(&m, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16));
	ck_assert_uint_eq(*(uint64_t *)map_find(&m, "", 0), 7);
	map_free(&m);
}
END_TEST

/* ---- copies ---- */

/* COPY becomes the map of the first N keys of the pool, and takes the next ones, too. */
static void
check_copy(struct model *m, struct map *copy, size_t n)
{
	struct map original = m->map;
	size_t more = n + 50 < m->pool.n ? n + 50 : m->pool.n;

	map_clear(copy);
	DEMAND(map_copy(copy, &m->map) == 0);
	m->map = *copy;
	model_check(m);
	for (size_t i = n; i < more; i++)
		model_put(m, i, false);
	model_check(m);
	*copy = m->map;
	m->map = original;
	for (size_t i = n; i < more; i++)
		m->count[i] = 0;
	m->keys = n;
	model_check(m);
}

/* At sizes with one shard, with many, while some of these have not grown yet, and back again. */
START_TEST(copies)
{
	struct model m;
	struct map copy;

	model_open(&m, KEYS_WILD, 300000);
	map_init(&copy, sizeof(struct entry), test_seed);
	check_copy(&m, &copy, 0);
	for (size_t i = 0, next = 1; i < m.pool.n; i++) {
		model_put(&m, i, false);
		if (i + 1 != next && i + 1 != m.pool.n)
			continue;
		check_copy(&m, &copy, i + 1);
		next += next / 3 + 1;
	}
	map_clear(&m.map);
	model_forget(&m);
	for (size_t i = 0; i < 100; i++)
		model_put(&m, i, false);
	check_copy(&m, &copy, 100);
	map_free(&copy);
	model_close(&m);
}
END_TEST

START_TEST(copy_fails)
{
	struct model m;
	struct map copy;
	uint64_t nth = 1;

	model_open(&m, KEYS_DECIMAL, 66000);
	for (size_t i = 0; i < m.pool.n; i++)
		model_put(&m, i, false);
	map_init(&copy, sizeof(struct entry), test_seed);
	for (bool failed = true; failed; nth++) {
		fault_set(nth, false);
		failed = map_copy(&copy, &m.map) == -1;
		(void)fault_clear();
		ck_assert_uint_eq(map_count(&copy), failed ? 0 : m.keys);
		map_free(&copy);
	}
	ck_assert_uint_gt(nth, 2);
	model_close(&m);
}
END_TEST

/*
 * Numbers in order fill the shards unevenly, with these seeds so much that one doubles twice before
 * another did once.
 */
static const uint64_t uneven_seeds[][2] = {
	{ UINT64_C(0x219c586d1600a046), UINT64_C(0x99783111e3102ac7) },
	{ UINT64_C(0xf436e15da8ce216b), UINT64_C(0x42976b8b68741e85) },
	{ UINT64_C(0xbf9891707cc2cef1), UINT64_C(0x958ef99f7e59b4bd) },
};

START_TEST(uneven_shards)
{
	struct model m;

	model_open(&m, KEYS_DECIMAL, 400000);
	map_init(&m.map, sizeof(struct entry), uneven_seeds[_i]);
	for (size_t i = 0; i < m.pool.n; i++)
		model_put(&m, i, false);
	model_check(&m);
	model_close(&m);
}
END_TEST

Suite *
map_suite(void)
{
	Suite *suite = suite_create("map");
	TCase *model = case_add(suite, "model"), *large = case_add(suite, "large");
	TCase *collide = case_add(suite, "collide"), *memory = case_add(suite, "memory");

	tcase_add_test(model, empty_map);
	tcase_add_loop_test(model, random_operations, 0, COUNT(random_cases));
	tcase_add_test(model, clear_keeps_or_gives_back);
	tcase_add_test(model, key_with_nul);
	tcase_add_test(large, millions);
	tcase_add_test(large, copies);
	tcase_add_test(memory, copy_fails);
	tcase_add_loop_test(collide, equal_tags, 0, COUNT(tags));
	tcase_add_loop_test(collide, uneven_shards, 0, COUNT(uneven_seeds));
	tcase_set_timeout(collide, 15);		/* what goes wrong here does not end */
	tcase_add_loop_test(memory, memory_fails, 0, COUNT(fault_cases));
	return suite;
}
