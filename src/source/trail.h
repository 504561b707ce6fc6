/*
 * One file that is followed: read to where it ends for now, by offset, with the line that is not
 * finished and the file's beginning kept, so that a truncated or replaced content is noticed even
 * when it has grown past what was read.
 */
#ifndef SOURCE_TRAIL_H
#define SOURCE_TRAIL_H

#include "source/probe.h"
#include "source/spot.h"

#include <sys/stat.h>

struct trail {
	struct trail	*next;		/* the file that got the name behind it */
	int		 fd;
	dev_t		 dev;
	ino_t		 ino;
	uint64_t	 offset;	/* bytes taken; framer.partial is the end of them */
	uint64_t	 size;		/* when last looked at */
	struct timespec	 changed;	/* by then */
	int64_t		 looked;	/* when that was, monotonic */
	int64_t		 opened;	/* the same clock */
	int64_t		 grown;		/* when bytes were last taken */
	int		 watched;	/* its number in a watch, or -1 */
	struct head	 head;
	struct framer	 framer;
};

enum trail_state {
	TRAIL_END,			/* read to its end */
	TRAIL_MORE,			/* there is more, after *wait microseconds */
	TRAIL_STOP,			/* the job ends: touch nothing */
};

/* Takes FD, whose fstat was ST; NULL: memory is short, FD is still the caller's. */
struct trail *trail_open(int fd, const struct stat *st);
void trail_close(struct trail *);

/* A trail as bytes: 0, or -1 (memory); and back, with fd -1: NULL if memory is short. */
int trail_put(struct buf *, const struct trail *);
struct trail *trail_get(struct wire *);

/* Begins at its end; the rest of a line that has begun there is no record.  0 or -1 and ERR. */
int trail_skip(struct trail *, struct source *, struct err *);

/* Reads a slice of what has come. */
enum trail_state trail_read(struct trail *, struct source *, int64_t *wait);

/* Its last line is finished, and so is the file. */
void trail_finish(struct trail *, struct source *);

#endif
