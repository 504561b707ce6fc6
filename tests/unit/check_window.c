/*
 * Unit tests of src/core/window.c: windows of any length and slide against a sum over all batches
 * that lie in them, keys that leave, memory over a long run and memory that runs out.
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/rank.h"
#include "core/window.h"
#include "util.h"

Suite *window_suite(void);

#define EPOCH INT64_C(1795389000)	/* seconds, so that ticks are as large as real ones */

struct run {
	struct window	 w;
	struct pool	 pool;
	int64_t		 batch, length, slide;	/* ticks */
	int64_t		 start;			/* a multiple of batch */
	int		 batches;
	uint32_t	*count;			/* of key k in batch b: [b * pool.n + k] */
	struct rank	 rank;
};

static void
run_open(struct run *r, size_t keys)
{
	pool_make(&r->pool, KEYS_WILD, keys);
	r->count = calloc((size_t)r->batches * r->pool.n, sizeof(*r->count));
	ck_assert_int_eq(window_open(&r->w, &aggregate_count, r->length, r->slide, test_seed,
	    NULL), 0);
}

static void
run_close(struct run *r)
{
	window_close(&r->w);
	pool_free(&r->pool);
	free(r->count);
	rank_free(&r->rank);
}

/* Feeds batch B with random keys; some batches are empty.  False: memory ran out. */
static bool
feed(struct run *r, int b)
{
	size_t n = rand_below(4) == 0 ? 0 : rand_below(3 * r->pool.n);

	for (size_t i = 0; i < n; i++) {
		size_t k = rand_below(1 + rand_below(r->pool.n));
		uint64_t *value = map_put(&r->w.open, r->pool.key[k].bytes, r->pool.key[k].len);

		if (value == NULL)
			return false;
		++*value;
		r->count[(size_t)b * r->pool.n + k]++;
	}
	return true;
}

/* How often key K came in the window that ends with batch B. */
static uint64_t
expected(const struct run *r, size_t k, int b)
{
	int64_t batches = r->length / r->batch;
	uint64_t sum = 0;

	for (int64_t i = b; i >= 0 && i > b - batches; i--)
		sum += r->count[(size_t)i * r->pool.n + k];
	return sum;
}

static uint64_t
value_of(const struct map *answer, const struct key *key)
{
	const uint64_t *value = map_find(answer, key->bytes, key->len);

	return value == NULL ? 0 : *value;
}

/* The answer holds what is expected, and its ranking nothing that has fallen to zero. */
static bool
check_answer(struct run *r, int b)
{
	const struct map *answer = window_answer(&r->w);
	size_t keys = 0;
	struct err err;

	if (answer == NULL)
		return false;
	for (size_t k = 0; k < r->pool.n; k++) {
		uint64_t want = expected(r, k, b), got = value_of(answer, &r->pool.key[k]);

		if (got != want)
			ck_abort_msg("batch %d, key %zu: %llu, want %llu", b, k,
			    (unsigned long long)got, (unsigned long long)want);
		keys += want > 0;
	}
	if (rank_sort(&r->rank, answer, NULL, UINT64_MAX) == -1)
		return false;
	if (r->rank.n != keys)
		ck_abort_msg("batch %d: %zu keys ranked, want %zu", b, r->rank.n, keys);
	DEMAND(window_answered(&r->w, &err) == 0);
	return true;
}

/* All batches in turn; false if memory ran out on the way. */
static bool
play(struct run *r)
{
	for (int b = 0; b < r->batches; b++) {
		int64_t tick = r->start + (b + 1) * r->batch;
		struct err err;

		if (!feed(r, b) || window_advance(&r->w, tick, &err) == -1)
			return false;
		DEMAND(window_due(&r->w, tick) == (tick % r->slide == 0));
		if (window_due(&r->w, tick) && !check_answer(r, b))
			return false;
	}
	return true;
}

/* ---- any length and slide ---- */

static const struct {
	int64_t batch, length, slide;	/* seconds */
	int batches;
} shapes[] = {
	{ 1, 1, 1, 50 },		/* each batch */
	{ 1, 10, 10, 95 },		/* tumbling */
	{ 5, 10, 10, 50 },
	{ 1, 30, 10, 200 },
	{ 10, 30, 10, 60 },
	{ 10, 30, 20, 60 },		/* the slide does not divide the window */
	{ 1, 7, 3, 100 },
	{ 1, 7, 5, 100 },
	{ 2, 14, 10, 100 },
	{ 1, 60, 1, 300 },
	{ 1, 2, 1, 50 },
	{ 1, 300, 1, 200 },		/* longer than the run */
	{ 60, 86400, 3600, 2000 },
};

START_TEST(known_shapes)
{
	for (int round = 0; round < 5; round++) {
		int64_t batch = shapes[_i].batch * 1000000;
		struct run r = {
			.batch = batch, .length = shapes[_i].length * 1000000,
			.slide = shapes[_i].slide * 1000000, .batches = shapes[_i].batches,
			.start = (EPOCH / shapes[_i].batch + round) * batch,
		};

		run_open(&r, 1 + rand_below(20));
		DEMAND(play(&r));
		run_close(&r);
	}
}
END_TEST

START_TEST(random_shapes)
{
	rand_start((uint64_t)_i);
	for (int round = 0; round < 150; round++) {
		int64_t slide = 1 + (int64_t)rand_below(12);
		struct run r = {
			.batch = 1 + (int64_t)rand_below(1000), .batches = (int)rand_below(100),
		};

		r.slide = slide * r.batch;
		r.length = (slide + (int64_t)rand_below(30)) * r.batch;
		r.start = (int64_t)rand_below(100000) * r.batch;
		run_open(&r, 1 + rand_below(30));
		DEMAND(play(&r));
		run_close(&r);
	}
}
END_TEST

START_TEST(panes)
{
	ck_assert_int_eq(window_panes(30, 10), 3);
	ck_assert_int_eq(window_panes(30, 20), 3);
	ck_assert_int_eq(window_panes(10, 10), 1);
	ck_assert_int_eq(window_panes(7, 5), 7);
	ck_assert_int_eq(window_panes(INT64_C(86400000000), 1000), 86400000);
}
END_TEST

/* ---- memory ---- */

/* Puts KEYS keys that were never seen before. */
static void
feed_fresh(struct window *w, uint64_t *fresh, int keys)
{
	for (int i = 0; i < keys; i++, ++*fresh) {
		struct buf key = { 0 };
		uint64_t *value;

		text_printf(&key, "%s%llu", i % 2 == 0 ? "" : "a key that is long, number ",
		    (unsigned long long)*fresh);
		value = map_put(&w->open, key.data, key.len);
		DEMAND(value != NULL);
		++*value;
		buf_free(&key);
	}
}

/* Keys come once and never again: what is held is bounded by what a window holds. */
START_TEST(long_run_is_bounded)
{
	enum { KEYS = 100, WARM = 100, BATCHES = 1000, PANES = 30 };
	static const int64_t slides[] = { 1, 4, 10, 30 };
	struct window w;
	uint64_t fresh = 0;
	struct err err;
	size_t most = 0;

	ck_assert_int_eq(window_open(&w, &aggregate_count, PANES, slides[_i], test_seed, NULL), 0);
	for (int64_t tick = 1; tick <= BATCHES; tick++) {
		feed_fresh(&w, &fresh, KEYS);
		DEMAND(window_advance(&w, tick, &err) == 0);
		if (window_due(&w, tick)) {
			DEMAND(window_answer(&w) != NULL);
			DEMAND(window_answered(&w, &err) == 0);
		}
		if (tick == WARM)
			most = window_bytes(&w);
		if (tick > WARM && window_bytes(&w) > 2 * most)
			ck_abort_msg("tick %d: %zu bytes, %zu at first", (int)tick,
			    window_bytes(&w), most);
		DEMAND(window_keys(&w) <= 3 * PANES * KEYS);
	}
	window_close(&w);
}
END_TEST

/* Nothing comes any more: what was held is given back. */
START_TEST(silence_empties)
{
	struct window w;
	uint64_t fresh = 0;
	struct err err;

	ck_assert_int_eq(window_open(&w, &aggregate_count, 20, 1, test_seed, NULL), 0);
	for (int64_t tick = 1; tick <= 200; tick++) {
		const struct map *answer;

		if (tick <= 100)
			feed_fresh(&w, &fresh, 500);
		DEMAND(window_advance(&w, tick, &err) == 0);
		answer = window_answer(&w);
		DEMAND(answer != NULL && (tick < 121 || value_of(answer,
		    &(struct key){ "0", 1 }) == 0));
		DEMAND(window_answered(&w, &err) == 0);
	}
	ck_assert_uint_eq(window_keys(&w), 0);
	ck_assert_uint_lt(window_bytes(&w), 2 << 20);
	window_close(&w);
}
END_TEST

/* True if the NTH allocation was reached: then it was told, and all can be closed. */
static bool
play_failing(uint64_t nth, bool sticky, int64_t slide)
{
	struct run r = { .batch = 1, .length = 6, .slide = slide, .batches = 30 };
	bool fine, reached;

	rand_start(7);
	pool_make(&r.pool, KEYS_WILD, 60);
	r.count = calloc((size_t)r.batches * r.pool.n, sizeof(*r.count));
	fault_set(nth, sticky);
	fine = window_open(&r.w, &aggregate_count, r.length, slide, test_seed, NULL) == 0 &&
	    play(&r);
	reached = fault_clear() >= nth;
	DEMAND(fine != reached);
	run_close(&r);
	return reached;
}

START_TEST(memory_fails)
{
	static const int64_t slides[] = { 1, 4, 6 };

	for (int s = 0; s < COUNT(slides); s++)
		for (int sticky = 0; sticky < 2; sticky++)
			for (uint64_t nth = 1; play_failing(nth, sticky != 0, slides[s]);)
				nth++;
}
END_TEST

Suite *
window_suite(void)
{
	Suite *suite = suite_create("window");
	TCase *model = case_add(suite, "model"), *memory = case_add(suite, "memory");

	tcase_add_loop_test(model, known_shapes, 0, COUNT(shapes));
	tcase_add_loop_test(model, random_shapes, 0, 4);
	tcase_add_test(model, panes);
	tcase_add_loop_test(memory, long_run_is_bounded, 0, 4);
	tcase_add_test(memory, silence_empties);
	tcase_add_test(memory, memory_fails);
	return suite;
}
