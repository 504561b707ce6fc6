/* Unit tests of src/core/order.c: keys of any kind in order of their bytes. */

#include <check.h>
#include <stdlib.h>

#include "core/order.h"
#include "util.h"

Suite *order_suite(void);

static int
compare(const void *x, const void *y)
{
	return key_compare(x, y);
}

/* A third of the keys count something, a third are in every answer, a third are nothing. */
static void
fill(const struct pool *pool, struct map *map, struct map *always)
{
	map_init(map, sizeof(uint64_t), test_seed);
	map_init(always, 0, test_seed);
	for (size_t i = 0; i < pool->n; i++) {
		uint64_t *value = map_put(map, pool->key[i].bytes, pool->key[i].len);

		*value = i % 3 == 0 ? 1 + rand_below(3) : 0;
		if (i % 3 == 1)
			map_put(always, pool->key[i].bytes, pool->key[i].len);
	}
}

static size_t
wanted(const struct pool *pool, bool zeros, struct key *want)
{
	size_t n = 0;

	for (size_t i = 0; i < pool->n; i++)
		if (i % 3 == 0 || (zeros && i % 3 == 1))
			want[n++] = pool->key[i];
	qsort(want, n, sizeof(*want), compare);
	return n;
}

static void
check(struct order *o, const struct key *want, size_t n)
{
	DEMAND(o->n == n && o->next == 0);
	for (size_t i = 0; i < n; i++) {
		struct key key;

		key.bytes = map_key_bytes(order_entry(o, i), &key.len);
		DEMAND(key_compare(&key, &want[i]) == 0);
	}
}

START_TEST(by_bytes)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 10, 100, 5000, 7 };
	struct order o = { 0 };

	for (int i = 0; i < COUNT(sizes); i++) {
		struct map map, always;
		struct pool pool;
		struct key *want;

		pool_make(&pool, (enum key_kind)_i, sizes[i]);
		want = malloc((pool.n + 1) * sizeof(*want));
		fill(&pool, &map, &always);
		DEMAND(order_keys(&o, &map, NULL) == 0);
		check(&o, want, wanted(&pool, false, want));
		o.next = o.n;
		DEMAND(order_keys(&o, &map, &always) == 0);
		check(&o, want, wanted(&pool, true, want));
		map_free(&map);
		map_free(&always);
		free(want);
		pool_free(&pool);
	}
	order_free(&o);
}
END_TEST

START_TEST(without_memory)
{
	struct map map, always;
	struct pool pool;

	pool_make(&pool, KEYS_WILD, 100);
	fill(&pool, &map, &always);
	for (uint64_t nth = 1; nth < 4; nth++) {
		struct order o = { 0 };
		uint64_t asked;
		int rc;

		fault_set(nth, false);
		rc = order_keys(&o, &map, &always);
		asked = fault_clear();
		DEMAND(rc == (asked >= nth ? -1 : 0));
		DEMAND(rc == 0 || order_keys(&o, &map, &always) == 0);
		DEMAND(o.n == (pool.n + 2) / 3 + (pool.n + 1) / 3);
		order_free(&o);
	}
	map_free(&map);
	map_free(&always);
	pool_free(&pool);
}
END_TEST

Suite *
order_suite(void)
{
	Suite *suite = suite_create("order");
	TCase *keys = case_add(suite, "keys");

	tcase_add_loop_test(keys, by_bytes, 0, KEY_KINDS);
	tcase_add_test(keys, without_memory);
	return suite;
}
