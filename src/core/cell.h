/* Cells by what they say: as numbers, as times, and in order. */
#ifndef CORE_CELL_H
#define CORE_CELL_H

#include "base/number.h"
#include "core/value.h"

/* The number that a cell is, or that its text spells; 0, or -1 (null, bool, other text). */
int cell_number(const struct value *, struct number *);

/* A number as a cell: an exact whole one as an integer, else a double; null if it is infinite. */
struct value cell_from_number(const struct number *);
struct value cell_from_double(double);

/* Sum and difference of two numbers, exact if both are. */
struct number cell_plus(const struct number *x, const struct number *y);
struct number cell_minus(const struct number *x, const struct number *y);

/*
 * The text that would be written of a cell, which borrows from it or from ROOM; null if that is
 * empty, too: a field without a value is as if it were not there, in every format.
 */
#define CELL_ROOM 40
struct value cell_text(const struct value *, char room[CELL_ROOM]);

/*
 * The time that a cell tells, in microseconds since the epoch: text by the strptime format PARSE,
 * or, when that is NULL, by itself; a number by its size.  0, or -1 and *us is unchanged.
 */
int cell_time(const struct value *, const char *parse, int64_t *us);

/*
 * Below, at or above zero, in the order of keys: null, numbers by value, false, true, text by
 * bytes.
 */
int cell_compare(const struct value *, const struct value *);

#endif
