/*
 * Numbers in records: decimals as people and programs write them, as exact as they are written.
 *
 * What has at most nine decimals and lies below 10^20 is kept exactly, as a whole number of 10^-9
 * (nano); anything else is the double next to it.  So sums of amounts come out to the cent, in any
 * order.  There is no negative zero.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include "base/wide.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMBER_NANO 1000000000		/* units in one */

struct number {
	wide_int	nano;		/* of an exact one: value * 10^9 */
	double		d;		/* the double next to it (ties to even), finite */
	bool		exact;		/* value == nano / 10^9 */
};

/*
 * Reads the whole slice, [+-]digits[.digits][e[+-]digits]: no blanks, no hexadecimal, no names.
 * False if it has another form or no finite double is next to it; then *N is unchanged.
 */
bool number_parse(const char *text, size_t len, struct number *n);

struct number number_from_int(int64_t v);

/*
 * V is finite; exact if a number with nine decimals reads back as V: the one with the fewest digits
 * behind the point, else the nearest.
 */
struct number number_from_double(double v);

/* nano / 10^9 as an exact number; it may exceed 10^20, as sums do. */
struct number number_from_nano(wide_int nano);

/* Below, at or above zero: by value, a number that is no exact one behind those that are. */
int number_compare(const struct number *x, const struct number *y);

#endif
