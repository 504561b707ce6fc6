/*
 * Unit tests of src/core/evict.c and window_evict.c: which keys go from a map, that what stays is
 * as it was, and that counts of any window are within the error that is told.
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/evict.h"
#include "core/window.h"
#include "util.h"

Suite *evict_suite(void);

static void
add(struct map *m, const char *key, uint64_t count, int64_t tick)
{
	uint64_t *value = map_put(m, key, strlen(key));

	DEMAND(value != NULL);
	value[0] = count;
	if (m->stride > sizeof(struct map_key) + sizeof(*value))
		value[1] = (uint64_t)tick;
}

/* The map's keys, one letter each, in their order. */
static const char *
keys(const struct map *m)
{
	static char text[64];
	uint32_t id = 1;

	for (; id < m->count; id++) {
		size_t len;

		text[id - 1] = *map_key_bytes(map_entry(m, id), &len);
	}
	text[id - 1] = '\0';
	return text;
}

/* ---- which keys ---- */

static const struct {
	unsigned share;			/* of 256 */
	bool touched, approx;
	const char *keys;
	uint64_t records, error;
} choices[] = {
	{ 0, false, false, "abcdefgh", 0, 0 },
	{ 31, false, false, "abcdefgh", 0, 0 },		/* less than one */
	{ 32, false, false, "abdefgh", 1, 1 },
	{ 64, false, false, "abdefh", 2, 1 },		/* c and g have 1, c came first */
	{ 96, false, false, "bdefh", 4, 2 },		/* a, d and h have 2 */
	{ 160, false, false, "bef", 8, 2 },
	{ 192, false, false, "bf", 308, 300 },
	{ 96, false, true, "abdefh", 2, 1 },		/* enough that have less */
	{ 192, false, true, "bf", 308, 300 },
	{ 64, true, false, "abdefh", 2, 1 },		/* ticks: c and g -5, a and h 0 */
	{ 96, true, false, "bdefh", 4, 2 },
	{ 160, true, false, "bef", 8, 2 },		/* d is 7, e and b and f 9 */
	{ 192, true, false, "bf", 308, 300 },		/* of equal age the rarest */
	{ 160, true, true, "bef", 8, 2 },		/* age does not matter */
};

START_TEST(choice)
{
	struct eviction how = { .share = choices[_i].share, .approx = choices[_i].approx };
	struct evicted sum = { 0 };
	struct map m;
	uint64_t error;

	map_init(&m, (choices[_i].touched ? 2 : 1) * sizeof(uint64_t), test_seed);
	ck_assert_uint_eq(evict_map(&m, &aggregate_count, &how, choices[_i].touched, &sum), 0);
	add(&m, "a", 2, 0);
	add(&m, "b", 1000, 9);
	add(&m, "c", 1, -5);
	add(&m, "d", 2, 7);
	add(&m, "e", 300, 9);
	add(&m, "f", 70000, 9);
	add(&m, "g", 1, -5);
	add(&m, "h", 2, 0);
	error = evict_map(&m, &aggregate_count, &how, choices[_i].touched, &sum);
	ck_assert_str_eq(keys(&m), choices[_i].keys);
	ck_assert_uint_eq(sum.keys, 8 - map_count(&m));
	ck_assert_uint_eq(sum.records, choices[_i].records);
	ck_assert_uint_eq(error, choices[_i].error);
	map_free(&m);
}
END_TEST

/* ---- what stays ---- */

struct model {
	struct pool	 pool;
	uint64_t	*count;			/* of each key; 0: not there */
	struct map	 map;
};

static bool
even(void *arg, struct map_key *entry)
{
	(void)arg;
	return *(uint64_t *)(entry + 1) % 2 == 0;
}

static void
model_check(const struct model *m)
{
	uint32_t n = 0;

	for (size_t i = 0; i < m->pool.n; i++) {
		const uint64_t *value = map_find(&m->map, m->pool.key[i].bytes, m->pool.key[i].len);

		DEMAND((value == NULL ? 0 : *value) == m->count[i]);
		n += m->count[i] > 0;
	}
	ck_assert_uint_eq(map_count(&m->map), n);
}

static void
model_add(struct model *m, size_t n)
{
	size_t growth = map_growth(&m->map, n), before = map_bytes(&m->map) - m->map.bytes.total;
	uint32_t was = map_count(&m->map);

	for (size_t i = 0; i < n; i++) {
		size_t k = rand_below(m->pool.n);
		uint64_t *value = map_put(&m->map, m->pool.key[k].bytes, m->pool.key[k].len);

		DEMAND(value != NULL);
		m->count[k] = ++*value;
	}
	/* All of it may be needed, but pages that are mapped may be there already. */
	DEMAND(growth + before + 16 * m->map.stride >=
	    (size_t)(map_count(&m->map) - was) * m->map.stride);
}

static const struct { enum key_kind kind; size_t n, adds; } kept[] = {
	{ KEYS_WILD, 10, 20 }, { KEYS_WILD, 3000, 3000 }, { KEYS_LOGS, 20000, 20000 },
	{ KEYS_WORDS, 400000, 150000 }, { KEYS_LOGS, 400000, 300000 },
};

/* Odd ones go, again and again, while the map grows between. */
START_TEST(rest_stays)
{
	struct model m;

	pool_make(&m.pool, kept[_i].kind, kept[_i].n);
	m.count = calloc(m.pool.n, sizeof(*m.count));
	map_init(&m.map, sizeof(uint64_t), test_seed);
	map_keep(&m.map, even, NULL);
	for (int round = 0; round < 6; round++) {
		model_add(&m, kept[_i].adds / 4 + rand_below(kept[_i].adds));
		map_keep(&m.map, even, NULL);
		for (size_t i = 0; i < m.pool.n; i++)
			if (m.count[i] % 2 != 0)
				m.count[i] = 0;
		model_check(&m);
	}
	map_free(&m.map);
	pool_free(&m.pool);
	free(m.count);
}
END_TEST

/* ---- counts of windows, with values that own memory ---- */

static int owned;			/* pieces that are not freed */

static int
merge(const struct aggregate *agg, uint64_t *into, const uint64_t *from)
{
	(void)agg;
	if (into[1] == 0 && from[0] > 0) {
		into[1] = (uintptr_t)malloc(1);
		owned++;
	}
	into[0] += from[0];
	return 0;
}

static void
drop(const struct aggregate *agg, uint64_t *value)
{
	(void)agg;
	owned -= value[1] != 0;
	free((void *)(uintptr_t)value[1]);
	value[0] = value[1] = 0;
}

static const struct aggregate owning = {
	.name = "owning", .words = 2, .merge = merge, .drop = drop,
};

struct run {
	struct window	 w;
	struct pool	 pool;
	uint64_t	*count;			/* of key k in batch b: [b * pool.n + k] */
	int64_t		 length;
	unsigned	 rarely;		/* one of so many chances to evict is taken */
	struct evicted	 sum;
};

static void
maybe_evict(struct run *r)
{
	struct eviction how = { .share = (unsigned)rand_below(EVICT_ALL), .approx = true };

	if (rand_below(r->rarely) == 0)
		DEMAND(window_evict(&r->w, &how, &r->sum, NULL) == 0);
}

static void
feed(struct run *r, int64_t b)
{
	for (uint64_t n = rand_below(3 * r->pool.n); n > 0; n--) {
		size_t k = rand_below(1 + rand_below(r->pool.n));
		uint64_t *value = map_put(&r->w.open, r->pool.key[k].bytes, r->pool.key[k].len);
		const uint64_t one[2] = { 1, 0 };

		DEMAND(value != NULL && r->w.agg->merge(r->w.agg, value, one) == 0);
		r->count[(size_t)b * r->pool.n + k]++;
	}
}

static void
check(struct run *r, int64_t b)
{
	uint64_t error = window_error(&r->w), lost = 0;
	const struct map *answer = window_answer(&r->w);

	DEMAND(answer != NULL);
	for (size_t k = 0; k < r->pool.n; k++) {
		const uint64_t *value = map_find(answer, r->pool.key[k].bytes, r->pool.key[k].len);
		uint64_t got = value == NULL ? 0 : *value, want = 0;

		for (int64_t i = b; i >= 0 && i > b - r->length; i--)
			want += r->count[(size_t)i * r->pool.n + k];
		if (got > want || want - got > error)
			ck_abort_msg("batch %d: %d, want %d, error %d", (int)b, (int)got, (int)want,
			    (int)error);
		lost += want - got;
	}
	if (r->sum.keys == 0)
		DEMAND(error == 0 && lost == 0);
	DEMAND(window_answered(&r->w, NULL) == 0);
}

static const struct { int64_t length, slide; bool grows; int batches; } shapes[] = {
	{ 1, 1, false, 60 }, { 6, 6, false, 60 }, { 6, 2, false, 200 }, { 7, 1, false, 200 },
	{ 10, 5, false, 200 }, { 30, 1, false, 200 }, { 7, 3, false, 200 },
	{ 6, 1, true, 60 }, { 0, 1, true, 60 }, { 0, 4, true, 60 },
};

static void
play(const struct aggregate *agg, int shape, unsigned rarely)
{
	struct run r = { .length = shapes[shape].length, .rarely = rarely };
	int64_t length = shapes[shape].length, slide = shapes[shape].slide;
	int batches = shapes[shape].batches;

	pool_make(&r.pool, KEYS_WILD, 1 + rand_below(40));
	r.count = calloc((size_t)batches * r.pool.n, sizeof(*r.count));
	if (shapes[shape].grows)
		window_open_growing(&r.w, agg, EMIT_UPDATE, length, slide, 0, test_seed,
		    NULL);
	else
		ck_assert_int_eq(window_open(&r.w, agg, length, slide, test_seed, NULL), 0);
	for (int64_t b = 0; b < batches; b++) {
		if (shapes[shape].grows && length > 0)
			r.length = b % length + 1;
		else if (length == 0)
			r.length = b + 1;
		/* What grows tells only what has changed; the total is looked at instead. */
		r.w.running.emit = EMIT_COMPLETE;
		maybe_evict(&r);
		feed(&r, b);
		maybe_evict(&r);
		DEMAND(window_need(&r.w, 0, 0) > 0 || map_count(&r.w.open) == 0);
		DEMAND(window_advance(&r.w, b + 1, NULL) == 0);
		if (window_due(&r.w, b + 1))
			check(&r, b);
		window_release(&r.w);
	}
	if (rarely < 100)
		ck_assert_uint_gt(r.sum.keys, 0);
	window_close(&r.w);
	ck_assert_int_eq(owned, 0);
	pool_free(&r.pool);
	free(r.count);
}

START_TEST(counts_are_near)
{
	for (unsigned rarely = 1; rarely <= 1000; rarely *= 10)
		for (int round = 0; round < 10; round++)
			play(&aggregate_count, _i, rarely);
}
END_TEST

START_TEST(nothing_leaks)
{
	for (int round = 0; round < 5; round++)
		play(&owning, _i, 3);
}
END_TEST

Suite *
evict_suite(void)
{
	Suite *suite = suite_create("evict");
	TCase *tc = case_add(suite, "evict");

	tcase_add_loop_test(tc, choice, 0, COUNT(choices));
	tcase_add_loop_test(tc, rest_stays, 0, COUNT(kept));
	tcase_add_loop_test(tc, counts_are_near, 0, COUNT(shapes));
	tcase_add_loop_test(tc, nothing_leaks, 0, COUNT(shapes));
	return suite;
}
