/*
 * Unit tests of src/core/rank.c: random maps against qsort by (count down, key up), with the ties,
 * prefixes and counts that choose each of its ways to sort.
 */

#include <check.h>
#include <stdlib.h>

#include "core/rank.h"
#include "util.h"

Suite *rank_suite(void);

struct item {
	struct key	key;
	uint64_t	count;
};

/* ---- counts of different shapes ---- */

static uint64_t
count_one(size_t i)
{
	(void)i;
	return 1;
}

static uint64_t
count_few(size_t i)
{
	(void)i;
	return 1 + rand_below(3);
}

static uint64_t
count_zipf(size_t i)
{
	return 1 + 100000 / (i + 1);
}

/* Around the largest count that has a group of its own. */
static uint64_t
count_edge(size_t i)
{
	(void)i;
	return 4090 + rand_below(12);
}

static uint64_t
count_large(size_t i)
{
	return i % 2 == 0 ? UINT64_MAX / 2 - rand_below(3) : UINT32_MAX + rand_below(3);
}

static uint64_t
count_many_zeros(size_t i)
{
	return i % 3 == 0 ? 1 + rand_below(5) : 0;
}

static uint64_t
count_any(size_t i)
{
	return rand_below((uint64_t)2 << (i % 20));
}

static uint64_t
count_zero(size_t i)
{
	(void)i;
	return 0;
}

/* ---- the model ---- */

static int
compare(const void *x, const void *y)
{
	const struct item *a = x, *b = y;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return key_compare(&a->key, &b->key);
}

/* Fills MAP and the ordered model from a pool; how many have a count. */
static size_t
fill(struct map *map, struct item *items, const struct pool *pool, uint64_t (*count)(size_t))
{
	size_t n = 0;

	for (size_t i = 0; i < pool->n; i++) {
		uint64_t *value = map_put(map, pool->key[i].bytes, pool->key[i].len);

		DEMAND(value != NULL);
		*value = count(i);
		if (*value > 0)
			items[n++] = (struct item){ pool->key[i], *value };
	}
	qsort(items, n, sizeof(*items), compare);
	return n;
}

static void
check_rank(const struct rank *r, const struct item *items, size_t n, uint64_t limit)
{
	size_t least = limit < n ? (size_t)limit : n;

	if (r->n < least || r->n > n)
		ck_abort_msg("%zu items of %zu, limit %zu", r->n, n, least);
	for (size_t i = 0; i < least; i++) {
		struct key key;
		uint64_t count;

		key.bytes = rank_get(r, i, &key.len, &count);
		if (count != items[i].count || key_compare(&key, &items[i].key) != 0)
			ck_abort_msg("item %zu of %zu (limit %zu) is another: count %llu", i, n,
			    least, (unsigned long long)count);
	}
}

static const struct {
	enum key_kind kind;
	size_t n;
	uint64_t (*count)(size_t);
} cases[] = {
	{ KEYS_WORDS, 200000, count_one },
	{ KEYS_LOGS, 50000, count_few },
	{ KEYS_WILD, 20000, count_few },
	{ KEYS_WILD, 50000, count_any },
	{ KEYS_NULS, 20000, count_one },
	{ KEYS_NULS, 20000, count_edge },
	{ KEYS_LOGS, 20000, count_edge },
	{ KEYS_DECIMAL, 50000, count_zipf },
	{ KEYS_WILD, 20000, count_large },
	{ KEYS_LOGS, 20000, count_large },
	{ KEYS_WORDS, 20000, count_many_zeros },
	{ KEYS_WORDS, 100, count_zero },
	{ KEYS_WILD, 25, count_one },
	{ KEYS_WILD, 2, count_one },
	{ KEYS_WILD, 1, count_one },
};

START_TEST(as_qsort)
{
	static const uint64_t limits[] = { 1, 10, 4096, UINT64_MAX };
	struct pool pool;
	struct item *items;
	struct rank r = { 0 };
	struct map map;
	size_t n;

	pool_make(&pool, cases[_i].kind, cases[_i].n);
	items = malloc(pool.n * sizeof(*items));
	map_init(&map, sizeof(uint64_t), test_seed);
	n = fill(&map, items, &pool, cases[_i].count);
	for (int i = 0; i < COUNT(limits); i++) {
		ck_assert_int_eq(rank_sort(&r, &map, NULL, limits[i]), 0);
		check_rank(&r, items, n, limits[i]);
	}
	rank_free(&r);
	ck_assert_int_eq(rank_sort(&r, &map, NULL, n > 0 ? n : 1), 0);
	check_rank(&r, items, n, n);
	rank_free(&r);
	map_free(&map);
	free(items);
	pool_free(&pool);
}
END_TEST

/* One struct rank serves answers of all sizes, one after the other. */
START_TEST(reuse)
{
	struct rank r = { 0 };

	for (int round = 0; round < 300; round++) {
		struct pool pool;
		struct item items[400];
		struct map map;
		size_t n;

		pool_make(&pool, (enum key_kind)rand_below(KEY_KINDS), rand_below(400));
		map_init(&map, sizeof(uint64_t), test_seed);
		n = fill(&map, items, &pool, count_any);
		for (uint64_t limit = 1; limit < 500; limit *= 3) {
			DEMAND(rank_sort(&r, &map, NULL, limit) == 0);
			check_rank(&r, items, n, limit);
		}
		map_free(&map);
		pool_free(&pool);
	}
	rank_free(&r);
}
END_TEST

/* Keys that stay equal for longer than the radix rounds reach, and end in NULs. */
START_TEST(long_equal_beginnings)
{
	enum { N = 3000, LONG = 300 };
	struct pool pool = { .n = N };
	struct item *items = malloc(N * sizeof(*items));
	struct rank r = { 0 };
	struct map map;
	size_t n;

	pool.key = malloc(N * sizeof(*pool.key));
	pool.space = calloc(N, LONG + 8);
	for (size_t i = 0; i < N; i++) {
		char *text = pool.space + i * (LONG + 8);

		memset(text, i % 2 == 0 ? '\0' : 'x', LONG);
		for (int k = 0; k < 4; k++)
			text[LONG + k] = (char)(i >> (4 * (3 - k)) & 15);
		pool.key[i] = (struct key){ text, i % 7 == 0 ? i % LONG : LONG + 4 };
	}
	map_init(&map, sizeof(uint64_t), test_seed);
	n = fill(&map, items, &pool, count_one);
	/* short ones came more than once */
	qsort(items, n, sizeof(*items), compare);
	for (size_t i = 1, kept = n > 0; i <= n; i++) {
		if (i == n)
			n = kept;
		else if (compare(&items[kept - 1], &items[i]) != 0)
			items[kept++] = items[i];
	}
	ck_assert_int_eq(rank_sort(&r, &map, NULL, UINT64_MAX), 0);
	check_rank(&r, items, n, UINT64_MAX);
	rank_free(&r);
	map_free(&map);
	free(items);
	pool_free(&pool);
}
END_TEST

START_TEST(empty)
{
	struct rank r = { 0 };
	struct map map;

	map_init(&map, sizeof(uint64_t), test_seed);
	ck_assert_int_eq(rank_sort(&r, &map, NULL, 10), 0);
	ck_assert_uint_eq(r.n, 0);
	rank_free(&r);
	map_free(&map);
}
END_TEST

START_TEST(memory_fails)
{
	struct pool pool;
	struct item items[100];
	struct rank r = { 0 };
	struct map map;
	uint64_t nth = 1;
	size_t n;

	pool_make(&pool, KEYS_WORDS, 100);
	map_init(&map, sizeof(uint64_t), test_seed);
	n = fill(&map, items, &pool, count_any);
	for (bool reached = true; reached; nth++) {
		fault_set(nth, false);
		ck_assert_int_eq(rank_sort(&r, &map, NULL, 50), (reached = r.cap == 0) ? -1 : 0);
		ck_assert_int_eq(fault_clear() >= nth, reached);
		if (!reached)
			check_rank(&r, items, n, 50);
	}
	ck_assert_uint_eq(nth, 4);
	rank_free(&r);
	map_free(&map);
	pool_free(&pool);
}
END_TEST

Suite *
rank_suite(void)
{
	Suite *suite = suite_create("rank");
	TCase *model = case_add(suite, "model"), *memory = case_add(suite, "memory");

	tcase_add_loop_test(model, as_qsort, 0, COUNT(cases));
	tcase_add_test(model, reuse);
	tcase_add_test(model, long_equal_beginnings);
	tcase_add_test(model, empty);
	tcase_add_test(memory, memory_fails);
	return suite;
}
