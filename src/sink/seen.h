/*
 * A set of times in milliseconds, kept in order: most come later than all that are there.  One
 * that is written down with every checkpoint must not grow for ever: it is limited, and then what
 * is earlier than the latest few hundred times counts as seen.
 */
#ifndef SINK_SEEN_H
#define SINK_SEEN_H

#include "base/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen {				/* zeroed: empty */
	int64_t	*ms;
	size_t	 n, cap;
	bool	 limited;
	bool	 cut;			/* something was forgotten ... */
	int64_t	 floor;			/* ... up to this */
};

/* Adds a time; 1: it is new, 0: it was there, -1: memory is short. */
int seen_add(struct seen *, int64_t ms);

/* Writes it down, if it is limited; 0, or -1 (memory).  And reads it into an empty one. */
int seen_save(const struct seen *, struct buf *);
int seen_load(struct seen *, struct wire *);

void seen_free(struct seen *);

#endif
