/*
 * Unit tests of src/base/tstamp.c: known instants, every day of ten thousand years against a
 * calendar that is counted up day by day, and the libc's gmtime for random instants.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/tstamp.h"

Suite *tstamp_suite(void);

#define MS_PER_DAY INT64_C(86400000)
#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static const struct {
	int64_t ms;
	const char *text;
} format_cases[] = {
	{ 0, "1970-01-01T00:00:00.000Z" },
	{ 1, "1970-01-01T00:00:00.001Z" },
	{ -1, "1969-12-31T23:59:59.999Z" },
	{ -1000, "1969-12-31T23:59:59.000Z" },
	{ -MS_PER_DAY, "1969-12-31T00:00:00.000Z" },
	{ -MS_PER_DAY - 1, "1969-12-30T23:59:59.999Z" },
	{ INT64_C(951782400000), "2000-02-29T00:00:00.000Z" },
	{ INT64_C(951868799999), "2000-02-29T23:59:59.999Z" },
	{ INT64_C(1795389000000), "2026-11-22T23:10:00.000Z" },
	{ INT64_C(2147483648000), "2038-01-19T03:14:08.000Z" },
	{ INT64_C(4107542400000), "2100-03-01T00:00:00.000Z" },
	{ TSTAMP_MIN, "0000-01-01T00:00:00.000Z" },
	{ TSTAMP_MIN + 60 * MS_PER_DAY, "0000-03-01T00:00:00.000Z" },
	{ TSTAMP_MAX, "9999-12-31T23:59:59.999Z" },
};

START_TEST(format_known)
{
	char got[TSTAMP_BYTES + 1] = "";
	int64_t back = 0;

	ck_assert_uint_eq(tstamp_format(got, format_cases[_i].ms), TSTAMP_BYTES);
	ck_assert_str_eq(got, format_cases[_i].text);
	ck_assert_int_eq(tstamp_parse(got, TSTAMP_BYTES, &back), 0);
	ck_assert_int_eq(back, format_cases[_i].ms);
}
END_TEST

START_TEST(format_clamps)
{
	char got[TSTAMP_BYTES + 1] = "";

	tstamp_format(got, TSTAMP_MIN - 1);
	ck_assert_str_eq(got, "0000-01-01T00:00:00.000Z");
	tstamp_format(got, INT64_MIN);
	ck_assert_str_eq(got, "0000-01-01T00:00:00.000Z");
	tstamp_format(got, TSTAMP_MAX + 1);
	ck_assert_str_eq(got, "9999-12-31T23:59:59.999Z");
	tstamp_format(got, INT64_MAX);
	ck_assert_str_eq(got, "9999-12-31T23:59:59.999Z");
}
END_TEST

static int
model_month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (month == 2 && (year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)))
		return 29;
	return days[month - 1];
}

START_TEST(every_day)
{
	int year, month, day;
	int64_t ms = TSTAMP_MIN, back;
	char want[64], got[TSTAMP_BYTES + 1] = "";

	for (year = 0; year <= 9999; year++) {
		for (month = 1; month <= 12; month++) {
			snprintf(want, sizeof(want), "%04d-%02d-", year, month);
			for (day = 1; day <= model_month_days(year, month); day++) {
				want[8] = (char)('0' + day / 10);
				want[9] = (char)('0' + day % 10);
				strcpy(want + 10, "T00:00:00.000Z");
				tstamp_format(got, ms);
				if (strcmp(got, want) != 0)
					ck_abort_msg("%s is formatted as %s", want, got);
				if (tstamp_parse(want, TSTAMP_BYTES, &back) != 0 || back != ms)
					ck_abort_msg("%s does not read back", want);
				ms += MS_PER_DAY;
			}
		}
	}
	ck_assert_int_eq(ms, TSTAMP_MAX + 1);
}
END_TEST

START_TEST(random_against_gmtime)
{
	uint64_t random = UINT64_C(0x9e3779b97f4a7c15);
	char want[64], got[TSTAMP_BYTES + 1] = "";
	int i;

	for (i = 0; i < 200000; i++) {
		int64_t ms, back;
		time_t seconds;
		size_t len;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		ms = TSTAMP_MIN + (int64_t)(random % (uint64_t)(TSTAMP_MAX - TSTAMP_MIN + 1));
		seconds = (time_t)((ms - TSTAMP_MIN) / 1000 + TSTAMP_MIN / 1000);
		len = strftime(want, sizeof(want), "-%m-%dT%H:%M:%S", gmtime(&seconds));
		snprintf(want + len, sizeof(want) - len, ".%03dZ", (int)((ms - TSTAMP_MIN) % 1000));
		tstamp_format(got, ms);
		if (strcmp(got + 4, want) != 0 || atoi(got) != gmtime(&seconds)->tm_year + 1900)
			ck_abort_msg("%s, gmtime says %s", got, want);
		if (tstamp_parse(got, TSTAMP_BYTES, &back) != 0 || back != ms)
			ck_abort_msg("%s does not read back", got);
	}
}
END_TEST

static const struct {
	const char *text;
	int64_t ms;
} good_cases[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "1970-01-01T00:00:00.5Z", 500 },
	{ "1970-01-01T00:00:00.05Z", 50 },
	{ "1970-01-01T00:00:00.123456789Z", 123 },
	{ "1970-01-01T00:00:00.999999999Z", 999 },
	{ "1969-12-31T23:59:59.9999Z", -1 },
	{ "1970-01-01T01:00:00+01:00", 0 },
	{ "1969-12-31T18:30:00-05:30", 0 },
	{ "1970-01-01T00:00:00-00:00", 0 },
	{ "1970-01-01T23:59:00+23:59", 0 },
	{ "1970-01-01T00:00:00.25+00:01", -59750 },
	{ "2016-12-31T23:59:60Z", INT64_C(1483228799999) },
	{ "2016-12-31T23:59:60.000Z", INT64_C(1483228799999) },
	{ "2017-01-01T00:59:60.5+01:00", INT64_C(1483228799999) },
	{ "2024-02-29T00:00:00Z", INT64_C(1709164800000) },
	{ "0000-02-29T00:00:00Z", TSTAMP_MIN + 59 * MS_PER_DAY },
	{ "0000-01-01T00:00:00+00:01", TSTAMP_MIN - 60000 },
	{ "9999-12-31T23:59:59.999-23:59", TSTAMP_MAX + 1439 * 60000 },
};

/* Parses a copy without a NUL behind it, so that a sanitizer sees a read too far. */
static int
parse_copy(const char *text, size_t len, int64_t *ms)
{
	char *copy = malloc(len > 0 ? len : 1);
	int status;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, len);
	status = tstamp_parse(copy, len, ms);
	free(copy);
	return status;
}

START_TEST(parse_good)
{
	const char *text = good_cases[_i].text;
	size_t len, full = strlen(text);
	int64_t ms = 77;

	ck_assert_msg(parse_copy(text, full, &ms) == 0, "%s", text);
	ck_assert_int_eq(ms, good_cases[_i].ms);
	for (len = 0, ms = 77; len < full; len++)
		ck_assert_msg(parse_copy(text, len, &ms) == -1, "%.*s", (int)len, text);
	ck_assert_int_eq(ms, 77);
}
END_TEST

static const char *const bad_cases[] = {
	"",
	"1970-01-01",
	"1970-01-01T00:00:00",
	"1970-01-01T00:00Z",
	"1970-01-01 00:00:00Z",
	"1970-01-01t00:00:00Z",
	"1970-01-01T00:00:00z",
	" 1970-01-01T00:00:00Z",
	"1970-01-01T00:00:00Z ",
	"1970-01-01T00:00:00ZZ",
	"1970-01-01T00:00:00.Z",
	"1970-01-01T00:00:00,5Z",
	"1970-01-01T00:00:00.1234567890Z",
	"1970-01-01T00:00:00.00000000000000000000000000000000Z",
	"1970-01-01T00:00:00+0100",
	"1970-01-01T00:00:00+01",
	"1970-01-01T00:00:00+24:00",
	"1970-01-01T00:00:00+01:60",
	"1970-01-01T00:00:00+01:00Z",
	"1970-1-01T00:00:00Z",
	"70-01-01T00:00:00Z",
	"-001-01-01T00:00:00Z",
	"+1970-01-01T00:00:00Z",
	"19700101T000000Z",
	"1970-00-01T00:00:00Z",
	"1970-13-01T00:00:00Z",
	"1970-01-00T00:00:00Z",
	"1970-01-32T00:00:00Z",
	"1970-04-31T00:00:00Z",
	"1970-02-29T00:00:00Z",
	"1900-02-29T00:00:00Z",
	"2000-02-30T00:00:00Z",
	"1970-01-01T24:00:00Z",
	"1970-01-01T00:60:00Z",
	"1970-01-01T00:00:61Z",
	"1970-01-01T00:00: 0Z",
	"1970-01-01T00:00:0aZ",
};

START_TEST(parse_bad)
{
	int64_t ms = 77;

	ck_assert_msg(parse_copy(bad_cases[_i], strlen(bad_cases[_i]), &ms) == -1, "%s",
	    bad_cases[_i]);
	ck_assert_int_eq(ms, 77);
}
END_TEST

/* Any byte in any place is either refused or reads as what formats back to the same bytes. */
START_TEST(parse_mutations)
{
	char text[] = "2024-02-29T23:59:59.999Z", again[TSTAMP_BYTES];
	size_t at;
	int byte;

	for (at = 0; at < TSTAMP_BYTES; at++) {
		char kept = text[at];

		for (byte = 0; byte < 256; byte++) {
			int64_t ms;

			text[at] = (char)byte;
			if (parse_copy(text, TSTAMP_BYTES, &ms) != 0)
				continue;
			tstamp_format(again, ms);
			ck_assert_mem_eq(again, text, TSTAMP_BYTES);
		}
		text[at] = kept;
	}
}
END_TEST

Suite *
tstamp_suite(void)
{
	Suite *suite = suite_create("tstamp");
	TCase *format = tcase_create("format"), *parse = tcase_create("parse");

	tcase_add_loop_test(format, format_known, 0, COUNT(format_cases));
	tcase_add_test(format, format_clamps);
	tcase_add_test(format, every_day);
	tcase_add_test(format, random_against_gmtime);
	tcase_set_timeout(format, 60);
	suite_add_tcase(suite, format);
	tcase_add_loop_test(parse, parse_good, 0, COUNT(good_cases));
	tcase_add_loop_test(parse, parse_bad, 0, COUNT(bad_cases));
	tcase_add_test(parse, parse_mutations);
	suite_add_tcase(suite, parse);
	return suite;
}
