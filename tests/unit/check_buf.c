/* Unit tests of src/base/buf.c: growth, impossible sizes, memory that runs out. */

#include <check.h>
#include <string.h>

#include "base/buf.h"
#include "util.h"

Suite *buf_suite(void);

START_TEST(appends)
{
	struct buf b = { 0 };
	char text[301];
	size_t total = 0;

	ck_assert_int_eq(buf_add(&b, NULL, 0), 0);
	ck_assert_int_eq(buf_reserve(&b, 0), 0);
	for (int i = 0; i < 3000; i++) {
		size_t len = rand_below(sizeof(text));

		memset(text, i, len);
		DEMAND(buf_add(&b, text, len) == 0);
		DEMAND(b.len == total + len && b.cap >= b.len);
		DEMAND(len == 0 || (b.data[total] == (char)i && b.data[b.len - 1] == (char)i));
		total += len;
	}
	buf_free(&b);
	ck_assert_ptr_null(b.data);
	ck_assert_uint_eq(b.len + b.cap, 0);
}
END_TEST

/* Appending byte by byte allocates O(log n) times. */
START_TEST(doubles)
{
	struct buf b = { 0 };

	fault_set(0, false);
	for (int i = 0; i < 1000000; i++)
		DEMAND(buf_add(&b, "x", 1) == 0);
	ck_assert_uint_lt(fault_clear(), 16);
	buf_free(&b);
}
END_TEST

START_TEST(refuses)
{
	struct buf b = { 0 };

	ck_assert_int_eq(buf_reserve(&b, SIZE_MAX), -1);
	ck_assert_int_eq(buf_add(&b, "abc", 3), 0);
	ck_assert_int_eq(buf_reserve(&b, SIZE_MAX), -1);
	ck_assert_int_eq(buf_reserve(&b, SIZE_MAX / 2), -1);
	fault_set(1, false);
	ck_assert_int_eq(buf_reserve(&b, 10000), -1);
	ck_assert_uint_eq(b.len, 3);
	ck_assert_mem_eq(b.data, "abc", 3);
	ck_assert_int_eq(buf_reserve(&b, 10000), 0);
	ck_assert_mem_eq(b.data, "abc", 3);
	ck_assert_uint_ge(b.cap, 10003);
	buf_free(&b);
}
END_TEST

Suite *
buf_suite(void)
{
	Suite *suite = suite_create("buf");
	TCase *tc = case_add(suite, "buf");

	tcase_add_test(tc, appends);
	tcase_add_test(tc, doubles);
	tcase_add_test(tc, refuses);
	return suite;
}
