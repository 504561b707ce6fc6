/*
 * Windows whose panes are put down (src/core/window_save.c), and totals that grow (running.c):
 * random plays that are put down in the middle of batches, cut there and gone on with by a fresh
 * window, against one that was never cut and puts nothing down.
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/window.h"
#include "store_util.h"

Suite *panes_suite(void);

#define BATCHES 80
#define ENTRY 80			/* bytes of an entry at most */

struct shape {
	bool		 grows;
	enum emit	 emit;
	int64_t		 length, slide, ttl;	/* batches */
	bool		 begins;	/* with values, as by --initial */
};

struct play {
	struct shape		 shape;
	int64_t			 batch;		/* ticks */
	struct window		 plain, kept;
	struct memory_store	 m;
	struct buf		 out;
	struct saving		 to;
	struct pool		 pool;
	uint64_t		 touched;
	int			 cuts;
};

/* ---- opening, and going on ---- */

static void
begin(const struct play *p, struct window *w)
{
	struct map first;

	map_init(&first, sizeof(uint64_t), test_seed);
	for (size_t i = 0; i < p->pool.n; i += 2)
		*(uint64_t *)map_put(&first, p->pool.key[i].bytes, p->pool.key[i].len) = 5 + i;
	DEMAND(running_begin(&w->running, &first) == 0);
	map_free(&first);
}

static void
open_window(const struct play *p, struct window *w, struct saving *to)
{
	const struct shape *s = &p->shape;

	if (s->grows)
		window_open_growing(w, &aggregate_count, s->emit, s->length * p->batch,
		    s->slide * p->batch, s->ttl * p->batch, test_seed, to);
	else
		DEMAND(window_open(w, &aggregate_count, s->length * p->batch,
		    s->slide * p->batch, test_seed, to) == 0);
	if (s->begins)
		begin(p, w);
}

static void
play_open(struct play *p, const struct shape *shape)
{
	*p = (struct play){ .shape = *shape, .batch = 1 + (int64_t)rand_below(1000) };
	pool_make(&p->pool, KEYS_WILD, 1 + rand_below(rand_below(3) == 0 ? 60 : 6));
	store_start(&p->m);
	p->to = store_saving(&p->m, 0, &p->out);
	p->to.part.owner = 3;
	open_window(p, &p->plain, NULL);
	open_window(p, &p->kept, &p->to);
}

static void
play_close(struct play *p)
{
	window_close(&p->plain);
	window_close(&p->kept);
	store_free(&p->m);
	buf_free(&p->out);
	pool_free(&p->pool);
}

/* As pipeline_save.c puts the clocks down and takes them back. */
static void
take_clocks(struct window *w, const struct window *from)
{
	w->now = from->now;
	w->answered = from->answered;
	w->number = w->until = from->number;
	if (w->grows && w->now != -1)
		running_empty(&w->running);
}

/* All chunks into a fresh window; 0, -1, or 1: they are damaged. */
static int
load(const struct memory_store *m, struct window *w)
{
	const struct stored **chunk = store_sorted(m);
	int rc = 0;

	for (size_t i = 0; i < m->n && rc == 0; i++) {
		struct wire in = store_wire(chunk[i]);

		DEMAND(chunk[i]->part.owner == 3);
		rc = window_load(w, &chunk[i]->part, &in);
		if (rc == 0 && (in.damaged || in.at != in.end))
			rc = 1;
	}
	free(chunk);
	return rc != 0 ? rc : window_loaded(w);
}

static void
cut(struct play *p)
{
	struct window fresh;

	open_window(p, &fresh, &p->to);
	take_clocks(&fresh, &p->kept);
	DEMAND(load(&p->m, &fresh) == 0);
	window_close(&p->kept);
	p->kept = fresh;
	p->cuts++;
}

/* ---- playing ---- */

static void
feed(struct play *p)
{
	for (uint64_t n = rand_below(3) == 0 ? 0 : rand_below(12); n > 0; n--) {
		const struct key *key = &p->pool.key[rand_below(1 + rand_below(p->pool.n))];
		uint64_t by = 1 + rand_below(5);

		*(uint64_t *)map_put(&p->plain.open, key->bytes, key->len) += by;
		*(uint64_t *)map_put(&p->kept.open, key->bytes, key->len) += by;
		p->touched++;
	}
}

/* In the middle of a batch, or at its end. */
static void
save(struct play *p, int64_t tick)
{
	struct err err;

	DEMAND(window_save(&p->kept, tick, &err) == 0);
	DEMAND(map_count(&p->kept.open) == 0 && p->out.len == 0);
	if (rand_below(3) == 0)
		cut(p);
}

/* All of X that is something is in Y; how much that is. */
static size_t
check_within(const struct map *x, const struct map *y)
{
	size_t n = 0;

	for (uint32_t id = 1; id < x->count; id++) {
		struct map_key *entry = map_entry(x, id);
		size_t len;
		const char *key = map_key_bytes(entry, &len);
		const uint64_t *want = (const uint64_t *)(entry + 1), *got = map_find(y, key, len);

		if (*want == 0)
			continue;
		n++;
		DEMAND(got != NULL && *got == *want);
	}
	return n;
}

static void
answer(struct play *p)
{
	const struct map *want = window_answer(&p->plain), *got = window_answer(&p->kept);
	struct err err;

	DEMAND(want != NULL && got != NULL);
	DEMAND(check_within(want, got) == check_within(got, want));
	DEMAND(window_answered(&p->plain, &err) == 0 && window_answered(&p->kept, &err) == 0);
}

/* There are no more parts than the window has panes, and none of those that have left it. */
static void
check_parts(const struct play *p)
{
	const struct window *w = &p->kept;
	bool tumbles = !w->grows && w->npanes == 1;

	for (size_t i = 0; i < p->m.n; i++) {
		const struct store_part *part = &p->m.chunk[i].part;

		if (w->grows)
			DEMAND(part->tick == 0 && (part->role == STORE_TOTAL ||
			    part->role == STORE_CHANGED));
		else
			DEMAND(part->role == STORE_PANE && part->tick <= w->number &&
			    part->tick >= w->number - (tumbles ? 0 : (int64_t)w->npanes));
	}
}

static void
play_batch(struct play *p, int64_t tick)
{
	struct err err;

	p->m.put = p->touched = 0;
	for (uint64_t blocks = rand_below(4); blocks > 0; blocks--) {
		feed(p);
		if (rand_below(2) == 0)
			save(p, tick);
	}
	DEMAND(window_advance(&p->plain, tick, &err) == 0);
	DEMAND(window_advance(&p->kept, tick, &err) == 0);
	if (window_due(&p->plain, tick))
		answer(p);
	DEMAND(p->m.put <= (p->shape.begins ? p->pool.n + p->touched : p->touched) * 6 * ENTRY);
	if (rand_below(2) == 0)
		save(p, tick);
	check_parts(p);
}

static void
play_all(const struct shape *shape)
{
	struct play p;
	int64_t start;

	play_open(&p, shape);
	start = (int64_t)rand_below(100000) * p.batch;
	for (int b = 1; b <= BATCHES; b++)
		play_batch(&p, start + b * p.batch);
	DEMAND(p.cuts > 3);
	play_close(&p);
}

START_TEST(tumbling)
{
	rand_start((uint64_t)_i);
	for (int round = 0; round < 60; round++) {
		int64_t length = 1 + (int64_t)rand_below(9);

		play_all(&(struct shape){ .length = length, .slide = length });
	}
}
END_TEST

START_TEST(sliding)
{
	rand_start((uint64_t)_i);
	for (int round = 0; round < 100; round++) {
		int64_t slide = 1 + (int64_t)rand_below(6);

		play_all(&(struct shape){
			.length = slide + (int64_t)rand_below(25), .slide = slide,
		});
	}
}
END_TEST

START_TEST(growing)
{
	rand_start((uint64_t)_i);
	for (int round = 0; round < 150; round++) {
		struct shape s = {
			.grows = true, .emit = round % 2 == 0 ? EMIT_UPDATE : EMIT_COMPLETE,
			.slide = 1 + (int64_t)rand_below(3),
		};

		if (rand_below(2) == 0)
			s.length = s.slide * (1 + (int64_t)rand_below(6));
		else if (rand_below(2) == 0)
			s.ttl = 1 + (int64_t)rand_below(8);
		s.begins = s.length == 0 && rand_below(2) == 0;
		play_all(&s);
	}
}
END_TEST

/* ---- what is put ---- */

/* Once nothing comes any more what was put down goes, too. */
START_TEST(silence_empties)
{
	struct play p;
	struct err err;

	play_open(&p, &(struct shape){ .length = 7, .slide = _i });
	for (int64_t b = 1; b <= 200; b++) {
		int64_t tick = b * p.batch;

		if (b <= 100)
			feed(&p);
		if (b % 3 == 0)
			DEMAND(window_save(&p.kept, tick, &err) == 0);
		DEMAND(window_advance(&p.plain, tick, &err) == 0);
		DEMAND(window_advance(&p.kept, tick, &err) == 0);
		if (window_due(&p.plain, tick))
			answer(&p);
		check_parts(&p);
		DEMAND(b != 100 || _i == 7 || p.m.n > 0);
	}
	ck_assert_uint_eq(p.m.n, 0);
	ck_assert_uint_eq(window_keys(&p.kept), 0);
	play_close(&p);
}
END_TEST

/* A total that forgets some keys at each answer: its log stays in bounds, and is what it is. */
START_TEST(total_that_forgets)
{
	struct play p;
	int fresh = 0;

	play_open(&p, &(struct shape){ .grows = true, .emit = EMIT_COMPLETE, .slide = 1,
	    .ttl = 40 });
	for (int64_t b = 1; b <= 1500; b++) {
		struct err err;
		int64_t tick = b * p.batch;

		for (int i = 0; i < 100; i++, fresh++) {
			struct buf key = { 0 };

			text_printf(&key, "%d", fresh);
			*(uint64_t *)map_put(&p.plain.open, key.data, key.len) += 1;
			*(uint64_t *)map_put(&p.kept.open, key.data, key.len) += 1;
			buf_free(&key);
		}
		DEMAND(window_advance(&p.plain, tick, &err) == 0);
		DEMAND(window_advance(&p.kept, tick, &err) == 0);
		DEMAND(store_bytes(&p.m) < (6 * 4100 + 4096 + 300) * 16);
		answer(&p);
		if (b % 100 == 0)
			cut(&p);
	}
	ck_assert_uint_gt(p.kept.running.total.log.generation, 3);
	play_close(&p);
}
END_TEST

/* ---- what goes wrong ---- */

static const struct shape shapes[] = {
	{ .length = 4, .slide = 4 }, { .length = 9, .slide = 2 },
	{ .grows = true, .emit = EMIT_UPDATE, .slide = 5 },
	{ .grows = true, .emit = EMIT_COMPLETE, .slide = 2, .length = 8, .begins = false },
};

/* A play that was put down in the middle of its last batch. */
static void
play_some(struct play *p, const struct shape *shape)
{
	struct err err;

	play_open(p, shape);
	for (int b = 1; b < 30; b++)
		play_batch(p, b * p->batch);
	do
		feed(p);
	while (p->touched == 0);
	feed(p);
	DEMAND(window_save(&p->kept, 30 * p->batch, &err) == 0 && p->m.n > 0);
}

START_TEST(damage)
{
	int found = 0;

	rand_start((uint64_t)_i);
	for (int round = 0; round < 40; round++) {
		struct play p;

		play_some(&p, &shapes[_i]);
		for (int i = 0; i < 40; i++) {
			struct memory_store bad;
			struct stored *chunk;
			struct window fresh;

			store_copy(&bad, &p.m);
			chunk = &bad.chunk[rand_below(bad.n)];
			if (!p.shape.grows && rand_below(3) == 0)
				chunk->part.tick = (int64_t)rand_u64();
			else
				store_damage(chunk);
			open_window(&p, &fresh, &p.to);
			take_clocks(&fresh, &p.kept);
			found += load(&bad, &fresh) == 1;
			window_close(&fresh);
			store_free(&bad);
		}
		play_close(&p);
	}
	ck_assert_int_gt(found, 200);
}
END_TEST

START_TEST(short_of_memory)
{
	struct play p;
	uint64_t asked = 1;

	rand_start((uint64_t)_i);
	play_some(&p, &shapes[_i]);
	for (uint64_t nth = 1; asked >= nth; nth++) {
		struct window fresh;
		int rc;

		open_window(&p, &fresh, &p.to);
		take_clocks(&fresh, &p.kept);
		fault_set(nth, nth % 2 == 0);
		rc = load(&p.m, &fresh);
		asked = fault_clear();
		DEMAND(rc == (asked >= nth ? -1 : 0));
		window_close(&fresh);
	}
	play_close(&p);
}
END_TEST

/* An error of the store is an error of what puts into it. */
START_TEST(store_fails)
{
	struct play p;
	struct err err = { 0 };
	int64_t tick;

	rand_start((uint64_t)_i);
	play_some(&p, &shapes[_i]);
	do
		feed(&p);
	while (map_count(&p.kept.open) == 0);
	p.m.fails = true;
	ck_assert_int_eq(window_save(&p.kept, 30 * p.batch, &err), -1);
	ck_assert_str_eq(err.message, "the store is full");
	play_close(&p);
	play_some(&p, &shapes[_i]);
	p.m.fails = true;
	err.message[0] = '\0';
	for (tick = 30 * p.batch; window_advance(&p.kept, tick, &err) == 0; tick += p.batch) {
		DEMAND(tick < 60 * p.batch);
		if (window_due(&p.kept, tick) && (window_answer(&p.kept) == NULL ||
		    window_answered(&p.kept, &err) == -1))
			break;
	}
	ck_assert_str_eq(err.message, "the store is full");
	play_close(&p);
}
END_TEST

Suite *
panes_suite(void)
{
	Suite *suite = suite_create("panes");
	TCase *model = case_add(suite, "model"), *bound = case_add(suite, "bound");
	TCase *wrong = case_add(suite, "wrong");

	tcase_add_loop_test(model, tumbling, 0, 4);
	tcase_add_loop_test(model, sliding, 0, 4);
	tcase_add_loop_test(model, growing, 0, 4);
	tcase_add_loop_test(bound, silence_empties, 1, 8);
	tcase_add_test(bound, total_that_forgets);
	tcase_add_loop_test(wrong, damage, 0, COUNT(shapes));
	tcase_add_loop_test(wrong, short_of_memory, 0, COUNT(shapes));
	tcase_add_loop_test(wrong, store_fails, 0, COUNT(shapes));
	return suite;
}
