/*
 * A source that is one descriptor, read to its end; with it the source ends or fails.  How far it
 * has come outlives its reader: a file that is over is still written down.
 */
#ifndef SOURCE_WHOLE_H
#define SOURCE_WHOLE_H

#include "source/reader.h"
#include "source/spot.h"

struct whole {				/* zeroed: not begun */
	struct reader	reader;
	struct framer	framer;		/* while there is no reader */
	struct spot	spot;		/* of a source that is replayable */
	uint64_t	put, put_size;	/* position and spot.size as they were last put down */
};

/* Starts to read FD, which is now its own, also on failure; 0 or -1. */
int whole_start(struct whole *, struct source *, int fd, bool blocking, struct err *);

/* As of a class; load is given an open FD of the file, which stays the caller's. */
int whole_save(struct whole *, struct source *, struct saving *, struct err *);
int whole_load(struct whole *, struct source *, int fd, struct wire *, struct err *);

void whole_stop(struct whole *);	/* harmless on a zeroed one and twice */

#endif
