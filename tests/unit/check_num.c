/*
 * Unit tests of src/base/num.c: tables for the words people type, formatting against printf and
 * random values against arithmetic in 128 bits.
 */

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

Suite *num_suite(void);

#define ROUNDS 200000

__extension__ typedef unsigned __int128 wide;

static uint64_t random_state;

/* Marsaglia's xorshift64; shifted so that short numbers come up as often as long ones. */
static uint64_t
random_u64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state >> (random_state % 61);
}

static void
seed_random(void)
{
	random_state = UINT64_C(0x9e3779b97f4a7c15);
}

struct parse_case {
	const char *text;
	uint64_t value;		/* for NUM_OK */
	enum num_status status;
};

#define UNTOUCHED UINT64_C(77)

static const struct parse_case u64_cases[] = {
	{ "0", 0, NUM_OK },
	{ "7", 7, NUM_OK },
	{ "007", 7, NUM_OK },
	{ "18446744073709551615", UINT64_MAX, NUM_OK },
	{ "00000000000000000000000018446744073709551615", UINT64_MAX, NUM_OK },
	{ "18446744073709551616", 0, NUM_OVERFLOW },
	{ "18446744073709551620", 0, NUM_OVERFLOW },
	{ "99999999999999999999", 0, NUM_OVERFLOW },
	{ "100000000000000000000", 0, NUM_OVERFLOW },
	{ "", 0, NUM_EMPTY },
	{ "-1", 0, NUM_NEGATIVE },
	{ "-0", 0, NUM_NEGATIVE },
	{ "-", 0, NUM_SYNTAX },
	{ "--1", 0, NUM_SYNTAX },
	{ "+1", 0, NUM_SYNTAX },
	{ " 1", 0, NUM_SYNTAX },
	{ "1 ", 0, NUM_SYNTAX },
	{ "1.0", 0, NUM_SYNTAX },
	{ "1e3", 0, NUM_SYNTAX },
	{ "0x10", 0, NUM_SYNTAX },
	{ "1,000", 0, NUM_SYNTAX },
	{ "ten", 0, NUM_SYNTAX },
	{ "\xd9\xa3", 0, NUM_SYNTAX },
};

START_TEST(parse_u64)
{
	const struct parse_case *c = &u64_cases[_i];
	uint64_t value = UNTOUCHED;

	ck_assert_msg(num_parse_u64(c->text, &value) == c->status, "%s", c->text);
	ck_assert_uint_eq(value, c->status == NUM_OK ? c->value : UNTOUCHED);
}
END_TEST

static const struct parse_case duration_cases[] = {
	{ "250us", 250, NUM_OK },
	{ "500ms", 500000, NUM_OK },
	{ "10s", 10000000, NUM_OK },
	{ "15m", 900000000, NUM_OK },
	{ "2h", UINT64_C(7200000000), NUM_OK },
	{ "1d", UINT64_C(86400000000), NUM_OK },
	{ "0s", 0, NUM_OK },
	{ "0.0s", 0, NUM_OK },
	{ "1.5s", 1500000, NUM_OK },
	{ "0.000001s", 1, NUM_OK },
	{ "0.0000010000000000000000000000000s", 1, NUM_OK },
	{ "1.000us", 1, NUM_OK },
	{ "0.25m", 15000000, NUM_OK },
	{ "0.00000000125h", 0, NUM_INEXACT },
	{ "0.000000625d", 54000, NUM_OK },
	{ "0.0000001s", 0, NUM_INEXACT },
	{ "0.3333m", 19998000, NUM_OK },
	{ "0.1us", 0, NUM_INEXACT },
	{ "9223372036854775807us", INT64_MAX, NUM_OK },
	{ "9223372036854.775807s", INT64_MAX, NUM_OK },
	{ "106751991d", UINT64_C(9223372022400000000), NUM_OK },
	{ "9223372036854775808us", 0, NUM_OVERFLOW },
	{ "9223372036854.775808s", 0, NUM_OVERFLOW },
	{ "106751992d", 0, NUM_OVERFLOW },
	{ "18446744073709551616us", 0, NUM_OVERFLOW },
	{ "18446744073709551615d", 0, NUM_OVERFLOW },
	{ "", 0, NUM_EMPTY },
	{ "10", 0, NUM_UNIT },
	{ "1.5", 0, NUM_UNIT },
	{ "-10s", 0, NUM_NEGATIVE },
	{ "10sec", 0, NUM_TIME_UNIT },
	{ "10S", 0, NUM_TIME_UNIT },
	{ "10MB", 0, NUM_TIME_UNIT },
	{ "1h30m", 0, NUM_TIME_UNIT },
	{ "1e3s", 0, NUM_TIME_UNIT },
	{ "10 s", 0, NUM_SYNTAX },
	{ "s", 0, NUM_SYNTAX },
	{ ".5s", 0, NUM_SYNTAX },
	{ "5.s", 0, NUM_SYNTAX },
	{ "1.2.3s", 0, NUM_SYNTAX },
	{ "1,5s", 0, NUM_SYNTAX },
	{ "-s", 0, NUM_SYNTAX },
};

START_TEST(parse_duration)
{
	const struct parse_case *c = &duration_cases[_i];
	int64_t us = (int64_t)UNTOUCHED;

	ck_assert_msg(num_parse_duration(c->text, &us) == c->status, "%s", c->text);
	ck_assert_int_eq(us, (int64_t)(c->status == NUM_OK ? c->value : UNTOUCHED));
}
END_TEST

static const struct parse_case size_cases[] = {
	{ "4096", 4096, NUM_OK },
	{ "0", 0, NUM_OK },
	{ "12B", 12, NUM_OK },
	{ "64KiB", 65536, NUM_OK },
	{ "1MiB", 1048576, NUM_OK },
	{ "2GiB", UINT64_C(2147483648), NUM_OK },
	{ "1TiB", UINT64_C(1099511627776), NUM_OK },
	{ "64KB", 64000, NUM_OK },
	{ "10MB", 10000000, NUM_OK },
	{ "1GB", UINT64_C(1000000000), NUM_OK },
	{ "1TB", UINT64_C(1000000000000), NUM_OK },
	{ "1.5KiB", 1536, NUM_OK },
	{ "1.0", 1, NUM_OK },
	{ "0.0009765625KiB", 1, NUM_OK },
	{ "1.3KiB", 0, NUM_INEXACT },
	{ "1.5", 0, NUM_INEXACT },
	{ "18446744073709551615", UINT64_MAX, NUM_OK },
	{ "18446744073709551.615KB", UINT64_MAX, NUM_OK },
	{ "18446744073709551.616KB", 0, NUM_OVERFLOW },
	{ "16777215TiB", UINT64_MAX - (UINT64_C(1) << 40) + 1, NUM_OK },
	{ "16777216TiB", 0, NUM_OVERFLOW },
	{ "", 0, NUM_EMPTY },
	{ "-1KB", 0, NUM_NEGATIVE },
	{ "1kb", 0, NUM_SIZE_UNIT },
	{ "1K", 0, NUM_SIZE_UNIT },
	{ "1KiBs", 0, NUM_SIZE_UNIT },
	{ "10s", 0, NUM_SIZE_UNIT },
	{ "1 KiB", 0, NUM_SYNTAX },
	{ "KiB", 0, NUM_SYNTAX },
	{ "1.", 0, NUM_SYNTAX },
};

START_TEST(parse_size)
{
	const struct parse_case *c = &size_cases[_i];
	uint64_t bytes = UNTOUCHED;

	ck_assert_msg(num_parse_size(c->text, &bytes) == c->status, "%s", c->text);
	ck_assert_uint_eq(bytes, c->status == NUM_OK ? c->value : UNTOUCHED);
}
END_TEST

START_TEST(status_has_text)
{
	enum num_status status;

	for (status = NUM_OK; status <= NUM_INEXACT; status++)
		ck_assert_uint_gt(strlen(num_status_text(status)), 0);
	ck_assert_str_eq(num_status_text(NUM_EMPTY), "is empty");
	ck_assert_str_eq(num_status_text(NUM_UNIT), "has no unit (use ms, s, m, h or d)");
}
END_TEST

/* Copies what was formatted into a heap block of its very size, so that a sanitizer sees more. */
static void
expect_u64(uint64_t v)
{
	char want[32], *got;
	size_t len = (size_t)snprintf(want, sizeof(want), "%" PRIu64, v);
	uint64_t back;

	got = malloc(len);
	ck_assert_ptr_nonnull(got);
	if (num_format_u64(got, v) != len || memcmp(got, want, len) != 0)
		ck_abort_msg("%s is formatted otherwise", want);
	free(got);
	if (num_parse_u64(want, &back) != NUM_OK || back != v)
		ck_abort_msg("%s does not read back", want);
}

static void
expect_i64(int64_t v)
{
	char want[32], got[NUM_INT_BYTES];
	size_t len = (size_t)snprintf(want, sizeof(want), "%" PRId64, v);

	if (num_format_i64(got, v) != len || memcmp(got, want, len) != 0)
		ck_abort_msg("%s is formatted otherwise", want);
}

START_TEST(format_boundaries)
{
	uint64_t power = 1;
	int i;

	expect_u64(0);
	expect_u64(UINT64_MAX);
	expect_i64(0);
	expect_i64(INT64_MAX);
	expect_i64(INT64_MIN);
	for (i = 0; i < 20; i++) {
		expect_u64(power - 1);
		expect_u64(power);
		expect_u64(power + 1);
		expect_i64(-(int64_t)(power / 10));
		power *= i < 19 ? 10 : 1;
	}
}
END_TEST

START_TEST(format_random)
{
	int i;

	seed_random();
	for (i = 0; i < ROUNDS; i++) {
		expect_u64(random_u64());
		expect_i64((int64_t)random_u64());
	}
}
END_TEST

static const struct {
	int64_t us;
	const char *text;
} format_cases[] = {
	{ 0, "0s" },
	{ 1, "1us" },
	{ 999, "999us" },
	{ 1000, "1ms" },
	{ 1500, "1500us" },
	{ 500000, "500ms" },
	{ 1000000, "1s" },
	{ 90000000, "90s" },
	{ 60000000, "1m" },
	{ INT64_C(3600000000), "1h" },
	{ INT64_C(5400000000), "90m" },
	{ INT64_C(86400000000), "1d" },
	{ INT64_C(90000000000), "25h" },
	{ -1000000, "-1s" },
	{ INT64_MAX, "9223372036854775807us" },
	{ INT64_MIN, "-9223372036854775808us" },
};

START_TEST(format_duration)
{
	char got[NUM_DURATION_BYTES + 1] = "";
	size_t len = num_format_duration(got, format_cases[_i].us);

	ck_assert_str_eq(got, format_cases[_i].text);
	ck_assert_uint_eq(len, strlen(format_cases[_i].text));
}
END_TEST

START_TEST(duration_round_trip)
{
	static const int64_t units[] = { 1, 1000, 1000000, 60000000, INT64_C(3600000000) };
	int i;

	seed_random();
	for (i = 0; i < ROUNDS; i++) {
		int64_t unit = units[i % 5];
		int64_t us = (int64_t)(random_u64() % (uint64_t)(INT64_MAX / unit)) * unit;
		int64_t back;
		char text[NUM_DURATION_BYTES + 1];

		text[num_format_duration(text, us)] = '\0';
		if (num_parse_duration(text, &back) != NUM_OK || back != us)
			ck_abort_msg("%s does not read back", text);
	}
}
END_TEST

/* What WHOLE.PART with places decimals comes to in unit, in 128 bits. */
static enum num_status
model_scaled(uint64_t whole, uint64_t part, unsigned places, uint64_t unit, wide *value)
{
	wide power = 1;

	while (places-- > 0)
		power *= 10;
	if ((wide)part * unit % power != 0)
		return NUM_INEXACT;
	*value = (wide)whole * unit + (wide)part * unit / power;
	return *value > INT64_MAX ? NUM_OVERFLOW : NUM_OK;
}

START_TEST(duration_random)
{
	static const struct {
		const char *name;
		uint64_t size;
	} units[] = {
		{ "us", 1 }, { "ms", 1000 }, { "s", 1000000 }, { "m", 60000000 },
		{ "h", UINT64_C(3600000000) }, { "d", UINT64_C(86400000000) },
	};
	unsigned seen[NUM_INEXACT + 1] = { 0 };
	int i;

	seed_random();
	for (i = 0; i < ROUNDS; i++) {
		unsigned unit = (unsigned)i % 6, places = 1 + (unsigned)i % 9;
		uint64_t whole = random_u64(), part = random_u64() % 1000000000;
		enum num_status want;
		char text[64];
		wide value = 0;
		int64_t us = -1;
		unsigned drop;

		for (drop = places; drop < 9; drop++)
			part /= 10;
		snprintf(text, sizeof(text), "%" PRIu64 ".%0*" PRIu64 "%s", whole, (int)places,
		    part, units[unit].name);
		want = model_scaled(whole, part, places, units[unit].size, &value);
		if (num_parse_duration(text, &us) != want)
			ck_abort_msg("%s: another status", text);
		if (want == NUM_OK && (wide)us != value)
			ck_abort_msg("%s: another value", text);
		seen[want]++;
	}
	ck_assert_uint_gt(seen[NUM_OK], ROUNDS / 20);
	ck_assert_uint_gt(seen[NUM_INEXACT], ROUNDS / 20);
	ck_assert_uint_gt(seen[NUM_OVERFLOW], ROUNDS / 20);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

Suite *
num_suite(void)
{
	Suite *suite = suite_create("num");
	TCase *parse = tcase_create("parse"), *format = tcase_create("format");

	tcase_add_loop_test(parse, parse_u64, 0, COUNT(u64_cases));
	tcase_add_loop_test(parse, parse_duration, 0, COUNT(duration_cases));
	tcase_add_loop_test(parse, parse_size, 0, COUNT(size_cases));
	tcase_add_test(parse, status_has_text);
	tcase_add_test(parse, duration_random);
	tcase_set_timeout(parse, 30);
	suite_add_tcase(suite, parse);
	tcase_add_test(format, format_boundaries);
	tcase_add_test(format, format_random);
	tcase_add_loop_test(format, format_duration, 0, COUNT(format_cases));
	tcase_add_test(format, duration_round_trip);
	tcase_set_timeout(format, 30);
	suite_add_tcase(suite, format);
	return suite;
}
