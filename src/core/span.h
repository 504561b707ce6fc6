/*
 * A length of stream: a time, or a number of rows.  Batches, windows and slides are given as spans;
 * the engine counts both in ticks, a microsecond or a row.
 */
#ifndef CORE_SPAN_H
#define CORE_SPAN_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPAN_TEXT 32			/* bytes that span_text needs, NUL included */

struct span {
	int64_t	ticks;			/* 0: not given */
	bool	rows;
	int	word;			/* where it was given, or ERR_NO_WORD for a default */
};

/*
 * Reads `500ms 10s 15m 2h 1d` or `1000rows`; WHAT ("batch") names it in the error, which says why
 * a zero, negative, overflowing or unit-less one is refused.  0 or -1.
 */
int span_parse(struct span *, const char *what, const char *text, int word, struct err *);

/* Writes the span as a user would, ended by NUL; returns OUT. */
const char *span_text(char out[SPAN_TEXT], struct span);

/* 0 if SPAN is made of the same unit as UNIT and is a multiple of it, else -1 and why. */
int span_check_multiple(struct span, const char *what, struct span unit, const char *unit_what,
    struct err *);

#endif
