/*
 * Unit tests of src/core/heavy.c and heavy_counters.c: the bounds that are promised, against exact
 * counts, for one stream and for merged parts; the same answer from saved bytes, damage, and memory
 * that runs out.
 */

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/heavy.h"
#include "util.h"

Suite *heavy_suite(void);

#define KEYS 2000
#define WORDS HEAVY_WORDS

static const struct heavy_config configs[] = {
	{ 1, { 1, 2 } }, { 2, { 1, 2 } }, { 10, { 1, 2 } }, { 100, { 1, 2 } }, { 3000, { 1, 2 } },
};

/* Key I, short for even ones, long for odd. */
static struct map_key
make_key(unsigned i, char *text)
{
	return map_key_make(text, (size_t)sprintf(text, i % 2 ? "key %u that is a long one" : "k%u",
	    i));
}

static unsigned
key_number(const struct map_key *key)
{
	size_t len;
	char text[64] = "";
	const char *bytes = map_key_bytes(key, &len);

	DEMAND(len < sizeof(text));
	memcpy(text, bytes, len);
	return (unsigned)atoi(text + (text[1] == 'e' ? 4 : 1));
}

/* Zipf's law, roughly: the Ith key comes about 1 / i times as often as the first. */
static unsigned
random_key(void)
{
	return (unsigned)(exp((double)(rand_u64() >> 11) / 9007199254740992.0 * log(KEYS)) - 1);
}

static void
add(uint64_t *w, const struct heavy_config *c, unsigned i, uint64_t *count)
{
	char text[64];

	DEMAND(heavy_add(w, c, make_key(i, text)) == 0);
	memset(text, 'x', sizeof(text));
	if (count != NULL)
		count[i]++;
}

/* All that heavy.h promises. */
static void
check_bounds(const uint64_t *w, const struct heavy_config *c, const uint64_t *count)
{
	size_t n = heavy_count(w);
	struct heavy_item *items = malloc((n + 1) * sizeof(*items));
	uint64_t total = 0, listed[KEYS] = { 0 }, distinct = 0;

	for (int i = 0; i < KEYS; i++) {
		total += count[i];
		distinct += count[i] > 0;
	}
	DEMAND(w[HEAVY_TOTAL] == total && n == (distinct < c->capacity ? distinct : c->capacity));
	DEMAND(heavy_list(w, items) == 0);
	for (size_t i = 0; i < n; i++) {
		unsigned key = key_number(&items[i].key);

		DEMAND(listed[key]++ == 0);
		DEMAND(items[i].count >= count[key]);
		DEMAND(items[i].count - items[i].error <= count[key]);
		DEMAND(items[i].error <= total / c->capacity);
		DEMAND(distinct > c->capacity || items[i].error == 0);
		DEMAND(i == 0 || items[i].count <= items[i - 1].count);
	}
	for (int i = 0; i < KEYS; i++)
		DEMAND(listed[i] == 1 || count[i] <= total / c->capacity);
	free(items);
}

START_TEST(one_stream)
{
	const struct heavy_config *c = &configs[_i];

	for (int round = 0; round < 20; round++) {
		uint64_t w[WORDS] = { 0 }, count[KEYS] = { 0 };
		uint64_t n = rand_below(20000);

		for (uint64_t i = 0; i < n; i++)
			add(w, c, round % 2 ? random_key() : (unsigned)rand_below(KEYS), count);
		check_bounds(w, c, count);
		DEMAND((heavy_bytes(w) > 0) == (n > 0));
		heavy_free(w);
		DEMAND(w[0] == 0 && w[1] == 0 && heavy_bytes(w) == 0);
	}
}
END_TEST

START_TEST(merged_parts)
{
	const struct heavy_config *c = &configs[_i];

	for (int round = 0; round < 20; round++) {
		uint64_t part[6][WORDS] = { { 0 } }, count[KEYS] = { 0 };

		for (int i = 0; i < 20000; i++)
			add(part[rand_below(1 + rand_below(6))], c, random_key(), count);
		for (size_t left = 6; left > 1; left--) {
			size_t k = rand_below(left - 1);

			DEMAND(heavy_merge(part[k], part[left - 1], c) == 0);
			heavy_free(part[left - 1]);
		}
		check_bounds(part[0], c, count);
		heavy_free(part[0]);
	}
}
END_TEST

static void
check_same(const uint64_t *x, const uint64_t *y)
{
	struct buf a = { 0 }, b = { 0 };

	DEMAND(heavy_save(x, &a) == 0 && heavy_save(y, &b) == 0);
	text_same(&a, &b, "saved counters");
	buf_free(&a);
	buf_free(&b);
}

/* x + y is y + x, x + 0 is x, and without lost keys (x + y) + z is x + (y + z). */
START_TEST(merge_laws)
{
	const struct heavy_config *c = &configs[_i];

	for (int round = 0; round < 20; round++) {
		uint64_t part[3][WORDS] = { { 0 } }, left[WORDS] = { 0 }, right[WORDS] = { 0 };
		uint64_t none[WORDS] = { 0 };

		for (int i = 0; i < 3000; i++)
			add(part[rand_below(3)], c, random_key(), NULL);
		DEMAND(heavy_merge(left, part[0], c) == 0 && heavy_merge(left, part[1], c) == 0);
		DEMAND(heavy_merge(right, part[1], c) == 0 && heavy_merge(right, part[0], c) == 0);
		check_same(left, right);
		DEMAND(heavy_merge(left, none, c) == 0);
		check_same(left, right);
		if (c->capacity > KEYS) {
			DEMAND(heavy_merge(left, part[2], c) == 0);
			DEMAND(heavy_merge(part[1], part[2], c) == 0);
			DEMAND(heavy_merge(part[0], part[1], c) == 0);
			check_same(left, part[0]);
		}
		for (int i = 0; i < 3; i++)
			heavy_free(part[i]);
		heavy_free(left);
		heavy_free(right);
	}
}
END_TEST

/* What was loaded goes on as if nothing had happened, and a loaded value merges. */
START_TEST(save_and_load)
{
	const struct heavy_config *c = &configs[_i];

	for (int round = 0; round < 20; round++) {
		uint64_t w[WORDS] = { 0 }, back[WORDS] = { 0 }, n = rand_below(5000);
		struct buf bytes = { 0 };
		struct wire in;

		for (uint64_t i = 0; i < n; i++)
			add(w, c, random_key(), NULL);
		DEMAND(heavy_save(w, &bytes) == 0);
		in = (struct wire){ bytes.data, bytes.data + bytes.len, false };
		DEMAND(heavy_load(back, &in, c) == 0 && !in.damaged && in.at == in.end);
		check_same(w, back);
		for (int i = 0; i < 2000; i++) {
			unsigned key = random_key();

			add(w, c, key, NULL);
			add(back, c, key, NULL);
		}
		check_same(w, back);
		in = (struct wire){ bytes.data, bytes.data + bytes.len, false };
		DEMAND(heavy_load(back, &in, c) == 0 && back[HEAVY_TOTAL] == 2 * n + 2000);
		heavy_free(w);
		heavy_free(back);
		buf_free(&bytes);
	}
}
END_TEST

START_TEST(ties)
{
	static const char *const want[] = { "b", "a", "aa", "c" };
	static const struct heavy_config c = { 4, { 3, 4 } };
	uint64_t w[WORDS] = { 0 };
	struct heavy_item items[4];
	size_t len;

	for (const char *p = "b\0c\0aa\0a\0b\0"; *p != '\0'; p += strlen(p) + 1)
		ck_assert_int_eq(heavy_add(w, &c, map_key_make(p, strlen(p))), 0);
	ck_assert_int_eq(heavy_list(w, items), 0);
	for (int i = 0; i < 4; i++) {
		const char *bytes = map_key_bytes(&items[i].key, &len);

		ck_assert_msg(len == strlen(want[i]) && memcmp(bytes, want[i], len) == 0, "%s",
		    want[i]);
	}
	/* c has waited longest of those that came once, and gives its counter away */
	ck_assert_int_eq(heavy_add(w, &c, map_key_make("new", 3)), 0);
	ck_assert_int_eq(heavy_list(w, items), 0);
	ck_assert_uint_eq(items[1].count, 2);
	ck_assert_uint_eq(items[1].error, 1);
	ck_assert_mem_eq(map_key_bytes(&items[1].key, &len), "new", 3);
	ck_assert_mem_eq(map_key_bytes(&items[3].key, &len), "aa", 2);
	heavy_free(w);
}
END_TEST

/* ---- damage ---- */

static void
load_copy(const char *bytes, size_t len, bool cut)
{
	static const struct heavy_config *c = &configs[3];
	char *copy = malloc(len + 1);
	uint64_t w[WORDS] = { 0 };
	struct wire in = { copy + 1, copy + 1 + len, false };
	struct heavy_item items[100];

	memcpy(copy + 1, bytes, len);
	add(w, c, 7, NULL);
	DEMAND(heavy_load(w, &in, c) == 0);
	DEMAND(!cut || in.damaged);
	add(w, c, 1, NULL);
	DEMAND(heavy_list(w, items) == 0);
	heavy_free(w);
	free(copy);
}

START_TEST(damaged)
{
	uint64_t w[WORDS] = { 0 };
	struct buf bytes = { 0 };

	for (int i = 0; i < 1000; i++)
		add(w, &configs[3], random_key(), NULL);
	DEMAND(heavy_save(w, &bytes) == 0);
	for (size_t len = 0; len < bytes.len; len++)
		load_copy(bytes.data, len, true);
	for (int i = 0; i < 5000; i++) {
		char *byte = &bytes.data[rand_below(bytes.len)], was = *byte;

		*byte = (char)rand_u64();
		load_copy(bytes.data, bytes.len, false);
		*byte = was;
	}
	buf_free(&bytes);
	heavy_free(w);
}
END_TEST

static bool
work_failing(uint64_t nth, bool sticky)
{
	const struct heavy_config *c = &configs[2];
	uint64_t x[WORDS] = { 0 }, y[WORDS] = { 0 };
	struct heavy_item items[10];
	struct buf bytes = { 0 };
	struct wire in;
	char text[64];
	bool fine = true, reached;

	fault_set(nth, sticky);
	for (unsigned i = 0; fine && i < 30; i++)
		fine = heavy_add(x, c, make_key(i, text)) == 0 &&
		    heavy_add(y, c, make_key(i * 2 + 1, text)) == 0;
	fine = fine && heavy_save(x, &bytes) == 0;
	in = (struct wire){ bytes.data, bytes.data + bytes.len, false };
	fine = fine && heavy_load(y, &in, c) == 0 && heavy_merge(x, y, c) == 0 &&
	    heavy_list(x, items) == 0;
	reached = fault_clear() >= nth;
	DEMAND(fine != reached);
	heavy_free(x);
	heavy_free(y);
	buf_free(&bytes);
	return reached;
}

START_TEST(memory_fails)
{
	for (int sticky = 0; sticky < 2; sticky++)
		for (uint64_t nth = 1; work_failing(nth, sticky != 0);)
			nth++;
}
END_TEST

Suite *
heavy_suite(void)
{
	Suite *suite = suite_create("heavy");
	TCase *model = case_add(suite, "model"), *damage = case_add(suite, "damage");

	tcase_add_loop_test(model, one_stream, 0, COUNT(configs));
	tcase_add_loop_test(model, merged_parts, 0, COUNT(configs));
	tcase_add_loop_test(model, merge_laws, 0, COUNT(configs));
	tcase_add_loop_test(model, save_and_load, 0, COUNT(configs));
	tcase_add_test(model, ties);
	tcase_add_test(damage, damaged);
	tcase_add_test(damage, memory_fails);
	return suite;
}
