/*
 * Unit tests of src/base/number.c, number_parse.c and num_double.c: tables, the grammar against a
 * model of one character at a time, values against strtod and 128-bit arithmetic, and back to text.
 */

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/number.h"
#include "util.h"

Suite *number_suite(void);

#define ROUNDS 1000000

/* Parses a copy without a byte before or behind it, so that a sanitizer sees a read too far. */
static bool
parse(const char *text, size_t len, struct number *n)
{
	char *copy = malloc(len > 0 ? len : 1);
	bool fine;

	memcpy(copy, text, len);
	fine = number_parse(copy, len, n);
	free(copy);
	return fine;
}

static const char *
nano_text(wide_int nano)
{
	static char text[NUM_NANO_BYTES + 1];

	text[num_format_nano(text, nano)] = '\0';
	return text;
}

static const char *
double_text(double d)
{
	static char text[NUM_DOUBLE_BYTES + 1];

	text[num_format_double(text, d)] = '\0';
	return text;
}

static const struct {
	const char *text, *nano;	/* NULL: not exact */
} good_cases[] = {
	{ "0", "0" }, { "-0", "0" }, { "+0.000", "0" }, { "0e999999999999999999999", "0" },
	{ "-0e-5", "0" }, { "1", "1" }, { "+1", "1" }, { "-1", "-1" }, { "007", "7" },
	{ "1.5", "1.5" }, { "-12.34", "-12.34" }, { "1234567.8", "1234567.8" },
	{ "-1234.56", "-1234.56" }, { "12345678", "12345678" }, { "-1234567", "-1234567" },
	{ "123456789", "123456789" }, { "1234567.89", "1234567.89" },
	{ "0.000000001", "0.000000001" }, { "1e-9", "0.000000001" }, { "10e-10", "0.000000001" },
	{ "1e-10", NULL }, { "15e-10", NULL }, { "0.0000000001", NULL }, { "1e3", "1000" },
	{ "1E+3", "1000" }, { "1.25e2", "125" }, { "1.25e1", "12.5" },
	{ "99999999999999999999.999999999", "99999999999999999999.999999999" },
	{ "-99999999999999999999", "-99999999999999999999" }, { "1e20", NULL },
	{ "100000000000000000000", NULL }, { "9.9999e19", "99999000000000000000" },
	{ "9007199254740993", "9007199254740993" },
	{ "9223372036854775807", "9223372036854775807" },
	{ "18446744073709551616", "18446744073709551616" }, { "1e19", "10000000000000000000" },
	{ "1.50000000000000000000000000000000", "1.5" }, { "0.1", "0.1" },
	{ "000000000000000000000000000000000000001", "1" }, { "1e-400", NULL },
	{ "100000000000000000000000000000e-20", "1000000000" },
	{ "123456789012345678e-17", NULL }, { "1.7976931348623157e308", NULL },
	{ "4.9e-324", NULL },
};

START_TEST(known_numbers)
{
	const char *text = good_cases[_i].text, *nano = good_cases[_i].nano;
	struct number n = { 0 };

	ck_assert_msg(parse(text, strlen(text), &n), "%s", text);
	ck_assert_msg(n.exact == (nano != NULL), "%s", text);
	if (nano != NULL)
		ck_assert_str_eq(nano_text(n.nano), nano);
	ck_assert_msg(n.d == strtod(text, NULL), "%s: %.17g", text, n.d);
	ck_assert_msg(signbit(n.d) == (n.d < 0), "%s is a negative zero", text);
}
END_TEST

static const char *const bad_cases[] = {
	"", "+", "-", ".", "e", "e5", ".5", "5.", "-.5", "1.e5", "1e", "1e+", "1e-", "1.5e",
	"1..5", "1.5.5", "--1", "+-1", " 1", "1 ", "1,5", "0x10", "1e5.5", "inf", "nan", "-inf",
	"infinity", "1_000", "12a", "a12", "1234567a", "12345678a", "123456789012a", "\xd9\xa3",
	"1e400", "-1e400", "1.", "12345678.", "1-", "1+1", "1e5e5", "1\n",
	"1e999999999999999999999",
};

START_TEST(not_numbers)
{
	struct number n = { .d = 77, .nano = 77 };

	ck_assert_msg(!parse(bad_cases[_i], strlen(bad_cases[_i]), &n), "%s", bad_cases[_i]);
	ck_assert_double_eq(n.d, 77);
	ck_assert(n.nano == 77 && !parse("1\0", 2, &n) && !parse("\0", 1, &n));
}
END_TEST

/* ---- against a model ---- */

static bool
model_grammar(const char *s)
{
	size_t n;

	s += *s == '+' || *s == '-';
	n = strspn(s, "0123456789");
	if (n == 0)
		return false;
	s += n;
	if (*s == '.') {
		n = strspn(++s, "0123456789");
		if (n == 0)
			return false;
		s += n;
	}
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '+' || *s == '-';
		n = strspn(s, "0123456789");
		if (n == 0)
			return false;
		s += n;
	}
	return *s == '\0';
}

/* The value of TEXT in nano, on paper: shifts its digits; false if it is not exact. */
static bool
model_nano(const char *text, wide_int *nano)
{
	char digits[512] = "";
	int n = 0, point = -1, exponent = 0, first = 0, shift;
	bool negative = *text == '-';
	wide_uint sum = 0;

	for (text += *text == '-' || *text == '+'; *text != '\0'; text++) {
		if (*text == '.') {
			point = n;
		} else if (*text == 'e' || *text == 'E') {
			exponent = atoi(text + 1);
			break;
		} else {
			digits[n++] = *text;
		}
	}
	if (point == -1)
		point = n;
	while (n > 0 && digits[n - 1] == '0')
		n--;
	while (first < n && digits[first] == '0')
		first++;
	*nano = 0;
	if (first >= n)
		return true;
	point += exponent;		/* value = 0.digits * 10^point */
	shift = point + 9 - n;
	if (shift < 0 || point - first > 20)
		return false;
	for (int i = first; i < n + shift; i++)
		sum = sum * 10 + (unsigned)(i < n ? digits[i] - '0' : 0);
	*nano = negative ? -(wide_int)sum : (wide_int)sum;
	return true;
}

static void
check_text(const char *text)
{
	struct number n = { 0 };
	wide_int nano = 0;
	bool fine = parse(text, strlen(text), &n), exact;
	double d = strtod(text, NULL);

	if (fine != (model_grammar(text) && isfinite(d)))
		ck_abort_msg("%s: taken as %d", text, fine);
	if (!fine)
		return;
	exact = model_nano(text, &nano);
	if (n.exact != exact || n.nano != nano || n.d != d || (d == 0 && signbit(n.d)))
		ck_abort_msg("%s: %d %s %.17g", text, n.exact, nano_text(n.nano), n.d);
}

static size_t
put_digits(char *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (char)('0' + (rand_below(3) == 0 ? 0 : rand_below(10)));
	return n;
}

/* A number of any shape, at times with one character spoiled. */
static void
random_text(char *out, size_t most)
{
	size_t n = 0;

	if (rand_below(4) == 0)
		out[n++] = "+-"[rand_below(2)];
	n += put_digits(out + n, 1 + rand_below(most));
	if (rand_below(3) != 0) {
		out[n++] = '.';
		n += put_digits(out + n, 1 + rand_below(most));
	}
	out[n] = '\0';
	if (rand_below(4) == 0)
		n += (size_t)sprintf(out + n, "%c%s%d", "eE"[rand_below(2)],
		    (const char *const []){ "", "+", "-", "-" }[rand_below(4)],
		    (int)rand_below(rand_below(8) == 0 ? 400 : 25));
	if (rand_below(8) == 0)
		out[rand_below(n)] = "0123456789.e+- ax/:\n\x80\xb0"[rand_below(22)];
}

START_TEST(random_text_against_model)
{
	static const size_t most[] = { 3, 6, 12, 25, 180 };
	char text[512];

	for (int i = 0; i < ROUNDS; i++) {
		random_text(text, most[rand_below(5)]);
		check_text(text);
	}
}
END_TEST

/* Doubles printed at random precision, and what lies half way between two of them. */
START_TEST(random_doubles_as_text)
{
	char text[1600];

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t bits = rand_u64();
		double d;

		memcpy(&d, &bits, sizeof(d));
		if (!isfinite(d))
			continue;
		snprintf(text, sizeof(text), "%.*e", (int)rand_below(25), d);
		check_text(text);
		snprintf(text, sizeof(text), "%.17g", (double)(int64_t)rand_u64() / 1e19);
		check_text(text);
		snprintf(text, sizeof(text), "%llu", (unsigned long long)
		    ((rand_u64() | UINT64_C(1) << 63) >> (rand_below(11)) | 1));
		check_text(text);
	}
}
END_TEST

/* 2^-1074 / 2 to all its 751 digits rounds to even, that is to 0; one more digit rounds up. */
START_TEST(half_way_to_the_last_digit)
{
	char text[1600];
	struct number n;
	size_t len;

	snprintf(text, sizeof(text), "%.1074f", 5e-324);
	len = strlen(text);
	ck_assert(parse(text, len, &n) && n.d == 5e-324 && !n.exact);
	/* 2^53 + 1 is half way, too */
	strcpy(text, "9007199254740993");
	memset(text + 16, '0', 1000);
	text[16] = '.';
	ck_assert(parse(text, 1000, &n) && n.d == 9007199254740992.0 && n.exact);
	text[999] = '1';
	ck_assert(parse(text, 1000, &n) && n.d == 9007199254740994.0 && !n.exact);
	text[950] = '1';
	ck_assert(parse(text, 960, &n) && n.d == 9007199254740994.0 && !n.exact);
}
END_TEST

START_TEST(every_short_slice)
{
	static const char alphabet[] = "09.e-+ x";
	char text[7] = "";

	for (unsigned code = 0; code < 1U << 18; code++) {
		unsigned n = 1 + code % 6;

		for (unsigned i = 0; i < n; i++)
			text[i] = alphabet[code >> (3 * i) & 7];
		text[n] = '\0';
		check_text(text);
	}
}
END_TEST

/* ---- from numbers ---- */

START_TEST(from_int)
{
	for (int i = 0; i < ROUNDS; i++) {
		int64_t v = (int64_t)rand_u64() >> rand_below(64);
		struct number n = number_from_int(v), parsed = { 0 };
		char text[32];

		DEMAND(number_parse(text, num_format_i64(text, v), &parsed));
		DEMAND(n.exact && n.nano == parsed.nano && n.d == parsed.d);
		DEMAND(number_from_nano(n.nano).d == n.d);
		n = number_from_double((double)v);
		DEMAND(n.exact && (i % 2 || n.d == (double)v));
	}
}
END_TEST

/* A decimal with nine digits at most comes back from its double if no nearer one does. */
START_TEST(from_double)
{
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t bits = rand_u64();
		wide_int nano = (wide_int)((int64_t)bits >> rand_below(64));
		double d;
		struct number n;

		d = number_from_nano(nano).d;
		n = number_from_double(d);
		DEMAND(n.exact && n.d == d && number_from_nano(n.nano).d == d);
		if (nano < 1000000000000000 && nano > -1000000000000000)
			DEMAND(n.nano == nano);
		bits = (bits & UINT64_C(0x800fffffffffffff)) | (900 + rand_below(300)) << 52;
		memcpy(&d, &bits, sizeof(d));
		n = number_from_double(d);
		DEMAND(n.d == d);
		if (n.exact)
			DEMAND(number_from_nano(n.nano).d == d);
		else if (fabs(d) < 1e20)
			for (int k = -1; k <= 1; k++)
				DEMAND(number_from_nano((wide_int)(d * 1e9) + k).d != d);
	}
}
END_TEST

START_TEST(compare)
{
	struct number one = number_from_int(1), two = number_from_int(2);
	struct number third = number_from_double(1.0 / 3), big = number_from_double(1e30);
	struct number same;

	ck_assert_int_lt(number_compare(&one, &two), 0);
	ck_assert_int_gt(number_compare(&two, &one), 0);
	ck_assert_int_eq(number_compare(&one, &one), 0);
	ck_assert_int_lt(number_compare(&third, &one), 0);
	ck_assert_int_gt(number_compare(&big, &two), 0);
	ck_assert_int_eq(number_compare(&big, &big), 0);
	ck_assert(number_parse("9007199254740993", 16, &one) && number_parse("9007199254740992", 16,
	    &two));
	ck_assert_int_gt(number_compare(&one, &two), 0);
	ck_assert(number_parse("1.00000000000000000001", 22, &same) && !same.exact);
	one = number_from_int(1);
	ck_assert_int_lt(number_compare(&one, &same), 0);
	ck_assert_int_gt(number_compare(&same, &one), 0);
}
END_TEST

/* ---- to text ---- */

static const struct {
	double d;
	const char *text;
} format_cases[] = {
	{ 0, "0" }, { -0.0, "0" }, { 1, "1" }, { -1, "-1" }, { 0.1, "0.1" }, { 0.3, "0.3" },
	{ 0.1 + 0.2, "0.30000000000000004" }, { 1.0 / 3, "0.3333333333333333" },
	{ 2.0 / 3, "0.6666666666666666" }, { 100, "100" }, { 1e15, "1000000000000000" },
	{ 1e16, "10000000000000000" }, { 99999999999999984.0, "99999999999999980" },
	{ 1e17, "1e+17" }, { 1.5e17, "1.5e+17" }, { 1e-5, "0.00001" }, { 9.9e-6, "9.9e-06" },
	{ 1e-6, "1e-06" }, { 0.00012345, "0.00012345" },
	{ 9007199254740993.0, "9007199254740992" },
	{ 123456789012345680.0, "1.2345678901234568e+17" }, { 5e-324, "5e-324" },
	{ 1.7976931348623157e308, "1.7976931348623157e+308" }, { -1234.5, "-1234.5" },
	{ 2.2250738585072014e-308, "2.2250738585072014e-308" },
	{ 2251799813685249.5, "2251799813685249.5" }, { 0.5, "0.5" },
	{ 9.5367431640625e-7, "9.5367431640625e-07" }, { 1e23, "1e+23" },
	{ 1.0000000000000001e23, "1.0000000000000001e+23" },
};

START_TEST(format_known)
{
	ck_assert_str_eq(double_text(format_cases[_i].d), format_cases[_i].text);
}
END_TEST

/* The fewest digits by trial of all precisions, and printf's own digits of that many. */
static void
check_format(double d)
{
	const char *text = double_text(d);
	char model[64];
	int n = 0, digits = 0;
	bool leading = true, point = strpbrk(text, ".e") != NULL;

	do
		snprintf(model, sizeof(model), "%.*e", n++, d);
	while (strtod(model, NULL) != d);
	for (const char *p = text; *p != '\0' && *p != 'e'; p++) {
		if (*p >= '0' && *p <= '9') {
			leading = leading && *p == '0';
			digits += !leading;
		}
	}
	for (const char *p = text + strlen(text) - 1; !point && *p == '0' && digits > 1; p--)
		digits--;
	if (strtod(text, NULL) != d || digits > n || strlen(text) > NUM_DOUBLE_BYTES)
		ck_abort_msg("%s, printf says %s", text, model);
	if (digits == n && n < 17) {
		/* not a digit further from D than printf's */
		long double ours = strtold(text, NULL) - d, theirs = strtold(model, NULL) - d;

		if (fabsl(ours) > fabsl(theirs) * 1.0001L)
			ck_abort_msg("%s, nearer is %s", text, model);
	}
}

START_TEST(format_random)
{
	for (int i = 0; i < ROUNDS / 4; i++) {
		uint64_t bits = rand_u64();
		double d;

		check_format((double)(int64_t)(rand_u64() >> rand_below(64)) /
		    pow(10, (double)rand_below(20)) * (double)(1 + rand_below(3)));
		if (i % 4 == 0) {
			/* of all plain sizes, and powers of two: a lower neighbour is nearer */
			bits &= UINT64_C(0x800fffffffffffff);
			bits |= (1005 + rand_below(76)) << 52;
			memcpy(&d, &bits, sizeof(d));
			check_format(d);
			bits &= UINT64_C(0xfff) << 52;
			memcpy(&d, &bits, sizeof(d));
			check_format(d);
			bits = rand_u64();
			memcpy(&d, &bits, sizeof(d));
			if (isfinite(d))
				check_format(d);
		}
	}
}
END_TEST

START_TEST(format_nano)
{
	static const char *const texts[] = { "0", "1", "-1", "0.000000001", "-0.5", "12.34",
		"18446744073709551616", "99999999999999999999.999999999", "1000000000000000000",
		"-18446744073709551615.000000001", "20.03", "0.1", "10000000000000000000" };
	struct number n;
	wide_int most = (wide_int)(((wide_uint)1 << 127) - 1);

	for (int i = 0; i < COUNT(texts); i++) {
		ck_assert(number_parse(texts[i], strlen(texts[i]), &n) && n.exact);
		ck_assert_str_eq(nano_text(n.nano), texts[i]);
	}
	ck_assert_str_eq(nano_text(most), "170141183460469231731687303715.884105727");
	ck_assert_str_eq(nano_text(-most - 1), "-170141183460469231731687303715.884105728");
	for (int i = 0; i < ROUNDS; i++) {
		wide_int nano = (wide_int)((wide_uint)rand_u64() << 32 | rand_u64()) *
		    (rand_below(2) ? 1 : -1) >> rand_below(100);
		const char *text = nano_text(nano);

		DEMAND(number_parse(text, strlen(text), &n) && n.exact && n.nano == nano);
	}
}
END_TEST

Suite *
number_suite(void)
{
	Suite *suite = suite_create("number");
	TCase *parsing = case_add(suite, "parse"), *from = case_add(suite, "from");
	TCase *format = case_add(suite, "format");

	tcase_add_loop_test(parsing, known_numbers, 0, COUNT(good_cases));
	tcase_add_loop_test(parsing, not_numbers, 0, COUNT(bad_cases));
	tcase_add_test(parsing, random_text_against_model);
	tcase_add_test(parsing, random_doubles_as_text);
	tcase_add_test(parsing, half_way_to_the_last_digit);
	tcase_add_test(parsing, every_short_slice);
	tcase_add_test(from, from_int);
	tcase_add_test(from, from_double);
	tcase_add_test(from, compare);
	tcase_add_loop_test(format, format_known, 0, COUNT(format_cases));
	tcase_add_test(format, format_random);
	tcase_add_test(format, format_nano);
	return suite;
}
