/*
 * How far a regular file was read, as it is written down and found again.  The file is the same one
 * if it begins as it did, as far as that was looked at, and is not shorter than what was read:
 * device and inode are others in a copy, or after a restore.
 */
#ifndef SOURCE_SPOT_H
#define SOURCE_SPOT_H

#include "source/probe.h"
#include "source/source.h"

#define SPOT_ANEW "begin anew with --state reset"

struct spot {
	dev_t		dev;
	ino_t		ino;
	struct head	head;
	uint64_t	start;		/* byte of the file at which the text begins */
	uint64_t	size;		/* of the file, when it was read to its end; else 0 */
};

/* A spot and the framer of what was read as bytes, and back: 0, or -1 (memory). */
int spot_put(struct buf *, const struct spot *, const struct framer *);
int spot_get(struct wire *, struct spot *, struct framer *);

/*
 * Whether FD, the file NAME, is the one of a spot, of the text of which POSITION bytes were read.
 * If so, device and inode are those it has now.  0; 1: it is another, as the error says; or -1: it
 * cannot be told.
 */
int spot_check(struct spot *, const char *name, int fd, uint64_t position, struct err *);

/* What was read is not to be understood; returns -1. */
int spot_damaged(const struct source *, struct err *);

#endif
