/*
 * Unit tests of src/core/aggregate.c: merge is associative and commutative with an identity, saved
 * bytes load as they were, damaged ones are refused.
 */

#include <check.h>
#include <stdlib.h>
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
		struct map m, loaded;
		struct buf bytes = { 0 };
		struct err err;

		fill(agg, &m, &pool, rand_below(2) * rand_below(2 * KEYS));
		init(agg, &loaded);
		ck_assert_int_eq(aggregate_save(agg, &m, &bytes), 0);
		if (aggregate_load(agg, &loaded, bytes.data, bytes.len, &err) == -1)
			ck_abort_msg("%s", err.message);
		check_equal(agg, &m, &loaded);
		/* loading merges: a second time is a merge with itself */
		ck_assert_int_eq(aggregate_load(agg, &loaded, bytes.data, bytes.len, &err), 0);
		merge(agg, &m, &m);
		check_equal(agg, &m, &loaded);
		buf_free(&bytes);
		map_free(&m);
		map_free(&loaded);
	}
	pool_free(&pool);
}
END_TEST

/* The format is promised: number of keys, then length, bytes and words of each, little-endian. */
START_TEST(saved_bytes)
{
	static const char want[] = "\x02\0\0\0\0\0\0\0" "\x03\0\0\0\0\0\0\0" "abc"
	    "\x02\x01\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0" "\xff\xff\xff\xff\xff\xff\xff\xff";
	struct map m;
	struct buf bytes = { 0 };

	init(&aggregate_count, &m);
	*(uint64_t *)map_put(&m, "abc", 3) = 0x102;
	*(uint64_t *)map_put(&m, "", 0) = UINT64_MAX;
	ck_assert_int_eq(aggregate_save(&aggregate_count, &m, &bytes), 0);
	ck_assert_uint_eq(bytes.len, sizeof(want) - 1);
	ck_assert_mem_eq(bytes.data, want, sizeof(want) - 1);
	buf_free(&bytes);
	map_free(&m);
}
END_TEST

/* ---- damage ---- */

/* Loads LEN bytes from memory that ends right behind them. */
static int
load_copy(const struct aggregate *agg, const char *bytes, size_t len, struct err *err)
{
	char *copy = malloc(len + 1);
	struct map m;
	int rc;

	memcpy(copy + 1, bytes, len);
	init(agg, &m);
	err->message[0] = '\0';
	rc = aggregate_load(agg, &m, copy + 1, len, err);
	map_free(&m);
	free(copy);
	return rc;
}

static struct buf
some_bytes(const struct aggregate *agg, size_t n)
{
	struct buf bytes = { 0 };
	struct pool pool;
	struct map m;

	pool_make(&pool, KEYS_WILD, n);
	fill(agg, &m, &pool, 2 * n);
	ck_assert_int_eq(aggregate_save(agg, &m, &bytes), 0);
	map_free(&m);
	pool_free(&pool);
	return bytes;
}

START_TEST(cut_short_or_longer)
{
	const struct aggregate *agg = aggregates[_i];
	struct buf bytes = some_bytes(agg, 20);
	struct err err;

	for (size_t len = 0; len < bytes.len; len++) {
		DEMAND(load_copy(agg, bytes.data, len, &err) == -1);
		DEMAND(err.code == ERR_RUN && strstr(err.message, "damaged") != NULL);
	}
	ck_assert_int_eq(load_copy(agg, bytes.data, bytes.len, &err), 0);
	text_add(&bytes, "x", 1);
	ck_assert_int_eq(load_copy(agg, bytes.data, bytes.len, &err), -1);
	buf_free(&bytes);
}
END_TEST

START_TEST(flipped_bytes)
{
	const struct aggregate *agg = aggregates[_i];
	struct buf bytes = some_bytes(agg, 30);
	struct err err;
	size_t refused = 0;

	for (int round = 0; round < 4000; round++) {
		struct buf copy = { 0 };

		text_add(&copy, bytes.data, bytes.len);
		for (uint64_t n = 1 + rand_below(3); n > 0; n--)
			copy.data[rand_below(rand_below(2) == 0 ? 24 : copy.len)] ^=
			    (char)(1 << rand_below(8));
		refused += load_copy(agg, copy.data, copy.len, &err) == -1;
		buf_free(&copy);
	}
	ck_assert_uint_gt(refused, 1000);
	buf_free(&bytes);
}
END_TEST

START_TEST(huge_numbers)
{
	char bytes[32];
	struct err err;

	memset(bytes, 0xff, sizeof(bytes));
	ck_assert_int_eq(load_copy(&aggregate_count, bytes, sizeof(bytes), &err), -1);
	memset(bytes, 0, 8);
	bytes[0] = 1;
	ck_assert_int_eq(load_copy(&aggregate_count, bytes, sizeof(bytes), &err), -1);
	memset(bytes + 8, 0, 8);
	bytes[8] = 17;		/* one more than there are */
	ck_assert_int_eq(load_copy(&aggregate_count, bytes, sizeof(bytes), &err), -1);
	bytes[8] = 8;
	ck_assert_int_eq(load_copy(&aggregate_count, bytes, sizeof(bytes), &err), 0);
}
END_TEST

/* ---- memory runs out ---- */

static bool
work_failing(const struct pool *pool, uint64_t nth, bool sticky)
{
	struct map from, into, loaded;
	struct buf bytes = { 0 };
	struct err err;
	bool fine, reached;

	fill(&extremes, &from, pool, 2 * pool->n);
	init(&extremes, &into);
	init(&extremes, &loaded);
	fault_set(nth, sticky);
	fine = aggregate_merge(&extremes, &into, &from) == 0 &&
	    aggregate_save(&extremes, &into, &bytes) == 0 &&
	    aggregate_load(&extremes, &loaded, bytes.data, bytes.len, &err) == 0;
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
	tcase_add_loop_test(damage, cut_short_or_longer, 0, COUNT(aggregates));
	tcase_add_loop_test(damage, flipped_bytes, 0, COUNT(aggregates));
	tcase_add_test(damage, huge_numbers);
	tcase_add_test(memory, memory_fails);
	return suite;
}
