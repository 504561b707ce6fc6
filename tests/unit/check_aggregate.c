/*
 * Unit tests of src/core/aggregate.c: merge is associative and commutative with an identity, saved
 * entries load as they were in place of others, damaged ones are refused.
 */

#include <check.h>
#include <string.h>

#include "core/aggregate.h"
#include "util.h"

Suite *aggregate_suite(void);

#define KEYS 300

/* A value of three words whose merge is not a sum alone: count, least and greatest. */
static int
extremes_merge(const struct aggregate *agg, uint64_t *into, const uint64_t *from)
{
	(void)agg;
	if (from[0] == 0)
		return 0;
	if (into[0] == 0 || from[1] < into[1])
		into[1] = from[1];
	if (into[0] == 0 || from[2] > into[2])
		into[2] = from[2];
	into[0] += from[0];
	return 0;
}

static const struct aggregate extremes = {
	.name = "extremes",
	.words = 3,
	.merge = extremes_merge,
};

static const struct aggregate *const aggregates[] = { &aggregate_count, &extremes };

static void
init(const struct aggregate *agg, struct map *m)
{
	map_init(m, agg->words * sizeof(uint64_t), test_seed);
}

/* Adds about N random values of keys of the pool. */
static void
fill(const struct aggregate *agg, struct map *m, const struct pool *pool, size_t n)
{
	init(agg, m);
	for (size_t i = 0; i < n; i++) {
		const struct key *key = &pool->key[rand_below(pool->n)];
		uint64_t value[3] = { 1 + rand_below(9), rand_u64(), 0 };
		uint64_t *into = map_put(m, key->bytes, key->len);

		DEMAND(into != NULL);
		value[2] = value[1];
		DEMAND(agg->merge(agg, into, value) == 0);
	}
}

static void
merge(const struct aggregate *agg, struct map *into, const struct map *from)
{
	DEMAND(aggregate_merge(agg, into, from) == 0);
}

/* All that X holds Y holds, too, with the same values. */
static void
check_within(const struct aggregate *agg, const struct map *x, const struct map *y)
{
	for (uint32_t id = 1; id < x->count; id++) {
		struct map_key *entry = map_entry(x, id);
		size_t len;
		const char *key = map_key_bytes(entry, &len);
		const void *other = map_find(y, key, len);

		if (other == NULL || memcmp(other, entry + 1, agg->words * 8) != 0)
			ck_abort_msg("%s: entry %u differs", agg->name, id);
	}
}

static void
check_equal(const struct aggregate *agg, const struct map *x, const struct map *y)
{
	DEMAND(map_count(x) == map_count(y));
	check_within(agg, x, y);
}

/* What X holds and BUT does not is in Y as it is in X, and Y has no more than both. */
static void
check_others(const struct aggregate *agg, const struct map *x, const struct map *but,
    const struct map *y)
{
	uint32_t n = map_count(but);

	for (uint32_t id = 1; id < x->count; id++) {
		struct map_key *entry = map_entry(x, id);
		size_t len;
		const char *key = map_key_bytes(entry, &len);
		const void *other = map_find(y, key, len);

		if (map_find(but, key, len) != NULL)
			continue;
		n++;
		DEMAND(other != NULL && memcmp(other, entry + 1, agg->words * 8) == 0);
	}
	DEMAND(map_count(y) == n);
}

START_TEST(merge_laws)
{
	const struct aggregate *agg = aggregates[_i];
	struct pool pool;

	pool_make(&pool, KEYS_WILD, KEYS);
	for (int round = 0; round < 60; round++) {
		struct map part[3], left, right, none;

		init(agg, &none);
		init(agg, &left);
		init(agg, &right);
		for (int i = 0; i < 3; i++)
			fill(agg, &part[i], &pool, rand_below(2 * KEYS));
		/* left = none + ((0 + 1) + 2), right = (2 + (1 + 0)) + none */
		merge(agg, &left, &none);
		merge(agg, &left, &part[0]);
		merge(agg, &left, &part[1]);
		merge(agg, &left, &part[2]);
		merge(agg, &part[1], &part[0]);
		merge(agg, &right, &part[2]);
		merge(agg, &right, &part[1]);
		merge(agg, &right, &none);
		check_equal(agg, &left, &right);
		for (int i = 0; i < 3; i++)
			map_free(&part[i]);
		map_free(&left);
		map_free(&right);
	}
	pool_free(&pool);
}
END_TEST

START_TEST(save_and_load)
{
	const struct aggregate *agg = aggregates[_i];
	struct pool pool;

	pool_make(&pool, KEYS_WILD, KEYS);
	for (int round = 0; round < 60; round++) {
		struct map m, loaded, others;
		struct buf bytes = { 0 };

		fill(agg, &m, &pool, rand_below(2) * rand_below(2 * KEYS));
		init(agg, &loaded);
		ck_assert_int_eq(map_saved(agg, &m, &bytes), 0);
		for (int time = 0; time < 2; time++) {	/* the second changes nothing */
			ck_assert_int_eq(map_loaded(agg, &loaded, bytes.data, bytes.len), 0);
			check_equal(agg, &m, &loaded);
		}
		/* what a key had before is gone; other keys stay as they are */
		fill(agg, &others, &pool, rand_below(2 * KEYS));
		map_free(&loaded);
		init(agg, &loaded);
		merge(agg, &loaded, &others);
		ck_assert_int_eq(map_loaded(agg, &loaded, bytes.data, bytes.len), 0);
		check_within(agg, &m, &loaded);
		check_others(agg, &others, &m, &loaded);
		buf_free(&bytes);
		map_free(&m);
		map_free(&loaded);
		map_free(&others);
	}
	pool_free(&pool);
}
END_TEST

/* The format is promised: of each entry length and bytes of the key, then its words, in LEB128. */
START_TEST(saved_bytes)
{
	static const char want[] = "\x03" "abc" "\x82\x02" "\0"
	    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
	struct map m;
	struct buf bytes = { 0 };

	init(&aggregate_count, &m);
	*(uint64_t *)map_put(&m, "abc", 3) = 0x102;
	*(uint64_t *)map_put(&m, "", 0) = UINT64_MAX;
	ck_assert_int_eq(map_saved(&aggregate_count, &m, &bytes), 0);
	ck_assert_uint_eq(bytes.len, sizeof(want) - 1);
	ck_assert_mem_eq(bytes.data, want, sizeof(want) - 1);
	buf_free(&bytes);
	map_free(&m);
}
END_TEST

START_TEST(saved_words)
{
	static const char want[] = "\x12" "eighteen bytes key" "\x01" "\x7f" "\x80\x01";
	struct map m;
	struct buf bytes = { 0 };
	uint64_t *value;

	init(&extremes, &m);
	value = map_put(&m, "eighteen bytes key", 18);
	value[0] = 1;
	value[1] = 127;
	value[2] = 128;
	ck_assert_int_eq(map_saved(&extremes, &m, &bytes), 0);
	ck_assert_uint_eq(bytes.len, sizeof(want) - 1);
	ck_assert_mem_eq(bytes.data, want, sizeof(want) - 1);
	buf_free(&bytes);
	map_free(&m);
}
END_TEST

/* ---- damage ---- */

/* Into an empty map: as map_loaded. */
static int
load_alone(const struct aggregate *agg, const char *bytes, size_t len)
{
	struct map m;
	int rc;

	init(agg, &m);
	rc = map_loaded(agg, &m, bytes, len);
	map_free(&m);
	return rc;
}

/* A map of random values, and what it is as bytes. */
static struct buf
some_bytes(const struct aggregate *agg, struct map *m, size_t n)
{
	struct buf bytes = { 0 };
	struct pool pool;

	pool_make(&pool, KEYS_WILD, n);
	fill(agg, m, &pool, 2 * n);
	ck_assert_int_eq(map_saved(agg, m, &bytes), 0);
	pool_free(&pool);
	return bytes;
}

START_TEST(cut_short_or_longer)
{
	const struct aggregate *agg = aggregates[_i];
	struct map m;
	struct buf bytes = some_bytes(agg, &m, 20);
	uint32_t ends = 0;

	for (size_t len = 0; len < bytes.len; len++) {
		bool whole = map_ends_entry(agg, &m, len);

		DEMAND(load_alone(agg, bytes.data, len) == !whole);
		ends += whole;
	}
	ck_assert_uint_eq(ends, map_count(&m));
	ck_assert_int_eq(load_alone(agg, bytes.data, bytes.len), 0);
	text_add(&bytes, "x", 1);
	ck_assert_int_eq(load_alone(agg, bytes.data, bytes.len), 1);
	buf_free(&bytes);
	map_free(&m);
}
END_TEST

/* What was not found damaged is at least not what it was. */
static bool
refused_or_other(const struct aggregate *agg, const struct map *m, const struct buf *bytes)
{
	struct map loaded;
	bool refused, other;

	init(agg, &loaded);
	refused = map_loaded(agg, &loaded, bytes->data, bytes->len) == 1;
	other = map_count(m) != map_count(&loaded);
	for (uint32_t id = 1; id < m->count && !other; id++) {
		struct map_key *entry = map_entry(m, id);
		size_t len;
		const char *key = map_key_bytes(entry, &len);
		const void *now = map_find(&loaded, key, len);

		other = now == NULL || memcmp(now, entry + 1, agg->words * 8) != 0;
	}
	map_free(&loaded);
	DEMAND(refused || other);
	return refused;
}

START_TEST(flipped_bytes)
{
	const struct aggregate *agg = aggregates[_i];
	struct map m;
	struct buf bytes = some_bytes(agg, &m, 30);
	size_t refused = 0;

	for (int round = 0; round < 4000; round++) {
		struct buf copy = { 0 };

		text_add(&copy, bytes.data, bytes.len);
		for (uint64_t n = 1 + rand_below(3); n > 0; n--)
			copy.data[rand_below(rand_below(2) == 0 ? 24 : copy.len)] ^=
			    (char)(1 << rand_below(8));
		if (memcmp(copy.data, bytes.data, bytes.len) != 0)
			refused += refused_or_other(agg, &m, &copy);
		buf_free(&copy);
	}
	ck_assert_uint_gt(refused, 400);	/* the others are values like any other */
	buf_free(&bytes);
	map_free(&m);
}
END_TEST

START_TEST(huge_numbers)
{
	char bytes[32];

	memset(bytes, 0xff, sizeof(bytes));	/* no number is that long */
	ck_assert_int_eq(load_alone(&aggregate_count, bytes, sizeof(bytes)), 1);
	bytes[9] = 1;				/* UINT64_MAX bytes */
	ck_assert_int_eq(load_alone(&aggregate_count, bytes, sizeof(bytes)), 1);
	memset(bytes, 0, sizeof(bytes));
	bytes[0] = 32;				/* one more than there are */
	ck_assert_int_eq(load_alone(&aggregate_count, bytes, sizeof(bytes)), 1);
	bytes[0] = 31;				/* there is no value */
	ck_assert_int_eq(load_alone(&aggregate_count, bytes, sizeof(bytes)), 1);
	bytes[0] = 30;
	ck_assert_int_eq(load_alone(&aggregate_count, bytes, sizeof(bytes)), 0);
}
END_TEST

/* ---- memory runs out ---- */

static bool
work_failing(const struct pool *pool, uint64_t nth, bool sticky)
{
	struct map from, into, loaded;
	struct buf bytes = { 0 };
	bool fine, reached;

	fill(&extremes, &from, pool, 2 * pool->n);
	init(&extremes, &into);
	init(&extremes, &loaded);
	fault_set(nth, sticky);
	fine = aggregate_merge(&extremes, &into, &from) == 0 &&
	    map_saved(&extremes, &into, &bytes) == 0 &&
	    map_loaded(&extremes, &loaded, bytes.data, bytes.len) == 0;
	reached = fault_clear() >= nth;
	DEMAND(fine != reached);
	if (fine)
		check_equal(&extremes, &from, &loaded);
	map_free(&from);
	map_free(&into);
	map_free(&loaded);
	buf_free(&bytes);
	return reached;
}

START_TEST(memory_fails)
{
	struct pool pool;

	pool_make(&pool, KEYS_WILD, 500);
	for (int sticky = 0; sticky < 2; sticky++)
		for (uint64_t nth = 1; work_failing(&pool, nth, sticky != 0);)
			nth++;
	pool_free(&pool);
}
END_TEST

Suite *
aggregate_suite(void)
{
	Suite *suite = suite_create("aggregate");
	TCase *laws = case_add(suite, "laws"), *damage = case_add(suite, "damage");
	TCase *memory = case_add(suite, "memory");

	tcase_add_loop_test(laws, merge_laws, 0, COUNT(aggregates));
	tcase_add_loop_test(laws, save_and_load, 0, COUNT(aggregates));
	tcase_add_test(laws, saved_bytes);
	tcase_add_test(laws, saved_words);
	tcase_add_loop_test(damage, cut_short_or_longer, 0, COUNT(aggregates));
	tcase_add_loop_test(damage, flipped_bytes, 0, COUNT(aggregates));
	tcase_add_test(damage, huge_numbers);
	tcase_add_test(memory, memory_fails);
	return suite;
}
