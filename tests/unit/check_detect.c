/*
 * Unit tests of tstamp_detect, tstamp_from_number (src/base/tstamp.c) and tstamp_strptime: tables,
 * random instants in each form, and libc's strptime where both know the format.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/tstamp.h"
#include "util.h"

Suite *detect_suite(void);

#define ROUNDS 200000
#define NOON INT64_C(1795348800000000)	/* 2026-11-22T12:00:00Z */

/* Copies without a byte behind them, so that a sanitizer sees a read too far. */
static int
detect(const char *text, int64_t *us)
{
	size_t len = strlen(text);
	char *copy = malloc(len > 0 ? len : 1);
	int rc;

	memcpy(copy, text, len);
	rc = tstamp_detect(copy, len, us);
	free(copy);
	return rc;
}

static int
by_format(const char *format, const char *text, int64_t *us)
{
	size_t len = strlen(text);
	char *copy = malloc(len > 0 ? len : 1);
	int rc;

	memcpy(copy, text, len);
	rc = tstamp_strptime(format, copy, len, us);
	free(copy);
	return rc;
}

static const struct {
	const char *text;
	int64_t us;
} good[] = {
	{ "2026-11-22T12:00:00Z", NOON },
	{ "2026-11-22 12:00:00", NOON },
	{ "2026-11-22t12:00:00z", NOON },
	{ "2026-11-22T13:30:00+01:30", NOON },
	{ "2026-11-22 13:30:00+0130", NOON },
	{ "2026-11-22 07:00:00-05", NOON },
	{ "2026-11-22T12:00:00.5", NOON + 500000 },
	{ "2026-11-22 12:00:00,123", NOON + 123000 },
	{ "2026-11-22T12:00:00.123456789Z", NOON + 123456 },
	{ "1969-12-31T23:59:59.999999999Z", -1 },
	{ "2016-12-31T23:59:60Z", INT64_C(1483228799999999) },
	{ "0", 0 },
	{ "1795348800", NOON },
	{ "1795348800.25", NOON + 250000 },
	{ "1795348800.1234567", NOON + 123456 },
	{ "1795348800000", NOON },
	{ "1795348800000.5", NOON + 500 },
	{ "1795348800000000", NOON },
	{ "1795348800000000000", NOON },
	{ "1795348800000000999", NOON },
	{ "1.7953488e9", NOON },
	{ "99999999999", INT64_C(99999999999000000) },
	{ "100000000000", INT64_C(100000000000000) },
	{ "-1", -1000000 },
	{ "-0.0000001", -1 },
	{ "-100000000000", INT64_C(-100000000000000) },
	{ "99999999999999", INT64_C(99999999999999000) },
	{ "100000000000000", INT64_C(100000000000000) },
	{ "99999999999999999", INT64_C(99999999999999999) },
	{ "100000000000000000", INT64_C(100000000000000) },
};

START_TEST(detected)
{
	int64_t us = 77;

	ck_assert_msg(detect(good[_i].text, &us) == 0, "%s", good[_i].text);
	ck_assert_msg(us == good[_i].us, "%s: %lld", good[_i].text, (long long)us);
}
END_TEST

static const char *const bad[] = {
	"", "x", "2026-11-22", "2026-11-22T12:00", "2026-11-22T12:00:00 Z", "2026-11-22  12:00:00",
	"2026-13-22T12:00:00Z", "2026-02-29T12:00:00Z", "2026-11-22T24:00:00Z",
	"2026-11-22T12:00:00.", "2026-11-22T12:00:00.1234567890", "2026-11-22T12:00:00+1",
	"2026-11-22T12:00:00+01:", "2026-11-22T12:00:00+01300", "2026-11-22T12:00:00+24",
	"2026-11-22T12:00:00zz", "1795348800s", "1e30", "-99999999999", "nan", "2026-",
	"20261122T120000Z", "12:00:00",
};

START_TEST(not_detected)
{
	int64_t us = 77;

	ck_assert_msg(detect(bad[_i], &us) == -1, "%s", bad[_i]);
	ck_assert_int_eq(us, 77);
}
END_TEST

START_TEST(numbers_of_any_unit)
{
	for (int i = 0; i < ROUNDS; i++) {
		/* 1973 to 5138, where all units are told apart */
		int64_t us = INT64_C(100000000000000) +
		    (int64_t)rand_below(UINT64_C(99000000000000000));
		int64_t got;
		struct number n;
		char text[64];

		snprintf(text, sizeof(text), "%lld.%06lld", (long long)(us / 1000000),
		    (long long)(us % 1000000));
		DEMAND(detect(text, &got) == 0 && got == us);
		snprintf(text, sizeof(text), "%lld.%03lld", (long long)(us / 1000),
		    (long long)(us % 1000));
		DEMAND(detect(text, &got) == 0 && got == us);
		snprintf(text, sizeof(text), "%lld", (long long)us);
		DEMAND(detect(text, &got) == 0 && got == us);
		snprintf(text, sizeof(text), "%lld%03d", (long long)us, (int)rand_below(1000));
		DEMAND(detect(text, &got) == 0 && got == us);
		n = number_from_int(us / 1000000);
		DEMAND(tstamp_from_number(&n, &got) == 0 && got == us / 1000000 * 1000000);
		n = number_from_double((double)us / 1e6);
		DEMAND(tstamp_from_number(&n, &got) == 0 && llabs(got - us) < 30);
	}
}
END_TEST

/* ---- formats ---- */

static const struct {
	const char *format, *text;
	int64_t us;
} formats[] = {
	{ "%d/%b/%Y:%H:%M:%S %z", "22/Nov/2026:13:00:00 +0100", NOON },
	{ "%d/%b/%Y:%H:%M:%S %z", "22/nov/2026:12:00:00 Z", NOON },
	{ "[%d/%b/%Y:%H:%M:%S %z]", "[22/Nov/2026:12:00:00 +0000]", NOON },
	{ "%Y-%m-%dT%H:%M:%S.%f%z", "2026-11-22T12:00:00.000001+00:00", NOON + 1 },
	{ "%F %T", "2026-11-22 12:00:00", NOON },
	{ "%F %T,%f", "2026-11-22 12:00:00,5", NOON + 500000 },
	{ "%D %R", "11/22/26 12:00", NOON },
	{ "%D", "11/22/26", NOON - INT64_C(43200000000) },
	{ "%Y%m%d%H%M%S", "20261122120000", NOON },
	{ "%a, %d %B %Y %H:%M:%S %Z", "Sun, 22 November 2026 12:00:00 GMT", NOON },
	{ "%A %e %h %Y %T", "SUNDAY 22 NOV 2026 12:00:00", NOON },
	{ "%b %e %Y %T", "Nov  2 2026 12:00:00", NOON - INT64_C(20) * 86400000000 },
	{ "%b %d %Y %T", "Nov 2 2026 12:00:00", NOON - INT64_C(20) * 86400000000 },
	{ "%Y %j %H", "2026 326 12", NOON },
	{ "%Y/%j", "2024/366", INT64_C(1735603200000000) },
	{ "%m/%d/%Y %I:%M:%S %p", "11/22/2026 12:00:00 PM", NOON },
	{ "%m/%d/%Y %I:%M %p", "11/22/2026 12:00 am", NOON - INT64_C(43200000000) },
	{ "%F %I%p", "2026-11-22 1pm", NOON + INT64_C(3600000000) },
	{ "%s", "1795348800", NOON },
	{ "%s.%f", "-1.5", -1500000 },
	{ "%F%n%T%t%%", "2026-11-22\n\t 12:00:00 %", NOON },
	{ "%F %T", "2016-12-31 23:59:60", INT64_C(1483228799999999) },
	{ "%y-%m-%d", "69-01-01", -INT64_C(31536000000000) },
	{ "%F %H:%M", "2026-11-22 7:05", NOON - INT64_C(4) * 3600000000 - INT64_C(3300000000) },
};

START_TEST(by_formats)
{
	int64_t us = 77;

	ck_assert_ptr_null(tstamp_format_problem(formats[_i].format));
	ck_assert_msg(by_format(formats[_i].format, formats[_i].text, &us) == 0, "%s",
	    formats[_i].text);
	ck_assert_msg(us == formats[_i].us, "%s: %lld", formats[_i].text, (long long)us);
	for (size_t len = strlen(formats[_i].text); len-- > 0;) {
		/* cut short it may be another time, but nothing is read behind it */
		char *copy = malloc(len + 1);

		memcpy(copy + 1, formats[_i].text, len);
		(void)tstamp_strptime(formats[_i].format, copy + 1, len, &us);
		free(copy);
	}
}
END_TEST

static const struct {
	const char *format, *text;
} mismatches[] = {
	{ "%F", "2026-11-31" }, { "%F", "2026-02-29" }, { "%F", "2026-13-01" }, { "%F", "" },
	{ "%F", "2026-11-22x" }, { "%F x", "2026-11-22" }, { "%F %T", "2026-11-22 12:00" },
	{ "%F %H", "2026-11-22 24" }, { "%F %I%p", "2026-11-22 13pm" },
	{ "%F %p", "2026-11-22 xm" }, { "%Y %j", "2026 366" }, { "%Y %j", "2026 0" },
	{ "%d %b %Y", "22 Nob 2026" }, { "%a %F", "Xyz 2026-11-22" },
	{ "%F %z", "2026-11-22 0100" }, { "%F %z", "2026-11-22 +1" },
	{ "%F %z", "2026-11-22 +0160" }, { "%F %Z", "2026-11-22 CET" }, { "%s", "" },
	{ "%s", "-" }, { "%s", "999999999999" }, { "%F %f", "2026-11-22 x" },
	{ "%F %T.%f", "2026-11-22 12:00:00." }, { "%F%%", "2026-11-22" }, { "%T", "12:00:00" },
	{ "%q", "1" }, { "%F%", "2026-11-22" },
};

START_TEST(mismatched)
{
	int64_t us = 77;

	ck_assert_msg(by_format(mismatches[_i].format, mismatches[_i].text, &us) == -1, "%s",
	    mismatches[_i].text);
	ck_assert_int_eq(us, 77);
}
END_TEST

START_TEST(format_problems)
{
	ck_assert_str_eq(tstamp_format_problem("%H:%M"), "has no year");
	ck_assert_str_eq(tstamp_format_problem("%b %d"), "has no year");
	ck_assert_str_eq(tstamp_format_problem("%Y %d"), "has no month");
	ck_assert_str_eq(tstamp_format_problem("%Y %m"), "has no day");
	ck_assert_str_eq(tstamp_format_problem("%F %q"), "has an unknown conversion");
	ck_assert_str_eq(tstamp_format_problem("%F %"), "ends in a single %");
	ck_assert_ptr_null(tstamp_format_problem("%s"));
	ck_assert_ptr_null(tstamp_format_problem("%Y%j"));
}
END_TEST

START_TEST(as_libc)
{
	static const char *const both[] = { "%d/%b/%Y:%H:%M:%S", "%F %T", "%Y%m%d%H%M%S",
		"%A, %d %B %Y %I:%M:%S %p", "%Y %j %T", "%m/%d/%y %R", "%a %b %e %T %Y" };

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	for (int i = 0; i < ROUNDS; i++) {
		const char *format = both[rand_below((uint64_t)COUNT(both))];
		time_t t = (time_t)rand_below(UINT64_C(3000000000)) - 30000000;
		struct tm tm, back = { 0 };
		char text[128];
		int64_t us;
		const char *end;

		gmtime_r(&t, &tm);
		strftime(text, sizeof(text), format, &tm);
		end = strptime(text, format, &back);
		DEMAND(end != NULL && *end == '\0');
		DEMAND(by_format(format, text, &us) == 0);
		if (us / 1000000 != (int64_t)timegm(&back))
			ck_abort_msg("%s by %s: %lld", text, format, (long long)us);
	}
}
END_TEST

/* Bytes and formats of any kind end in an answer. */
START_TEST(noise)
{
	static const char letters[] = "%%%%YmdejHIMSpybBhaAfszZFTDR nt/:-.q";
	char format[12], text[24];
	int64_t us;

	for (int i = 0; i < ROUNDS; i++) {
		for (size_t k = 0; k < sizeof(format); k++)
			format[k] = letters[rand_below(sizeof(letters) - 1)];
		for (size_t k = 0; k < sizeof(text); k++)
			text[k] = rand_below(3) ? (char)('0' + rand_below(10)) :
			    " -:/.NovAugZ+pm\xff"[rand_below(16)];
		format[rand_below(sizeof(format))] = format[sizeof(format) - 1] = '\0';
		text[rand_below(sizeof(text))] = text[sizeof(text) - 1] = '\0';
		(void)by_format(format, text, &us);
		(void)detect(text, &us);
		(void)tstamp_format_problem(format);
	}
}
END_TEST

Suite *
detect_suite(void)
{
	Suite *suite = suite_create("detect");
	TCase *forms = case_add(suite, "detect"), *format = case_add(suite, "format");

	tcase_add_loop_test(forms, detected, 0, COUNT(good));
	tcase_add_loop_test(forms, not_detected, 0, COUNT(bad));
	tcase_add_test(forms, numbers_of_any_unit);
	tcase_add_loop_test(format, by_formats, 0, COUNT(formats));
	tcase_add_loop_test(format, mismatched, 0, COUNT(mismatches));
	tcase_add_test(format, format_problems);
	tcase_add_test(format, as_libc);
	tcase_add_test(format, noise);
	return suite;
}
