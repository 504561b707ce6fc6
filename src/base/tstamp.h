/*
 * Timestamps in RFC 3339 form, to and from milliseconds since 1970-01-01T00:00:00Z.
 *
 * The calendar is the Gregorian one, extended to the past, in UTC; leap seconds are not counted
 * (POSIX time). No time zone, locale or libc time function takes part.
 */

#ifndef BASE_TSTAMP_H
#define BASE_TSTAMP_H

#include "base/number.h"

#include <stddef.h>
#include <stdint.h>

#define TSTAMP_BYTES 24				/* what tstamp_format writes */
#define TSTAMP_MIN INT64_C(-62167219200000)	/* 0000-01-01T00:00:00.000Z */
#define TSTAMP_MAX INT64_C(253402300799999)	/* 9999-12-31T23:59:59.999Z */

/*
 * Writes ms as 2026-11-22T23:10:00.000Z, always TSTAMP_BYTES bytes, no NUL, and returns their
 * number. A time before TSTAMP_MIN or after TSTAMP_MAX is written as that limit.
 */
size_t tstamp_format(char *out, int64_t ms);

/*
 * Reads the whole slice, YYYY-MM-DDThh:mm:ss[.f]ZONE, where f is 1 to 9 digits and ZONE is Z,
 * +hh:mm or -hh:mm (RFC 3339 section 5.6, capital letters only). Digits finer than a millisecond
 * are cut off, towards the past. A leap second, :60, with any fraction, reads as :59.999 of its
 * minute. A zone can bring *ms up to a day outside TSTAMP_MIN to TSTAMP_MAX. Returns 0, or -1 if
 * the slice has another form or names no date or time that exists; then *ms is unchanged.
 */
int tstamp_parse(const char *text, size_t len, int64_t *ms);

/*
 * Reads a time as programs write it into *us, microseconds, finer digits cut off towards the past:
 * a date and time as tstamp_parse reads it, or with a blank or t for T, a comma for the point, z,
 * +hhmm, +hh or no zone (UTC); or a number, as below.  0, or -1 and *us is unchanged.
 */
int tstamp_detect(const char *text, size_t len, int64_t *us);

/*
 * The time that a number counts since the epoch, in seconds, milliseconds, microseconds or
 * nanoseconds by its size: less than 1e11 (the year 5138 in seconds, 1973 in milliseconds), 1e14,
 * 1e17, or more.  0, or -1 if it is outside of TSTAMP_MIN to TSTAMP_MAX; then *us is unchanged.
 */
int tstamp_from_number(const struct number *n, int64_t *us);

/*
 * Reads the whole slice by FORMAT, as strptime does but in no locale: %Y %m %d %e %j %H %I %M %S
 * %p %y %b %B %h %a %A, %f (1 to 9 digits of a fraction), %s (seconds since the epoch, to the year
 * 3939), %z (Z, +hh:mm, +hhmm, +hh), %Z (UTC, GMT or Z), %F %T %D %R, %n %t %%.  Numbers may
 * lack leading zeros; names are English and of any case; a blank matches any blanks or none.
 * Without %z it is UTC.  A leap second reads as the microsecond before it.  0, or -1 and *us is
 * unchanged.
 */
int tstamp_strptime(const char *format, const char *text, size_t len, int64_t *us);

/* What is wrong with FORMAT, the end of a sentence ("has no year"), or NULL. */
const char *tstamp_format_problem(const char *format);

#endif
