/*
 * Bad records: those that are not of the format, or hold what a stage cannot use.  They are
 * counted, the first is explained, and if asked they are kept as they were read.  Each lane has
 * one.
 */
#ifndef CORE_BAD_H
#define CORE_BAD_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define BAD_REASON 160			/* bytes of a reason, NUL included */

struct bad {
	uint64_t	n;
	bool		keep;		/* in text, each ended by '\n' */
	bool		no_memory;	/* one could not be kept */
	struct buf	text;
	char		why[BAD_REASON];	/* of the first; "" if there was none */
};

/* Counts a record, LEN bytes without its end, and why it is bad; a printf format. */
void bad_record(struct bad *, const char *record, size_t len, const char *why, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds what FROM has to INTO and empties it but for its memory. */
void bad_gather(struct bad *into, struct bad *from);

void bad_free(struct bad *);

#endif
