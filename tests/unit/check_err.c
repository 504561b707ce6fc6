/* Unit tests of src/base/err.c: the fields of each kind, long messages, more added behind. */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "util.h"

Suite *err_suite(void);

START_TEST(kinds)
{
	struct err e;

	memset(&e, 0xff, sizeof(e));
	ck_assert_int_eq(err_set(&e, ERR_RUN, "%s %d", "number", 7), -1);
	ck_assert_str_eq(e.message, "number 7");
	ck_assert_int_eq(e.code, ERR_RUN);
	ck_assert_int_eq(e.word, ERR_NO_WORD);
	ck_assert_uint_eq(e.column + e.length, 0);
	ck_assert_int_eq(err_word(&e, 3, "bad"), -1);
	ck_assert_int_eq(e.code, ERR_USAGE);
	ck_assert_int_eq(e.word, 3);
	ck_assert_int_eq(err_memory(&e, "reading input"), -1);
	ck_assert_str_eq(e.message, "out of memory reading input");
	ck_assert_int_eq(e.code, ERR_RUN);
	ck_assert_int_eq(err_system(&e, "a.txt", "open", ENOENT), -1);
	ck_assert_str_eq(e.message, "a.txt: open: No such file or directory");
	ck_assert_int_eq(e.word, ERR_NO_WORD);
}
END_TEST

START_TEST(long_messages)
{
	char text[1000];
	struct err e;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	err_set(&e, ERR_RUN, "%s", text);
	ck_assert_uint_lt(strlen(e.message), sizeof(e.message));
	ck_assert_uint_gt(strlen(e.message), sizeof(e.message) - 8);
	err_add(&e, "%s", "more");
	err_add(&e, "%s", text);
	ck_assert_uint_lt(strlen(e.message), sizeof(e.message));
	ck_assert_int_eq(e.message[0], 'x');
	err_word(&e, 1, "%.300s", text);
	err_add(&e, "%.300s", text);
	ck_assert_uint_lt(strlen(e.message), sizeof(e.message));
	ck_assert_int_eq(e.word, 1);
}
END_TEST

START_TEST(added)
{
	struct err e;

	err_word(&e, 2, "unknown '%s'", "x");
	err_add(&e, ", did you mean '%s'?", "y");
	err_add(&e, " (%d)", 1);
	ck_assert_str_eq(e.message, "unknown 'x', did you mean 'y'? (1)");
	ck_assert_int_eq(e.word, 2);
}
END_TEST

Suite *
err_suite(void)
{
	Suite *suite = suite_create("err");
	TCase *tc = case_add(suite, "err");

	tcase_add_test(tc, kinds);
	tcase_add_test(tc, long_messages);
	tcase_add_test(tc, added);
	return suite;
}
