/* Unit tests of src/core/span.c: what is read, what is refused and why, multiples. */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/span.h"
#include "util.h"

Suite *span_suite(void);

static const struct {
	const char *text;
	int64_t ticks;
	bool rows;
	const char *again;	/* as span_text writes it */
} good[] = {
	{ "1ms", 1000, false, "1ms" },
	{ "500ms", 500000, false, "500ms" },
	{ "1s", 1000000, false, "1s" },
	{ "1.5s", 1500000, false, "1500ms" },
	{ "60s", 60000000, false, "1m" },
	{ "90s", 90000000, false, "90s" },
	{ "15m", 900000000, false, "15m" },
	{ "2h", INT64_C(7200000000), false, "2h" },
	{ "1d", INT64_C(86400000000), false, "1d" },
	{ "1row", 1, true, "1rows" },
	{ "1rows", 1, true, "1rows" },
	{ "1000rows", 1000, true, "1000rows" },
	{ "007rows", 7, true, "7rows" },
};

START_TEST(reads)
{
	char text[SPAN_TEXT];
	struct span span;
	struct err err;

	ck_assert_int_eq(span_parse(&span, "batch", good[_i].text, 3, &err), 0);
	ck_assert_int_eq(span.ticks, good[_i].ticks);
	ck_assert_int_eq(span.rows, good[_i].rows);
	ck_assert_int_eq(span.word, 3);
	ck_assert_str_eq(span_text(text, span), good[_i].again);
}
END_TEST

static const struct {
	const char *text;
	const char *why;	/* behind the word in quotes */
} bad[] = {
	{ "", "is empty" },
	{ "5", "needs a unit: ms, s, m, h, d or rows" },
	{ "5x", "needs a unit: ms, s, m, h, d or rows" },
	{ "5rowsx", "needs a unit: ms, s, m, h, d or rows" },
	{ "5 s", "is not a number" },
	{ "s", "is not a number" },
	{ "-1s", "is negative" },
	{ "-1rows", "is negative" },
	{ "0s", "is zero; it must be longer" },
	{ "0ms", "is zero; it must be longer" },
	{ "0rows", "is zero; it must be longer" },
	{ "xrows", "is not a number" },
	{ "1.5rows", "is not a number" },
	{ "1 rows", "is not a number" },
	{ "99999999999999999999d", "is too large" },
	{ "300000000d", "is too large" },
	{ "9223372036854775807rows", "is too large" },
	{ "99999999999999999999rows", "is too large" },
	{ "999999999999999999999999999999999999rows", "is too large" },
	{ "0.0000001s", "has more decimals than its unit allows" },
};

START_TEST(refuses)
{
	char want[200];
	struct span span;
	struct err err;

	snprintf(want, sizeof(want), "window '%s' %s", bad[_i].text, bad[_i].why);
	ck_assert_int_eq(span_parse(&span, "window", bad[_i].text, 5, &err), -1);
	if (strncmp(err.message, want, strlen(want)) != 0)
		ck_abort_msg("'%s', want '%s'", err.message, want);
	ck_assert_int_eq(err.code, ERR_USAGE);
	ck_assert_int_eq(err.word, 5);
}
END_TEST

static const struct {
	const char *span, *unit;
	const char *why;	/* NULL: it is one */
} multiples[] = {
	{ "1s", "1s", NULL },
	{ "30s", "1s", NULL },
	{ "1m", "20s", NULL },
	{ "100rows", "10rows", NULL },
	{ "10s", "3s", "window 10s is not a multiple of the batch 3s" },
	{ "1s", "2s", "window 1s is shorter than the batch 2s" },
	{ "25rows", "10rows", "window 25rows is not a multiple of the batch 10rows" },
	{ "5rows", "10rows", "window 5rows is shorter than the batch 10rows" },
	{ "10s", "10rows",
	    "window 10s and batch 10rows: give both in rows or both in time" },
	{ "10rows", "1s", "window 10rows and batch 1s: give both in rows or both in time" },
};

START_TEST(multiple)
{
	struct span span, unit;
	struct err err = { 0 };
	int rc;

	ck_assert_int_eq(span_parse(&span, "window", multiples[_i].span, 9, &err), 0);
	ck_assert_int_eq(span_parse(&unit, "batch", multiples[_i].unit, 1, &err), 0);
	rc = span_check_multiple(span, "window", unit, "batch", &err);
	ck_assert_int_eq(rc, multiples[_i].why == NULL ? 0 : -1);
	if (rc == 0)
		return;
	ck_assert_str_eq(err.message, multiples[_i].why);
	ck_assert_int_eq(err.word, 9);
	ck_assert_int_eq(err.code, ERR_USAGE);
}
END_TEST

/* Whatever is read is written so that it reads back; the longest text fits. */
START_TEST(round_trip)
{
	for (int round = 0; round < 20000; round++) {
		struct span span = {
			.ticks = (int64_t)(1 +
			    rand_below(INT64_MAX / 4) / (1 + rand_u64() % 1000000)),
			.rows = rand_below(2) == 0,
		}, again;
		char text[SPAN_TEXT];
		struct err err;

		DEMAND(span_parse(&again, "x", span_text(text, span), 0, &err) == 0);
		DEMAND(again.ticks == span.ticks && again.rows == span.rows);
	}
}
END_TEST

Suite *
span_suite(void)
{
	Suite *suite = suite_create("span");
	TCase *tc = case_add(suite, "span");

	tcase_add_loop_test(tc, reads, 0, COUNT(good));
	tcase_add_loop_test(tc, refuses, 0, COUNT(bad));
	tcase_add_loop_test(tc, multiple, 0, COUNT(multiples));
	tcase_add_test(tc, round_trip);
	return suite;
}
