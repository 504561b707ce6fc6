/* Unit tests of src/core/keyed.c and order.c against naive models. */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/keyed_save.h"
#include "core/sort.h"
#include "store_util.h"

Suite *keyed_suite(void);

struct model {				/* of one key */
	bool	 there, queued;
	uint64_t value;
	int64_t	 due;
};

static struct map_key
key_of(const struct key *k)
{
	return map_key_make(k->bytes, k->len);
}

static void
check_value(void *value, uint64_t want)
{
	uint64_t got;

	memcpy(&got, value, sizeof(got));
	DEMAND(got == want);
}

/* Puts a key, changes its value, and gives it a due, later or earlier than it had. */
static void
use_key(struct keyed *k, const struct key *key, struct model *m, int64_t now, uint32_t *live)
{
	bool fresh;
	void *value = keyed_put(k, key_of(key), &fresh);

	DEMAND(value != NULL && fresh == !m->there);
	*live += fresh;
	check_value(value, fresh ? 0 : m->value);
	m->value = (fresh ? 0 : m->value) + rand_below(100);
	m->there = true;
	memcpy(value, &m->value, sizeof(m->value));
	m->due = now + 1 + (int64_t)rand_below(40);
	m->queued = true;
	DEMAND(keyed_due(k, value, m->due) == 0);
}

static struct model *
model_of(struct pool *pool, struct model *models, struct map_key key)
{
	size_t len;
	const char *bytes = map_key_bytes(&key, &len);

	for (size_t i = 0; i < pool->n; i++)
		if (pool->key[i].len == len && memcmp(pool->key[i].bytes, bytes, len) == 0)
			return &models[i];
	ck_abort_msg("an unknown key");
}

static void
expire(struct keyed *k, struct pool *pool, struct model *models, int64_t now, uint32_t *live)
{
	int64_t before = 0;
	void *value;

	while ((value = keyed_next_due(k, now)) != NULL) {
		struct model *m = model_of(pool, models, keyed_entry(value)->key);

		DEMAND(m->there && m->due <= now && m->due >= before);
		before = m->due;
		check_value(value, m->value);
		if (rand_below(8) == 0) {	/* kept, with a new due */
			m->due = now + 5;
			DEMAND(keyed_due(k, value, m->due) == 0);
			continue;
		}
		keyed_drop(k, value);
		*m = (struct model){ 0 };
		--*live;
	}
	for (size_t i = 0; i < pool->n; i++)
		DEMAND(!models[i].there || models[i].due > now);
}

START_TEST(model)
{
	struct pool pool;
	struct model *models;
	struct keyed k;
	uint32_t live = 0;
	size_t empty;

	pool_make(&pool, (enum key_kind)_i, 400);
	models = calloc(pool.n, sizeof(*models));
	keyed_init(&k, sizeof(uint64_t), test_seed);
	for (int64_t now = 0; now < 600; now++) {
		uint64_t busy = now / 100 % 2 == 0 ? 60 : 3;

		for (uint64_t n = rand_below(busy); n > 0; n--) {
			size_t i = rand_below(pool.n);

			use_key(&k, &pool.key[i], &models[i], now, &live);
		}
		expire(&k, &pool, models, now, &live);
		ck_assert_uint_eq(k.count, live);
	}
	expire(&k, &pool, models, INT64_MAX / 2, &live);
	while (live > 0)
		expire(&k, &pool, models, INT64_MAX / 2 + (int64_t)pool.n * 10, &live);
	empty = k.bytes;
	ck_assert_uint_eq(k.count, 0);
	ck_assert_uint_le(empty, 64 * 4 * 2 + 8 * 8 + 2 * 1024 * k.stride);
	keyed_free(&k);
	ck_assert_uint_eq(k.bytes, 0);
	free(models);
	pool_free(&pool);
}
END_TEST

/* A wave of keys comes and goes: memory follows it down. */
START_TEST(wave)
{
	struct keyed k;
	size_t most;
	void *value;

	keyed_init(&k, sizeof(uint64_t), test_seed);
	for (uint64_t i = 0; i < 50000; i++) {
		char text[40];
		bool fresh;

		snprintf(text, sizeof(text), "a key of more than 16 bytes %d", (int)i);
		value = keyed_put(&k, map_key_make(text, strlen(text)), &fresh);
		DEMAND(value != NULL && fresh && keyed_due(&k, value, (int64_t)i) == 0);
	}
	most = k.bytes;
	for (int64_t now = 0; now < 50000; now++) {
		while ((value = keyed_next_due(&k, now)) != NULL)
			keyed_drop(&k, value);
		ck_assert_uint_eq(k.count, 50000 - now - 1);
		if (now == 37500)
			ck_assert_uint_lt(k.bytes, most / 2);
	}
	ck_assert_uint_lt(k.bytes, most / 10);
	keyed_free(&k);
}
END_TEST

static struct map_key
nth_key(char text[40], uint64_t i)
{
	snprintf(text, 40, i % 3 == 0 ? "a key of more than 16 bytes %d" : "k%d", (int)i);
	return map_key_make(text, strlen(text));
}

/* Of values so large that a chunk is pages: all are found, and memory is given back. */
START_TEST(large)
{
	char text[KEYED_AHEAD][40];
	struct map_key key[KEYED_AHEAD];
	const uint64_t n = 100000;
	struct keyed k;
	size_t most;
	bool fresh;

	keyed_init_large(&k, 200, test_seed);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t *value = keyed_put(&k, nth_key(text[0], i), &fresh);

		DEMAND(value != NULL && fresh && value[0] == 0 && value[24] == 0);
		value[0] = value[24] = i;
	}
	most = k.bytes;
	for (uint64_t i = 0; i < n; i += KEYED_AHEAD) {
		for (uint64_t j = 0; j < KEYED_AHEAD; j++)	/* the last ones are not there */
			key[j] = nth_key(text[j], i + j);
		keyed_ahead(&k, key, KEYED_AHEAD);
		for (uint64_t j = 0; j < KEYED_AHEAD; j++) {
			uint64_t *value = keyed_find(&k, key[j]);

			DEMAND((value != NULL) == (i + j < n));
			DEMAND(value == NULL || (value[0] == i + j && value[24] == i + j));
		}
	}
	for (uint64_t i = 0; i < n; i++)
		keyed_remove(&k, keyed_find(&k, nth_key(text[0], i)));
	DEMAND(k.count == 0 && k.bytes < most / 2);
	keyed_free(&k);
	DEMAND(k.bytes == 0);
	keyed_ahead(&k, key, KEYED_AHEAD);
}
END_TEST

START_TEST(short_of_memory)
{
	bool reached = true;

	for (uint64_t nth = 1; reached; nth++) {
		struct keyed k;
		bool failed = false;

		keyed_init(&k, 8, test_seed);
		fault_set(nth, nth % 2 == 0);
		for (int i = 0; i < 3000; i++) {
			char text[40];
			bool fresh;
			void *value;

			snprintf(text, sizeof(text), "%s%d",
			    i % 50 == 0 ? "a long key of many " : "", i);
			value = keyed_put(&k, map_key_make(text, strlen(text)), &fresh);
			failed |= value == NULL ||
			    (i % 7 == 0 && keyed_due(&k, value, i) == -1);
		}
		reached = fault_clear() >= nth;
		DEMAND(failed == reached);
		keyed_free(&k);
	}
}
END_TEST

static int
by_tens(const void *x, const void *y, const void *arg)
{
	const int *a = x, *b = y;

	DEMAND(arg == &test_seed);
	return *a / 10 - *b / 10;
}

START_TEST(sorting)
{
	static int items[2000];
	const void *at[2000];

	for (size_t n = 0; n < 2000; n = n < 40 ? n + 1 : n * 3) {
		for (size_t i = 0; i < n; i++) {
			items[i] = (int)rand_below(200);
			at[i] = &items[i];
		}
		ck_assert_int_eq(sort_pointers(at, n, by_tens, &test_seed), 0);
		for (size_t i = 1; i < n; i++) {
			const int *x = at[i - 1], *y = at[i];

			DEMAND(*x / 10 < *y / 10 || (*x / 10 == *y / 10 && x < y));
		}
	}
	fault_set(1, true);
	ck_assert_int_eq(sort_pointers(at, 100, by_tens, &test_seed), -1);
	(void)fault_clear();
}
END_TEST

/* ---- putting down ---- */

static int
put_word(struct buf *out, const void *value)
{
	uint64_t word;

	memcpy(&word, value, sizeof(word));
	return wire_put(out, word);
}

static int
get_word(struct wire *in, void *value)
{
	uint64_t word = wire_get(in);

	memcpy(value, &word, sizeof(word));
	return 0;
}

static const struct keyed_kind words = { .put = put_word, .get = get_word };

static void
save(struct keyed *k, struct memory_store *m, uint64_t number)
{
	struct buf out = { 0 };
	struct saving s = store_saving(m, STORE_LANE, &out);
	struct err err;

	DEMAND(keyed_save(k, &words, number, &s, &err) == 0 && out.len == 0);
	buf_free(&out);
}

static void
load(struct keyed *k, const struct memory_store *m, uint64_t want)
{
	uint64_t seed[2] = { rand_u64(), rand_u64() }, number = 0;
	struct err err;

	keyed_init(k, sizeof(uint64_t), seed);
	for (size_t i = 0; i < m->n; i++) {
		struct wire in = store_wire(&m->chunk[i]);

		DEMAND(keyed_load(k, &words, &number, &m->chunk[i].part, &in, &err) == 0);
		DEMAND(!in.damaged && in.at == in.end);
	}
	ck_assert_uint_eq(number, want);
}

static void
same_entries(const struct keyed *x, const struct keyed *y)
{
	DEMAND(x->count == y->count && x->heaped == y->heaped);
	for (uint32_t id = 1; id <= x->count; id++) {
		const struct keyed_entry *a = keyed_at(x, id), *b;
		void *value = keyed_find(y, a->key);

		DEMAND(value != NULL && memcmp(a + 1, value, sizeof(uint64_t)) == 0);
		b = keyed_entry(value);
		DEMAND(a->due == b->due && (a->place != 0) == (b->place != 0));
	}
}

/* Touches a key in one of the ways there are. */
static void
change(struct keyed *k, struct map_key key)
{
	uint64_t word = rand_below(100000);
	void *value = keyed_find(k, key);
	bool fresh;

	if (value != NULL && rand_below(4) == 0) {
		keyed_remove(k, value);
		return;
	}
	value = keyed_put(k, key, &fresh);
	DEMAND(value != NULL);
	if (rand_below(2) == 0) {
		memcpy(value, &word, sizeof(word));
		keyed_touch(k, value);
	}
	if (rand_below(3) == 0)
		DEMAND(keyed_due(k, value, (int64_t)rand_below(1000)) == 0);
}

/* Keys come, change and go, over many sweeps; now and then what was put is read and goes on. */
START_TEST(comes_back)
{
	struct pool pool;
	struct memory_store m;
	struct keyed k, other;
	uint64_t generation = 0;
	size_t most = 0, in_use;

	pool_make(&pool, (enum key_kind)_i, 3000);
	keyed_init(&k, sizeof(uint64_t), test_seed);
	store_start(&m);
	for (uint64_t step = 1; step <= 400; step++) {
		in_use = step / 100 % 2 == 0 ? pool.n : 20;	/* most go, and come again */
		for (uint64_t n = rand_below(300); n > 0; n--)
			change(&k, key_of(&pool.key[rand_below(in_use)]));
		for (uint64_t n = 0; n < 100 && k.count > in_use; n++) {
			uint32_t id = 1 + (uint32_t)rand_below(k.count);

			keyed_remove(&k, keyed_at(&k, id) + 1);
		}
		save(&k, &m, step);
		DEMAND(m.chunk[m.n - 1].part.generation >= generation);
		generation = m.chunk[m.n - 1].part.generation;
		if (store_bytes(&m) > most)
			most = store_bytes(&m);
		load(&other, &m, step);
		same_entries(&k, &other);
		if (rand_below(30) > 0) {
			keyed_free(&other);
			continue;
		}
		keyed_free(&k);
		k = other;
	}
	ck_assert_uint_gt(generation, 4);
	ck_assert_uint_lt(most, (4 * pool.n + 2 * 4096) * 64);
	keyed_free(&k);
	ck_assert_uint_eq(k.bytes, 0);
	store_free(&m);
	pool_free(&pool);
}
END_TEST

/* When what has changed cannot be remembered all is put anew. */
START_TEST(forgets_changes)
{
	struct pool pool;
	struct memory_store m;
	struct keyed k, other;

	pool_make(&pool, KEYS_WILD, 500);
	keyed_init(&k, sizeof(uint64_t), test_seed);
	store_start(&m);
	for (uint64_t step = 1; step <= 300; step++) {
		for (uint64_t n = 40; n > 0; n--) {
			void *value = k.count == 0 ? NULL :
			    keyed_at(&k, 1 + (uint32_t)rand_below(k.count)) + 1;

			if (k.count < 200 || rand_below(3) == 0)
				change(&k, key_of(&pool.key[rand_below(pool.n)]));
			else if (rand_below(2) == 0) {
				fault_set(1, true);
				keyed_touch(&k, value);
				(void)fault_clear();
			} else {
				fault_set(1, true);
				keyed_remove(&k, value);
				(void)fault_clear();
			}
		}
		save(&k, &m, step);
		load(&other, &m, step);
		same_entries(&k, &other);
		keyed_free(&other);
	}
	keyed_free(&k);
	store_free(&m);
	pool_free(&pool);
}
END_TEST

Suite *
keyed_suite(void)
{
	Suite *s = suite_create("keyed");
	TCase *t = case_add(s, "keyed");

	tcase_add_loop_test(t, model, 0, KEY_KINDS);
	tcase_add_test(t, wave);
	tcase_add_test(t, large);
	tcase_add_test(t, short_of_memory);
	tcase_add_test(t, sorting);
	tcase_add_loop_test(t, comes_back, 0, KEY_KINDS);
	tcase_add_test(t, forgets_changes);
	return s;
}
