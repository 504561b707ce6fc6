/* Unit tests of src/core/encode.c: the time column in every format, and at the ends of time. */

#include <check.h>
#include <string.h>

#include "core/encode.h"
#include "util.h"

Suite *encode_suite(void);

static const struct {
	int64_t us;
	enum time_format format;
	const char *want;
} times[] = {
	{ INT64_C(1795389000000000), TIME_ISO, "2026-11-22T23:10:00.000Z" },
	{ INT64_C(1795389000123456), TIME_ISO, "2026-11-22T23:10:00.123Z" },
	{ 0, TIME_ISO, "1970-01-01T00:00:00.000Z" },
	{ -1, TIME_ISO, "1969-12-31T23:59:59.999Z" },
	{ -1000, TIME_ISO, "1969-12-31T23:59:59.999Z" },
	{ INT64_C(1795389000000000), TIME_EPOCH, "1795389000" },
	{ INT64_C(1795389000500000), TIME_EPOCH, "1795389000.500" },
	{ INT64_C(1795389000007000), TIME_EPOCH, "1795389000.007" },
	{ INT64_C(1795389000000999), TIME_EPOCH, "1795389000" },
	{ 0, TIME_EPOCH, "0" },
	{ 1000, TIME_EPOCH, "0.001" },
	{ -1000000, TIME_EPOCH, "-1" },
	{ -1500000, TIME_EPOCH, "-1.500" },
	{ -500000, TIME_EPOCH, "-0.500" },
	{ -1000, TIME_EPOCH, "-0.001" },
	{ INT64_C(1795389000500000), TIME_EPOCH_MS, "1795389000500" },
	{ 0, TIME_EPOCH_MS, "0" },
	{ -1, TIME_EPOCH_MS, "-1" },
	{ -1500000, TIME_EPOCH_MS, "-1500" },
	{ INT64_C(1795389000500000), TIME_NONE, "" },
	{ INT64_MAX, TIME_ISO, "9999-12-31T23:59:59.999Z" },
	{ INT64_MIN, TIME_ISO, "0000-01-01T00:00:00.000Z" },
	{ INT64_MAX, TIME_EPOCH, "9223372036854.775" },
	{ INT64_MAX, TIME_EPOCH_MS, "9223372036854775" },
};

START_TEST(time_column)
{
	bool number = times[_i].format == TIME_EPOCH || times[_i].format == TIME_EPOCH_MS;
	struct encoder t = { .time_len = 7, .time_is_number = !number };

	encode_time(&t, times[_i].format, times[_i].us);
	ck_assert_uint_le(t.time_len, sizeof(t.time));
	ck_assert(t.time_is_number == number);
	ck_assert_uint_eq(t.time_len, strlen(times[_i].want));
	ck_assert_mem_eq(t.time, times[_i].want, t.time_len);
	ck_assert_uint_eq(t.out.len, 0);
}
END_TEST

/* A time takes the place of the one before, longer or shorter. */
START_TEST(again)
{
	struct encoder e = { 0 };

	encode_time(&e, TIME_ISO, 0);
	encode_time(&e, TIME_EPOCH, -1500000);
	ck_assert_uint_eq(e.time_len, 6);
	ck_assert_mem_eq(e.time, "-1.500", 6);
	encode_time(&e, TIME_NONE, 7);
	ck_assert_uint_eq(e.time_len, 0);
	encode_time(&e, TIME_EPOCH_MS, 7000);
	ck_assert_mem_eq(e.time, "7", 1);
	ck_assert(e.time_is_number);
	encode_time(&e, TIME_ISO, 7000);
	ck_assert_uint_eq(e.time_len, 24);
	ck_assert(!e.time_is_number);
}
END_TEST

Suite *
encode_suite(void)
{
	Suite *suite = suite_create("encode");
	TCase *tc = case_add(suite, "time");

	tcase_add_loop_test(tc, time_column, 0, COUNT(times));
	tcase_add_test(tc, again);
	return suite;
}
