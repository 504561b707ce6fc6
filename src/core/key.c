/* Columns of keys, see key.h. */
#include "core/key.h"

#include "base/wide.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Tags of columns within a key, in the order in which they sort. */
enum tag { TAG_NULL = 1, TAG_NUMBER, TAG_FALSE, TAG_TRUE, TAG_TEXT };

#define END 1			/* behind a text */
#define ESCAPE 2		/* before a byte of a text that is at most 2, plus two */

#define NUMBER_BYTES 10		/* of a number, behind its tag */
#define EXACT_MAX 0x1p53		/* integers below are doubles, too */
#define MORE_ZERO 4096		/* how a difference of 0 is written; 512 is the greatest */
#define SIGN ((uint64_t)1 << 63)

/* 64 bits, seven in a byte, the highest first: no byte is NUL, so that short keys stay inline. */
static int
put_bits(struct buf *out, uint64_t bits)
{
	char bytes[NUMBER_BYTES];

	for (unsigned i = 0; i < NUMBER_BYTES; i++)
		bytes[i] = (char)(bits >> (7 * (NUMBER_BYTES - 1 - i)) | 0x80);
	return buf_add(out, bytes, sizeof(bytes));
}

static int
put_tag(struct buf *out, enum tag tag)
{
	char byte = (char)tag;

	return buf_add(out, &byte, 1);
}

/* The bits of a double as a number that orders as doubles do. */
static uint64_t
ordered_bits(double d)
{
	uint64_t bits;

	d += 0.0;			/* -0 and 0 are one key */
	memcpy(&bits, &d, sizeof(bits));
	return (bits & SIGN) != 0 ? ~bits : bits | SIGN;
}

static double
from_ordered_bits(uint64_t bits)
{
	double d;

	bits = (bits & SIGN) != 0 ? bits & ~SIGN : ~bits;
	memcpy(&d, &bits, sizeof(d));
	return d;
}

/* Several integers share this double. */
static bool
is_large(double d)
{
	return fabs(d) >= EXACT_MAX && fabs(d) <= 0x1p63;
}

/*
 * A number is the double next to it, and where doubles stand for several integers behind that by
 * how much the integer differs.
 */
static int
put_number(struct buf *out, double d, int64_t more)
{
	char ends[2];

	if (put_tag(out, TAG_NUMBER) == -1 || put_bits(out, ordered_bits(d)) == -1)
		return -1;
	if (!is_large(d))
		return 0;
	more += MORE_ZERO;
	ends[0] = (char)(more >> 7 | 0x80);
	ends[1] = (char)((more & 0x7f) | 0x80);
	return buf_add(out, ends, sizeof(ends));
}

static int
put_int(struct buf *out, int64_t i)
{
	double d = (double)i;

	return put_number(out, d, (int64_t)((wide_int)i - (wide_int)d));
}

/*
 * Text ends with a byte 1 unless the key ends with it; the bytes 0, 1 and 2 become 2 and the byte
 * plus two.  So neither NUL nor the end is in it, and order stays that of bytes.
 */
static int
put_text(struct buf *out, const char *text, size_t len, bool last)
{
	char *to;

	if (put_tag(out, TAG_TEXT) == -1 || buf_reserve(out, 2 * len + 1) == -1)
		return -1;
	to = out->data + out->len;
	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (byte <= ESCAPE) {
			*to++ = ESCAPE;
			byte += 2;
		}
		*to++ = (char)byte;
	}
	if (!last)
		*to++ = END;
	out->len = (size_t)(to - out->data);
	return 0;
}

int
key_put(struct buf *out, const struct value *v, bool last)
{
	switch (v->kind) {
	case VALUE_NULL:
		return put_tag(out, TAG_NULL);
	case VALUE_BOOL:
		return put_tag(out, v->i != 0 ? TAG_TRUE : TAG_FALSE);
	case VALUE_INT:
		return put_int(out, v->i);
	case VALUE_DOUBLE:
		/* What an integer could be is the same key as that integer. */
		return put_number(out, v->d, 0);
	case VALUE_TEXT:
		break;
	}
	return put_text(out, v->text, v->len, last);
}

/* ---- decoding ---- */

static uint64_t
get_bits(const char *bytes)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < NUMBER_BYTES; i++)
		bits = bits << 7 | ((unsigned char)bytes[i] & 0x7f);
	return bits;
}

/* Takes a number off *AT. */
static struct value
get_number(const char **at)
{
	double d = from_ordered_bits(get_bits(*at));
	wide_int i;

	*at += NUMBER_BYTES;
	if (!is_large(d))
		return fabs(d) < EXACT_MAX && d == trunc(d) ? value_int((int64_t)d) :
		    value_double(d);
	i = (wide_int)d - MORE_ZERO + ((wide_int)((*at)[0] & 0x7f) << 7 | ((*at)[1] & 0x7f));
	*at += 2;
	return i == (int64_t)i ? value_int((int64_t)i) : value_double(d);
}

/* Takes a text off *AT; it is copied if a byte of it is escaped. */
static int
get_text(const char **at, const char *end, struct value *v, struct arena *arena)
{
	const char *from = *at, *stop = memchr(from, END, (size_t)(end - from));
	char *to;
	size_t len;

	if (stop == NULL)
		stop = end;
	*at = stop < end ? stop + 1 : end;
	len = (size_t)(stop - from);
	*v = value_text(from, len);
	if (memchr(from, ESCAPE, len) == NULL)
		return 0;
	v->text = to = arena_bytes(arena, len);
	if (to == NULL)
		return -1;
	while (from < stop)
		*to++ = *from == ESCAPE ? (char)(*++from - 2) : *from, from++;
	v->len = (uint32_t)(to - v->text);
	return 0;
}

int
key_get(const char **at, const char *end, struct value *v, struct arena *arena)
{
	enum tag tag = (enum tag)*(*at)++;

	switch (tag) {
	case TAG_NULL:
		*v = value_null();
		return 0;
	case TAG_FALSE:
	case TAG_TRUE:
		*v = value_bool(tag == TAG_TRUE);
		return 0;
	case TAG_NUMBER:
		*v = get_number(at);
		return 0;
	case TAG_TEXT:
		break;
	}
	return get_text(at, end, v, arena);
}

/* ---- bytes from elsewhere ---- */

/* Each escape is of a byte that needs one. */
static bool
is_text(const char *at, const char *end)
{
	for (; at < end; at++)
		if (*at == ESCAPE && (++at == end || *at < 2 || *at > ESCAPE + 2))
			return false;
	return true;
}

/* Goes past a column; false if it is none. */
static bool
pass_column(const char **at, const char *end, bool last)
{
	const char *from = *at, *stop;
	double d;

	if (from == end)
		return false;
	*at = from + 1;
	switch ((unsigned char)*from++) {
	case TAG_NULL:
	case TAG_FALSE:
	case TAG_TRUE:
		return true;
	case TAG_NUMBER:
		if (end - from < NUMBER_BYTES)
			return false;
		d = from_ordered_bits(get_bits(from));
		*at = from + NUMBER_BYTES + (is_large(d) ? 2 : 0);
		return isfinite(d) && (!is_large(d) || end - from >= NUMBER_BYTES + 2);
	case TAG_TEXT:
		stop = last ? end : memchr(from, END, (size_t)(end - from));
		*at = stop == NULL || last ? end : stop + 1;
		return stop != NULL && is_text(from, stop) &&
		    (!last || memchr(from, END, (size_t)(end - from)) == NULL);
	default:
		return false;
	}
}

bool
key_is_whole(const char *bytes, size_t len, unsigned columns)
{
	const char *at = bytes, *end = bytes + len;

	for (unsigned i = 0; i < columns; i++)
		if (!pass_column(&at, end, i + 1 == columns))
			return false;
	return at == end;
}
