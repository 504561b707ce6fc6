/*
 * Unit tests of src/engine/shed.c: what stays and what is lost by each policy, with blocks of any
 * size and kind, and that each record is given back or counted as lost.
 */

#include "engine/shed.h"
#include "util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *shed_suite(void);

#define BLOCK 4096

struct rig {
	struct shed	shed;
	struct lines	lines;		/* what is read into */
	uint64_t	put, lost, got, next;	/* records; the number of the next one that comes */
	uint64_t	last, gap;	/* record that was got; the most lost in a row */
	bool		quoted;
};

static void
rig_open(struct rig *r, enum shed_policy policy, bool quoted)
{
	*r = (struct rig){ .quoted = quoted };
	ck_assert_int_eq(lines_open(&r->lines, BLOCK), 0);
	r->lines.quoted = quoted;
	ck_assert_int_eq(shed_open(&r->shed, policy, 7, &r->lines), 0);
}

static void
rig_close(struct rig *r)
{
	shed_close(&r->shed);
	lines_close(&r->lines);
}

/* Reads N records, numbered on, of SOURCE; they are 8 bytes, or 12 with a line end in quotes. */
static void
put(struct rig *r, unsigned n, int source, size_t limit)
{
	uint64_t lost;

	for (unsigned i = 0; i < n; i++) {
		int len = sprintf(r->lines.data + r->lines.len,
		    r->quoted ? "\"%07u\n\"\n" : "%07u\n", (unsigned)++r->next);

		r->lines.len += (size_t)len;
	}
	r->lines.records = n;
	r->lines.source = source;
	ck_assert(!shed_is_full(&r->shed));
	ck_assert_int_eq(shed_put(&r->shed, &r->lines, limit, &lost), 0);
	ck_assert_uint_eq(r->lines.len, 0);
	ck_assert_uint_eq(r->lines.records, 0);
	r->put += n;
	r->lost += lost;
}

/* Takes out one block: its records are as many as it says and came in this order. */
static int
take(struct rig *r)
{
	struct lines *l = shed_take(&r->shed);
	uint64_t records = 0;
	bool ordered = true;

	for (size_t at = r->quoted; at < l->len; at += r->quoted ? 11 : 8) {
		uint64_t number = strtoull(l->data + at, NULL, 10);

		ordered &= number > r->last;
		if (number - r->last > r->gap)
			r->gap = number - r->last;
		r->last = number;
		records++;
	}
	ck_assert(ordered);
	ck_assert_uint_eq(records, l->records);
	r->got += records;
	lines_empty(l);
	return l->source;
}

static void
take_all(struct rig *r)
{
	while (r->shed.waiting > 0)
		take(r);
	ck_assert_uint_eq(r->shed.bytes, 0);
	ck_assert_uint_eq(r->put, r->got + r->lost);
}

START_TEST(in_order_while_there_is_room)
{
	struct rig r;

	rig_open(&r, SHED_OLDEST, false);
	for (unsigned i = 1; i < 300; i++) {
		put(&r, i, 0, 1 << 20);
		if (i % 3 == 0)
			take(&r);
	}
	take_all(&r);
	ck_assert_uint_eq(r.lost, 0);
	rig_close(&r);
}
END_TEST

START_TEST(oldest_keeps_the_last)
{
	struct rig r;

	rig_open(&r, SHED_OLDEST, false);
	for (unsigned i = 0; i < 100; i++)
		put(&r, 500, 0, 5 * 4000);
	ck_assert_uint_eq(r.lost, 95 * 500);
	take_all(&r);
	ck_assert_uint_eq(r.last, 50000);
	rig_close(&r);
}
END_TEST

START_TEST(newest_keeps_the_first)
{
	struct rig r;

	rig_open(&r, SHED_NEWEST, false);
	for (unsigned i = 0; i < 100; i++)
		put(&r, 500, 0, 5 * 4000);
	ck_assert_uint_eq(r.lost, 95 * 500);
	take_all(&r);
	ck_assert_uint_eq(r.last, 5 * 500);
	rig_close(&r);
}
END_TEST

/* Some are left wherever one looks, and never more than the limit waits. */
START_TEST(sample_keeps_some_of_all)
{
	struct rig r;

	rig_open(&r, SHED_SAMPLE, _i == 1);
	for (unsigned i = 0; i < 40; i++) {
		put(&r, 300, 0, 20 * 4000);
		ck_assert_uint_le(r.shed.bytes, 20 * 4000);
	}
	take_all(&r);
	ck_assert_uint_gt(r.lost, 0);
	ck_assert_uint_lt(r.gap, 100);
	rig_close(&r);
}
END_TEST

/* A block alone is never too large; the limit is for what waits besides. */
START_TEST(one_block_always_fits)
{
	for (enum shed_policy p = SHED_OLDEST; p <= SHED_SAMPLE; p++) {
		struct rig r;

		rig_open(&r, p, false);
		put(&r, 500, 0, 1);
		ck_assert_uint_eq(r.lost, 0);
		take_all(&r);
		rig_close(&r);
	}
}
END_TEST

/* Small ones come together, but not those of another source. */
START_TEST(small_ones_come_together)
{
	struct rig r;

	rig_open(&r, SHED_OLDEST, false);
	for (unsigned i = 0; i < 100; i++)
		put(&r, 1, 0, 1 << 20);
	ck_assert_uint_eq(r.shed.waiting, 1);
	for (unsigned i = 0; i < SHED_BLOCKS - 1; i++)
		put(&r, 1, i % 2 + 1, 1 << 20);
	ck_assert(shed_is_full(&r.shed));
	ck_assert_int_eq(take(&r), 0);
	ck_assert_int_eq(take(&r), 1);
	ck_assert_int_eq(take(&r), 2);
	take_all(&r);
	rig_close(&r);
}
END_TEST

/* Any puts and takes, with blocks of two sources and any limit: each record is told of. */
START_TEST(all_are_accounted_for)
{
	for (unsigned seed = 0; seed < 50; seed++) {
		struct rig r;

		srand(seed);
		rig_open(&r, SHED_OLDEST + seed % 3, seed % 2);
		for (unsigned i = 0; i < 300; i++) {
			if (rand() % 3 == 0 && r.shed.waiting > 0)
				take(&r);
			if (shed_is_full(&r.shed))
				take(&r);
			put(&r, 1 + (unsigned)rand() % 300, rand() % 2,
			    4096 + (size_t)rand() % 60000);
		}
		take_all(&r);
		rig_close(&r);
	}
}
END_TEST

Suite *
shed_suite(void)
{
	Suite *suite = suite_create("shed");
	TCase *tcase = tcase_create("shed");

	tcase_add_test(tcase, in_order_while_there_is_room);
	tcase_add_test(tcase, oldest_keeps_the_last);
	tcase_add_test(tcase, newest_keeps_the_first);
	tcase_add_loop_test(tcase, sample_keeps_some_of_all, 0, 2);
	tcase_add_test(tcase, one_block_always_fits);
	tcase_add_test(tcase, small_ones_come_together);
	tcase_add_test(tcase, all_are_accounted_for);
	suite_add_tcase(suite, tcase);
	return suite;
}
