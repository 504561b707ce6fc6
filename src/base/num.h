/*
 * Numbers as people write them: counts, durations and sizes, to and from text.
 *
 * Parsing takes a whole NUL-terminated word, no blanks, no locale. It either accepts the word
 * exactly (no rounding, no wrapping) and stores the value, or stores nothing and says why.
 * Formatting writes bytes without a NUL and returns how many.
 */

#ifndef BASE_NUM_H
#define BASE_NUM_H

#include "base/wide.h"

#include <stddef.h>
#include <stdint.h>

#define NUM_INT_BYTES 20	/* longest output of num_format_u64 and num_format_i64 */
#define NUM_DURATION_BYTES 24	/* longest output of num_format_duration */
#define NUM_DOUBLE_BYTES 32	/* longest output of num_format_double */
#define NUM_NANO_BYTES 44	/* longest output of num_format_nano */

/* Why a word is not the number that was asked for. */
enum num_status {
	NUM_OK = 0,
	NUM_EMPTY,	/* no characters at all */
	NUM_SYNTAX,	/* not a number */
	NUM_NEGATIVE,	/* a minus sign before a number */
	NUM_OVERFLOW,	/* more than the type holds */
	NUM_UNIT,	/* a duration without a unit */
	NUM_TIME_UNIT,	/* a duration with a unit that does not exist */
	NUM_SIZE_UNIT,	/* a size with a unit that does not exist */
	NUM_INEXACT,	/* a fraction finer than one microsecond or one byte */
};

/*
 * Returns the reason as the end of a sentence that starts with the word: "is empty", "is too
 * large". A constant string; for NUM_OK it is "is valid".
 */
const char *num_status_text(enum num_status status);

/*
 * Reads decimal digits, 0 to UINT64_MAX, into *value. Nothing else may be in the word: no sign,
 * no blank, no 0x. Leading zeros are accepted and do not mean octal.
 */
enum num_status num_parse_u64(const char *text, uint64_t *value);

/*
 * Reads a number and a unit (us, ms, s, m, h, d) into *us, microseconds, 0 to INT64_MAX. The
 * number may have a fraction (1.5s) if the result is a whole number of microseconds. Zero is
 * accepted here: whether it makes sense is the caller's to say.
 */
enum num_status num_parse_duration(const char *text, int64_t *us);

/*
 * Reads a number and an optional unit into *bytes, 0 to UINT64_MAX. B is one byte; KiB, MiB, GiB
 * and TiB are powers of 1024; KB, MB, GB and TB are powers of 1000; case matters. The number may
 * have a fraction (1.5KiB) if the result is a whole number of bytes.
 */
enum num_status num_parse_size(const char *text, uint64_t *bytes);

/* Writes v in decimal, 1 to NUM_INT_BYTES bytes, no NUL; returns how many. */
size_t num_format_u64(char *out, uint64_t v);
size_t num_format_i64(char *out, int64_t v);

/*
 * Writes a duration in the largest unit that divides it: 1h, 90s, 500ms; zero is 0s. At most
 * NUM_DURATION_BYTES bytes, no NUL; returns how many. num_parse_duration reads back what is
 * written, unless it is negative.
 */
size_t num_format_duration(char *out, int64_t us);

/*
 * Writes a finite V in the fewest digits that read back equal, the nearest to V of those: plainly
 * from 1e-5 to below 1e17, a whole number without a point, else as 1.5e+20.  -0 is 0.  At most
 * NUM_DOUBLE_BYTES bytes, no NUL; returns how many.
 */
size_t num_format_double(char *out, double v);

/* Writes nano / 10^9, all its digits but no zeros at the end; at most NUM_NANO_BYTES bytes. */
size_t num_format_nano(char *out, wide_int nano);

#endif
