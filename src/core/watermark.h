/*
 * Event time: how far each source has come, and which batches are over.  The watermark is the
 * least, over the sources, of the greatest time seen minus the lateness; a batch is over when the
 * watermark has come to its end.  A source that has ended, or is idle, holds nothing back; one that
 * has told no time yet holds back everything.  All times are microseconds since the epoch.  Pure:
 * it follows from the order of the records alone.
 */
#ifndef CORE_WATERMARK_H
#define CORE_WATERMARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source_clock {
	int64_t	newest;			/* greatest time seen */
	bool	seen, done, idle;
};

struct watermark {
	struct source_clock	*source;
	size_t			 sources;
	int64_t			 batch, lateness;
	int64_t			 closed;	/* batches that end here or before are over */
};

/* 0, or -1 when memory is short. */
int watermark_open(struct watermark *, size_t sources, int64_t batch, int64_t lateness);

/* The end of the batch that a time belongs to: the first multiple of the batch behind it. */
int64_t watermark_batch(const struct watermark *, int64_t time);

/* A record of SOURCE has this time.  True if batches are over now that were not: see closed. */
bool watermark_see(struct watermark *, size_t source, int64_t time);

/* A source has ended, or is idle or no longer so.  True as above. */
bool watermark_done(struct watermark *, size_t source);
bool watermark_idle(struct watermark *, size_t source, bool idle);

void watermark_close(struct watermark *);

#endif
