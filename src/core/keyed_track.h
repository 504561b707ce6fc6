/*
 * What the files that put state by key down share: keyed_track.c what has changed, keyed_save.c
 * what is put and read.
 */
#ifndef CORE_KEYED_TRACK_H
#define CORE_KEYED_TRACK_H

#include "core/keyed_save.h"

struct keyed_track {
	struct changelog log;
	bool		 all;		/* everything is to be put: nothing is known to be */
	uint64_t	 number;	/* as it was put */
	uint32_t	*touched;	/* entries; those whose bit is not set are no longer */
	uint32_t	 n, cap;
	uint64_t	*bit;		/* of each entry from 1 on: it is in the list */
	uint32_t	 words;
	struct buf	 gone;		/* keys */
	uint64_t	 keys;		/* in it */
	size_t		 bytes;		/* held, and counted in keyed->bytes */
};

/* Begins, unless it has: then all is to be put.  0 or -1 (memory). */
int keyed_track_start(struct keyed *);

/* Nothing has changed any more. */
void keyed_track_forget(struct keyed *);

/* Whether an entry is one of those that have changed; and: it is not any more. */
bool keyed_is_marked(const struct keyed_track *, uint32_t id);
void keyed_unmark(struct keyed_track *, uint32_t id);

#endif
