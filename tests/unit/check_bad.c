/* Unit tests of src/core/bad.c: counting, the first reason, what is kept, gathering, memory. */

#include <check.h>
#include <string.h>

#include "core/bad.h"
#include "util.h"

Suite *bad_suite(void);

static void
same_text(const struct bad *b, const char *want, size_t len)
{
	struct buf w = { 0 };

	text_add(&w, want, len);
	text_same(&b->text, &w, "kept");
	buf_free(&w);
}

START_TEST(counts_and_tells_the_first)
{
	struct bad b = { 0 };

	bad_record(&b, "abc", 3, "field %d of '%s'", 2, "abc");
	bad_record(&b, "", 0, "another");
	ck_assert_uint_eq(b.n, 2);
	ck_assert_str_eq(b.why, "field 2 of 'abc'");
	ck_assert_uint_eq(b.text.len, 0);
	ck_assert_ptr_null(b.text.data);
	bad_free(&b);
}
END_TEST

/* Records are kept as they were read, whatever bytes they hold. */
START_TEST(keeps_if_asked)
{
	struct bad b = { .keep = true };

	bad_record(&b, "a\0\xff\t", 4, "why");
	bad_record(&b, "", 0, "why");
	bad_record(&b, "x", 1, "why");
	same_text(&b, "a\0\xff\t\n\nx\n", 8);
	bad_free(&b);
}
END_TEST

START_TEST(long_reasons_are_cut)
{
	struct bad b = { 0 };
	char text[1000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	bad_record(&b, text, sizeof(text) - 1, "%s", text);
	ck_assert_uint_eq(strlen(b.why), BAD_REASON - 1);
	bad_free(&b);
}
END_TEST

/* What many lanes found in many batches is in one place: all of it, once. */
START_TEST(gathers)
{
	struct bad sum = { .keep = true }, lane[3] = { { .keep = true }, { .keep = true },
		{ .keep = true } };
	struct buf want = { 0 };
	uint64_t n = 0;

	for (int batch = 0; batch < 50; batch++) {
		for (int i = 0; i < 3; i++) {
			for (uint64_t k = rand_below(4); k > 0; k--, n++) {
				char text = (char)('a' + rand_below(26));

				bad_record(&lane[i], &text, 1, "%c %d", text, batch);
				text_printf(&want, "%c\n", text);
			}
			bad_gather(&sum, &lane[i]);
			ck_assert_uint_eq(lane[i].n + lane[i].text.len, 0);
			ck_assert_str_eq(lane[i].why, "");
			ck_assert(lane[i].keep);
		}
	}
	ck_assert_uint_eq(sum.n, n);
	text_same(&sum.text, &want, "gathered");
	ck_assert_int_eq(sum.why[0], want.data[0]);
	for (int i = 0; i < 3; i++)
		bad_free(&lane[i]);
	bad_free(&sum);
	buf_free(&want);
}
END_TEST

/* One that cannot be kept is counted all the same, and whoever gathers it knows. */
START_TEST(memory_fails)
{
	struct bad b = { .keep = true }, sum = { .keep = true };

	fault_set(1, true);
	bad_record(&b, "record", 6, "why");
	(void)fault_clear();
	ck_assert(b.no_memory);
	ck_assert_uint_eq(b.n, 1);
	ck_assert_str_eq(b.why, "why");
	bad_gather(&sum, &b);
	ck_assert(sum.no_memory);
	sum.no_memory = b.no_memory = false;
	bad_record(&b, "record", 6, "why");
	fault_set(1, true);
	bad_gather(&sum, &b);
	(void)fault_clear();
	ck_assert(sum.no_memory);
	ck_assert_uint_eq(sum.n, 2);
	bad_free(&b);
	bad_free(&sum);
}
END_TEST

Suite *
bad_suite(void)
{
	Suite *suite = suite_create("bad");
	TCase *tc = case_add(suite, "bad");

	tcase_add_test(tc, counts_and_tells_the_first);
	tcase_add_test(tc, keeps_if_asked);
	tcase_add_test(tc, long_reasons_are_cut);
	tcase_add_test(tc, gathers);
	tcase_add_test(tc, memory_fails);
	return suite;
}
