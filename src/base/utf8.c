/*
 * UTF-8; utf8.h has the promises, utf8_tables.h (made by scripts/gen-utf8) the properties.
 *
 * Most text is ASCII, so each function settles ASCII before it decodes or searches a table.
 */

#include "base/utf8.h"

#include <string.h>

#include "base/utf8_tables.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define EVERY_BYTE UINT64_C(0x0101010101010101)

static bool
is_scalar(uint32_t cp)
{
	return cp < 0xd800 || (cp > 0xdfff && cp <= 0x10ffff);
}

/* Length of the sequence that a byte announces, or 0 if it announces none. */
static size_t
sequence_len(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead < 0xc0)
		return 0;
	if (lead < 0xe0)
		return 2;
	if (lead < 0xf0)
		return 3;
	return lead < 0xf8 ? 4 : 0;
}

size_t
utf8_decode(const unsigned char *s, size_t len, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t need = sequence_len(s[0]), i;
	uint32_t value = s[0];

	*cp = UTF8_INVALID;
	if (need == 0 || need > len)
		return 1;
	if (need > 1)
		value &= 0x7fu >> need;
	for (i = 1; i < need; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 1;
		value = value << 6 | (s[i] & 0x3fu);
	}
	if (value < least[need] || !is_scalar(value))
		return 1;
	*cp = value;
	return need;
}

size_t
utf8_encode(char *out, uint32_t cp)
{
	static const unsigned char marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t len, i;

	if (!is_scalar(cp))
		cp = 0xfffd;
	len = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	for (i = len - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (cp & 0x3f));
		cp >>= 6;
	}
	out[0] = (char)(marks[len] | cp);
	return len;
}

/* Finds the range that cp belongs to, in a table sorted by code point, or NULL. */
static const struct utf8_range *
find_range(const struct utf8_range *table, size_t count, uint32_t cp)
{
	while (count > 0) {
		const struct utf8_range *middle = table + count / 2;

		if (cp < middle->first) {
			count /= 2;
		} else if (cp > middle->last) {
			table = middle + 1;
			count -= count / 2 + 1;
		} else {
			return (cp - middle->first) % middle->stride == 0 ? middle : NULL;
		}
	}
	return NULL;
}

static unsigned char
lower_ascii(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

uint32_t
utf8_lower(uint32_t cp)
{
	const struct utf8_range *range;

	if (cp < 0x80)
		return lower_ascii((unsigned char)cp);
	range = find_range(utf8_upper, COUNT(utf8_upper), cp);
	return range == NULL ? cp : cp + (uint32_t)range->delta;
}

/*
 * Lower-cases eight ASCII bytes at once: adding to each byte, all below 0x80, sets its top bit if
 * it is at or above a bound; moved down two places that bit is the difference between the cases.
 */
static uint64_t
lower_eight(uint64_t bytes)
{
	uint64_t from_a = bytes + (0x80 - 'A') * EVERY_BYTE;
	uint64_t after_z = bytes + (0x80 - 'Z' - 1) * EVERY_BYTE;

	return bytes | ((from_a & ~after_z & 0x80 * EVERY_BYTE) >> 2);
}

/* Lower-cases the ASCII bytes that s starts with; returns how many. */
static size_t
fold_ascii(char *out, const unsigned char *s, size_t len)
{
	size_t i = 0;
	uint64_t eight;

	for (; len - i >= sizeof(eight); i += sizeof(eight)) {
		memcpy(&eight, s + i, sizeof(eight));
		if ((eight & 0x80 * EVERY_BYTE) != 0)
			break;
		eight = lower_eight(eight);
		memcpy(out + i, &eight, sizeof(eight));
	}
	for (; i < len && s[i] < 0x80; i++)
		out[i] = (char)lower_ascii(s[i]);
	return i;
}

size_t
utf8_fold(char *out, const char *s, size_t len)
{
	const unsigned char *in = (const unsigned char *)s;
	const unsigned char *end = in + len;
	char *start = out;
	uint32_t cp;

	for (;;) {
		size_t plain = fold_ascii(out, in, (size_t)(end - in));

		in += plain;
		out += plain;
		if (in == end)
			return (size_t)(out - start);
		len = utf8_decode(in, (size_t)(end - in), &cp);
		if (cp == UTF8_INVALID)
			*out++ = (char)*in;
		else
			out += utf8_encode(out, utf8_lower(cp));
		in += len;
	}
}

bool
utf8_is_punct(uint32_t cp)
{
	uint32_t letter = (cp | 0x20) - 'a';	/* 0 to 25 for ASCII letters of either case */

	if (cp < 0x80)
		return cp > ' ' && cp < 0x7f && letter >= 26 && cp - '0' >= 10;
	return find_range(utf8_punct, COUNT(utf8_punct), cp) != NULL;
}

/* Decodes the last code point of s, len at least 1, under the terms of utf8_decode. */
static size_t
decode_last(const unsigned char *s, size_t len, uint32_t *cp)
{
	size_t back;

	for (back = 1; back <= UTF8_BYTES && back <= len; back++) {
		const unsigned char *lead = s + len - back;

		if ((*lead & 0xc0) != 0x80) {
			if (utf8_decode(lead, back, cp) == back)
				return back;
			break;
		}
	}
	*cp = UTF8_INVALID;
	return 1;
}

void
utf8_strip(const char **s, size_t *len)
{
	const unsigned char *start = (const unsigned char *)*s;
	size_t left = *len, step;
	uint32_t cp;

	while (left > 0) {
		step = utf8_decode(start, left, &cp);
		if (!utf8_is_punct(cp))
			break;
		start += step;
		left -= step;
	}
	while (left > 0) {
		step = decode_last(start, left, &cp);
		if (!utf8_is_punct(cp))
			break;
		left -= step;
	}
	*s += start - (const unsigned char *)*s;
	*len = left;
}

size_t
utf8_count(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t at = 0; at < len; n++) {
		uint32_t cp;

		at += utf8_decode((const unsigned char *)s + at, len - at, &cp);
	}
	return n;
}

static size_t
width(uint32_t cp)
{
	if (cp < 0x80 || cp == UTF8_INVALID)
		return 1;
	if (find_range(utf8_wide, COUNT(utf8_wide), cp) != NULL)
		return 2;
	return find_range(utf8_zero, COUNT(utf8_zero), cp) != NULL ? 0 : 1;
}

size_t
utf8_columns(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t at = 0; at < len;) {
		uint32_t cp;

		at += utf8_decode((const unsigned char *)s + at, len - at, &cp);
		n += width(cp);
	}
	return n;
}
