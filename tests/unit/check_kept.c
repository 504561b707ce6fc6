/*
 * Unit tests of src/core/kept.c: a partial answer that is written down as it grows, against a plain
 * map; read back at any moment it is the same, and what is put down follows the keys that are
 * touched.
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/kept.h"
#include "store_util.h"

Suite *kept_suite(void);

#define ENTRY 64			/* bytes of an entry at most */

struct play {
	struct memory_store	 m;
	struct buf		 out;
	struct saving		 to;
	struct saving		*saving;	/* TO, or NULL */
	struct kept		 kept;
	struct map		 model;
	struct pool		 pool;
	uint64_t		 touched;	/* entries that were put because of it */
};

static void
play_start(struct play *p, size_t keys, size_t more, bool saves)
{
	*p = (struct play){ .saving = saves ? &p->to : NULL };
	store_start(&p->m);
	p->to = store_saving(&p->m, STORE_PANE, &p->out);
	p->to.part.tick = -7;
	kept_init(&p->kept, &aggregate_count, more, test_seed);
	map_init(&p->model, sizeof(uint64_t), test_seed);
	pool_make(&p->pool, KEYS_WILD, keys);
}

static void
play_end(struct play *p)
{
	kept_free(&p->kept);
	store_free(&p->m);
	buf_free(&p->out);
	map_free(&p->model);
	pool_free(&p->pool);
}

static void
same(const struct play *p, const struct kept *k)
{
	DEMAND(map_count(&p->model) == map_count(&k->map));
	for (uint32_t id = 1; id < p->model.count; id++) {
		struct map_key *entry = map_entry(&p->model, id);
		size_t len;
		const char *key = map_key_bytes(entry, &len);
		const uint64_t *value = map_find(&k->map, key, len);

		DEMAND(value != NULL && *value == *(uint64_t *)(entry + 1));
		for (size_t i = 0; i < k->more; i++)
			DEMAND(value[1 + i] == *value * (i + 3));
	}
}

/* A fresh one from what is stored. */
static void
load(const struct play *p, struct kept *k)
{
	const struct stored **chunk = store_sorted(&p->m);

	kept_init(k, &aggregate_count, p->kept.more, test_seed);
	for (size_t i = 0; i < p->m.n; i++) {
		struct wire in = store_wire(chunk[i]);

		DEMAND(chunk[i]->part.role == STORE_PANE && chunk[i]->part.tick == -7);
		DEMAND(kept_load(k, &chunk[i]->part, &in) == 0);
		DEMAND(!in.damaged && in.at == in.end);
	}
	free(chunk);
}

/* A map of random counts, which are added to the model, too. */
static void
fill(struct play *p, struct map *batch, size_t n)
{
	map_init(batch, sizeof(uint64_t), test_seed);
	while (n-- > 0) {
		const struct key *key = &p->pool.key[rand_below(1 + rand_below(p->pool.n))];
		uint64_t by = 1 + rand_below(1000);

		*(uint64_t *)map_put(batch, key->bytes, key->len) += by;
		*(uint64_t *)map_put(&p->model, key->bytes, key->len) += by;
	}
	p->touched += map_count(batch);
}

/* With words of the caller's behind the values entries are put one by one. */
static void
add_one_by_one(struct play *p, const struct map *batch)
{
	struct err err;

	for (uint32_t id = 1; id < batch->count; id++) {
		const struct map_key *entry = map_entry(batch, id);
		uint64_t *value = map_add(&p->kept.map, *entry, map_hash(batch, *entry));

		*value += *(const uint64_t *)(entry + 1);
		for (size_t i = 0; i < p->kept.more; i++)
			value[1 + i] = *value * (i + 3);
		DEMAND(p->saving == NULL || kept_put(&p->kept, value, p->saving, &err) == 0);
	}
	DEMAND(p->saving == NULL || kept_end(&p->kept, map_count(batch), p->saving, &err) == 0);
}

static void
add(struct play *p, size_t n)
{
	struct map batch;
	struct err err;

	fill(p, &batch, n);
	if (p->kept.more > 0)
		add_one_by_one(p, &batch);
	else if (rand_below(2) == 0)
		DEMAND(kept_add(&p->kept, &batch, p->saving, &err) == 0);
	else
		DEMAND(kept_take(&p->kept, &batch, p->saving, &err) == 0 && map_count(&batch) == 0);
	map_free(&batch);
}

/* One step, and what may be put for it: that and twice as much of a sweep. */
static void
step(struct play *p, size_t most)
{
	struct err err;

	p->m.put = p->touched = 0;
	switch (rand_below(40)) {
	case 0:
		DEMAND(kept_clear(&p->kept, p->saving, &err) == 0);
		map_clear(&p->model);
		DEMAND(p->m.n == 0);
		break;
	default:
		add(p, rand_below(1 + rand_below(most)));
	}
	DEMAND(p->m.put <= 3 * p->touched * ENTRY);
	DEMAND(p->out.len == 0);
	same(p, &p->kept);
}

static void
random_play(size_t keys, size_t most, int steps, bool saves, size_t more)
{
	struct play p;

	play_start(&p, keys, more, saves);
	for (int i = 0; i < steps; i++) {
		struct kept loaded;

		step(&p, most);
		if (!saves)
			continue;
		load(&p, &loaded);
		same(&p, &loaded);
		if (rand_below(4) == 0) {	/* a run that goes on */
			kept_free(&p.kept);
			p.kept = loaded;
		} else {
			kept_free(&loaded);
		}
		DEMAND(store_bytes(&p.m) <=
		    ENTRY * (6 * (size_t)map_count(&p.kept.map) + 2 * 4096 + 6 * most));
	}
	DEMAND(saves || p.m.n == 0);
	play_end(&p);
}

START_TEST(random_plays)
{
	rand_start((uint64_t)_i);
	for (int round = 0; round < 12; round++)
		random_play(1 + rand_below(60), 40, 200, round % 6 > 0, round % 3);
	for (size_t more = 0; more < 3; more++)		/* these sweep */
		random_play(3000, 3000, 60, true, more);
}
END_TEST

/* A large answer of which little changes: little is put. */
START_TEST(little_is_put)
{
	struct play p;

	play_start(&p, 100000, 0, true);
	add(&p, 400000);
	ck_assert_uint_gt(map_count(&p.kept.map), 50000);
	for (int i = 0; i < 100; i++) {
		p.m.put = p.touched = 0;
		add(&p, 20);
		DEMAND(p.m.put > 0 && p.m.put <= 20 * 3 * ENTRY);
	}
	play_end(&p);
}
END_TEST

/* What the caller took is void in the store, and what is put then is another log. */
START_TEST(forgotten)
{
	struct play p;
	struct kept loaded;
	struct err err;

	play_start(&p, 50, 0, true);
	ck_assert_int_eq(kept_forget(&p.kept, p.saving, &err), 0);
	for (int i = 0; i < 3; i++) {
		add(&p, 100);
		ck_assert_uint_gt(p.m.n, 0);
		ck_assert_int_eq(kept_forget(&p.kept, p.saving, &err), 0);
		ck_assert_uint_eq(p.m.n, 0);
		map_clear(&p.kept.map);
		map_clear(&p.model);
	}
	add(&p, 100);
	load(&p, &loaded);
	same(&p, &loaded);
	kept_free(&loaded);
	play_end(&p);
}
END_TEST

START_TEST(damage)
{
	int found = 0;
	struct play p;

	play_start(&p, 20, 1, true);
	for (int i = 0; i < 4; i++)
		add(&p, 20);
	for (int round = 0; round < 3000; round++) {
		struct memory_store bad;
		struct kept k;

		store_copy(&bad, &p.m);
		store_damage(&bad.chunk[rand_below(bad.n)]);
		kept_init(&k, &aggregate_count, 1, test_seed);
		for (size_t i = 0; i < bad.n; i++) {
			struct wire in = store_wire(&bad.chunk[i]);

			DEMAND(kept_load(&k, &bad.chunk[i].part, &in) == 0);
			DEMAND(in.at == in.end);
			found += in.damaged;
		}
		kept_free(&k);
		store_free(&bad);
	}
	ck_assert_int_gt(found, 500);
	play_end(&p);
}
END_TEST

static void
failing(uint64_t nth, bool store, uint64_t *asked)
{
	struct play p;
	struct map batch;
	struct err err = { 0 };
	int rc;

	rand_start(3);
	play_start(&p, 300, 0, true);
	add(&p, nth % 2 == 0 ? 0 : 200);
	fill(&p, &batch, 300);
	p.m.fails = store;
	if (!store)
		fault_set(nth, nth % 3 == 0);
	rc = nth % 4 < 2 ? kept_add(&p.kept, &batch, p.saving, &err) :
	    kept_take(&p.kept, &batch, p.saving, &err);
	if (!store)
		*asked = fault_clear();
	DEMAND((rc == -1) == (store || *asked >= nth));
	DEMAND(rc == 0 || strstr(err.message, store ? "full" : "memory") != NULL);
	map_free(&batch);
	play_end(&p);
}

START_TEST(fails)
{
	uint64_t asked = 0;
	int missed = 0;

	for (uint64_t nth = 1; missed < 4; nth++) {
		failing(nth, false, &asked);
		missed = asked >= nth ? 0 : missed + 1;
	}
	for (uint64_t nth = 0; nth < 4; nth++)
		failing(nth, true, &asked);
}
END_TEST

Suite *
kept_suite(void)
{
	Suite *suite = suite_create("kept");
	TCase *tc = case_add(suite, "kept");

	tcase_add_loop_test(tc, random_plays, 0, 4);
	tcase_add_test(tc, little_is_put);
	tcase_add_test(tc, forgotten);
	tcase_add_test(tc, damage);
	tcase_add_test(tc, fails);
	return suite;
}
