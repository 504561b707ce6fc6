/*
 * Numbers to and from text; num.h has the promises.
 *
 * A duration and a size are the same thing, a decimal number times a unit, so one parser reads
 * both from a table of units. Its arithmetic is in whole numbers throughout: a fraction is
 * multiplied out digit by digit, and what does not come out whole is refused.
 */

#include "base/num.h"

#include <stdbool.h>
#include <string.h>

struct unit {
	char name[4];
	uint64_t size;
};

/* Units of one kind, the largest first, ended by a size of 0. */
struct scale {
	uint64_t max;			/* largest value in the smallest unit */
	enum num_status unknown;	/* what an unknown unit is reported as */
	struct unit units[12];
};

static const struct scale time_scale = {
	.max = INT64_MAX,
	.unknown = NUM_TIME_UNIT,
	.units = {
		{ "d", UINT64_C(86400000000) },
		{ "h", UINT64_C(3600000000) },
		{ "m", UINT64_C(60000000) },
		{ "s", UINT64_C(1000000) },
		{ "ms", UINT64_C(1000) },
		{ "us", UINT64_C(1) },
	},
};

static const struct scale size_scale = {
	.max = UINT64_MAX,
	.unknown = NUM_SIZE_UNIT,
	.units = {
		{ "TiB", UINT64_C(1) << 40 },
		{ "TB", UINT64_C(1000000000000) },
		{ "GiB", UINT64_C(1) << 30 },
		{ "GB", UINT64_C(1000000000) },
		{ "MiB", UINT64_C(1) << 20 },
		{ "MB", UINT64_C(1000000) },
		{ "KiB", UINT64_C(1) << 10 },
		{ "KB", UINT64_C(1000) },
		{ "B", UINT64_C(1) },
		{ "", UINT64_C(1) },
	},
};

static const char digit_pairs[] =
	"0001020304050607080910111213141516171819"
	"2021222324252627282930313233343536373839"
	"4041424344454647484950515253545556575859"
	"6061626364656667686970717273747576777879"
	"8081828384858687888990919293949596979899";

const char *
num_status_text(enum num_status status)
{
	static const char *const texts[] = {
		[NUM_OK] = "is valid",
		[NUM_EMPTY] = "is empty",
		[NUM_SYNTAX] = "is not a number",
		[NUM_NEGATIVE] = "is negative",
		[NUM_OVERFLOW] = "is too large",
		[NUM_UNIT] = "has no unit (use ms, s, m, h or d)",
		[NUM_TIME_UNIT] = "has an unknown unit (use ms, s, m, h or d)",
		[NUM_SIZE_UNIT] = "has an unknown unit (use KiB, MiB, GiB, KB, MB or GB)",
		[NUM_INEXACT] = "has more decimals than its unit allows",
	};

	return texts[status];
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Reads digits from *text, at least one, and moves it behind them. */
static enum num_status
parse_whole(const char **text, uint64_t *value)
{
	const char *p = *text;
	uint64_t sum = 0;

	if (*p == '\0')
		return NUM_EMPTY;
	if (*p == '-' && is_digit(p[1]))
		return NUM_NEGATIVE;
	if (!is_digit(*p))
		return NUM_SYNTAX;
	for (; is_digit(*p); p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (sum > (UINT64_MAX - digit) / 10)
			return NUM_OVERFLOW;
		sum = sum * 10 + digit;
	}
	*text = p;
	*value = sum;
	return NUM_OK;
}

/*
 * Multiplies 0.DIGITS by unit as one does on paper, from the last digit: what is written down in
 * each column must be 0, what is carried out of the first is the answer. So any number of digits
 * is exact, and nothing exceeds 10 * unit.
 */
static enum num_status
scale_fraction(const char *digits, size_t count, uint64_t unit, uint64_t *value)
{
	uint64_t carry = 0;

	while (count > 0) {
		carry += (uint64_t)(digits[--count] - '0') * unit;
		if (carry % 10 != 0)
			return NUM_INEXACT;
		carry /= 10;
	}
	*value = carry;
	return NUM_OK;
}

/* Returns the size of the unit that text, all of it, names; 0 if there is none such. */
static uint64_t
find_unit(const struct scale *scale, const char *text)
{
	const struct unit *unit;

	for (unit = scale->units; unit->size != 0; unit++)
		if (strcmp(unit->name, text) == 0)
			break;
	return unit->size;
}

/* Says what is wrong with text, which stands where a unit should. */
static enum num_status
explain_unit(const struct scale *scale, const char *text)
{
	if (*text == '\0')
		return NUM_UNIT;
	return is_letter(*text) ? scale->unknown : NUM_SYNTAX;
}

/* Reads WHOLE[.FRACTION][UNIT] in units of scale. */
static enum num_status
parse_scaled(const struct scale *scale, const char *text, uint64_t *value)
{
	enum num_status status;
	uint64_t whole, part, unit;
	const char *fraction;
	size_t places;

	status = parse_whole(&text, &whole);
	if (status != NUM_OK)
		return status;
	if (text[0] == '.' && is_digit(text[1]))
		text++;
	fraction = text;
	while (is_digit(*text))
		text++;
	places = (size_t)(text - fraction);
	unit = find_unit(scale, text);
	if (unit == 0)
		return explain_unit(scale, text);
	status = scale_fraction(fraction, places, unit, &part);
	if (status != NUM_OK)
		return status;
	if (whole > (scale->max - part) / unit)
		return NUM_OVERFLOW;
	*value = whole * unit + part;
	return NUM_OK;
}

enum num_status
num_parse_u64(const char *text, uint64_t *value)
{
	uint64_t whole;
	enum num_status status = parse_whole(&text, &whole);

	if (status != NUM_OK)
		return status;
	if (*text != '\0')
		return NUM_SYNTAX;
	*value = whole;
	return NUM_OK;
}

enum num_status
num_parse_duration(const char *text, int64_t *us)
{
	uint64_t value;
	enum num_status status = parse_scaled(&time_scale, text, &value);

	if (status == NUM_OK)
		*us = (int64_t)value;
	return status;
}

enum num_status
num_parse_size(const char *text, uint64_t *bytes)
{
	return parse_scaled(&size_scale, text, bytes);
}

/* Four comparisons for each division, as in Alexandrescu, "Three Optimization Tips for C++". */
static size_t
count_digits(uint64_t v)
{
	size_t count = 1;

	for (;;) {
		if (v < 10)
			return count;
		if (v < 100)
			return count + 1;
		if (v < 1000)
			return count + 2;
		if (v < 10000)
			return count + 3;
		v /= 10000;
		count += 4;
	}
}

size_t
num_format_u64(char *out, uint64_t v)
{
	size_t len = count_digits(v);
	char *p = out + len;

	while (v >= 100) {
		p -= 2;
		memcpy(p, digit_pairs + v % 100 * 2, 2);
		v /= 100;
	}
	if (v >= 10)
		memcpy(out, digit_pairs + v * 2, 2);
	else
		*out = (char)('0' + v);
	return len;
}

/* Writes the sign of v, if it has one, and leaves its magnitude, which INT64_MIN has too. */
static size_t
format_sign(char *out, int64_t v, uint64_t *magnitude)
{
	if (v >= 0) {
		*magnitude = (uint64_t)v;
		return 0;
	}
	*magnitude = -(uint64_t)v;
	*out = '-';
	return 1;
}

size_t
num_format_i64(char *out, int64_t v)
{
	uint64_t magnitude;
	size_t len = format_sign(out, v, &magnitude);

	return len + num_format_u64(out + len, magnitude);
}

size_t
num_format_duration(char *out, int64_t us)
{
	const struct unit *unit = time_scale.units;
	uint64_t magnitude;
	size_t len, name_len;

	if (us == 0) {
		memcpy(out, "0s", 2);
		return 2;
	}
	len = format_sign(out, us, &magnitude);
	while (magnitude % unit->size != 0)
		unit++;
	len += num_format_u64(out + len, magnitude / unit->size);
	name_len = strlen(unit->name);
	memcpy(out + len, unit->name, name_len);
	return len + name_len;
}
