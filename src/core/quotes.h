/*
 * Where records end whose fields may hold newlines between double quotes (RFC 4180): a newline ends
 * a record unless it is inside quotes.  A quote opens only at the start of a field, behind a comma
 * or a record's end; "" inside stands for one.  The same rules as in format/csv, whatever else is
 * wrong with a record, so that framing and reading agree on what one is.
 *
 * The scanner takes bytes as they come and keeps its place between calls.  Pure.
 */
#ifndef CORE_QUOTES_H
#define CORE_QUOTES_H

#include "base/scan.h"

enum quotes_state {
	QUOTES_START,		/* a quote would open */
	QUOTES_PLAIN,		/* in an unquoted field */
	QUOTES_INSIDE,
	QUOTES_CLOSED,		/* behind a quote that closes, unless another follows */
};

struct quotes {			/* a zeroed one is at the start of a record */
	enum quotes_state state;
};

/*
 * Goes over the next LEN bytes, behind which SCAN_PAD may be read.  Returns the offset behind the
 * last record end among them, 0 if there is none, and adds to *RECORDS how many end there.
 */
size_t quotes_scan(struct quotes *, const struct scan *, const char *text, size_t len,
    uint64_t *records);

/*
 * The offset behind the Nth record of TEXT, which is whole records and begins with one; LEN if
 * there are no more than N.
 */
size_t records_skip(const char *text, size_t len, uint64_t n);

/* True if the bytes so far end inside quotes: an input that ends here has a record cut off. */
static inline bool
quotes_open(const struct quotes *q)
{
	return q->state == QUOTES_INSIDE;
}

#endif
