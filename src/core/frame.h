/*
 * Cutting bytes into lines, for any number of connections at once.  Bytes are read straight into a
 * shared block behind the lines that are there already; only the unfinished last line of a
 * connection is copied, into its framer, until the rest of it comes.
 *
 *   block:  | whole lines ... | room for the unfinished line | bytes just read ... | pad |
 *           0                len                            gap
 *
 * Where fields may be quoted, a "line" is a record, which can span several (core/quotes).
 *
 * A line longer than the limit is counted as bad and skipped; no more than the limit and one read
 * of it is ever held.  Where it was is noted beside the block, so that whoever cuts the block into
 * batches can tell which one it belongs to.  The answer does not depend on how the bytes were
 * split into reads.
 * Pure: the caller reads.
 */
#ifndef CORE_FRAME_H
#define CORE_FRAME_H

#include "base/buf.h"
#include "base/scan.h"
#include "base/wire.h"
#include "core/quotes.h"

#include <stdbool.h>
#include <stdint.h>

struct layout;

struct framer {			/* one connection; a zeroed struct is a new one */
	struct buf	partial;	/* the line that has not ended yet */
	struct quotes	quotes;		/* where it has come to, if lines->quoted */
	bool		skipping;	/* it is over the limit: wait for its end */
	bool		headed;		/* its header record has come */
	bool		placed;		/* LAYOUT is that of its header */
	bool		keeps;		/* HEADER is wanted: there is a checkpoint */
	struct buf	header;		/* that record, without its end */
	uint64_t	position;	/* bytes of its records that were fed, headers too */
	const struct layout *layout;	/* where the fields of its records are */
};

struct frame_counts {
	uint64_t	records;	/* lines ended, bad ones too */
	uint64_t	bad;		/* lines over the limit or cut off */
	uint64_t	bytes;		/* of them, line ends included */
};

/* What counts with line AT of a block (from 0), or with the first one behind the block. */
struct frame_mark {
	uint64_t		at;
	struct frame_counts	more;	/* bytes: -1 modulo 2^64 for an end that never came */
};

struct lines {			/* the shared block; its bytes are data[0 .. len) */
	char			*data;
	size_t			 len;
	size_t			 cap;		/* without the pad */
	uint64_t		 records;	/* lines in the block */
	bool			 quoted;	/* a newline in quotes ends no line */
	int			 source;	/* number of their source, -1: of several */
	const struct layout	*layout;	/* where their fields are, NULL: as in the plan */
	struct frame_mark	*mark;		/* bad lines between them, in order */
	size_t			 marks, marks_cap;
};

/* A block of CAP bytes; 0, or -1 when memory is short. */
int lines_open(struct lines *, size_t cap);
void lines_close(struct lines *);

/* Gives it room for at least CAP bytes; 0, or -1 when memory is short. */
int lines_grow(struct lines *, size_t cap);

/* Forgets the lines, which have been fed, and the marks. */
void lines_empty(struct lines *);

/* Adds B to A, or takes it away. */
void frame_counts_add(struct frame_counts *a, const struct frame_counts *b);
void frame_counts_sub(struct frame_counts *a, const struct frame_counts *b);

/*
 * Where to read to, and how many bytes there is room for: 0 if the block must be emptied first.
 */
char *frame_room(const struct framer *, const struct lines *, size_t *room);

/*
 * SIZE bytes have been read to where frame_room said.  Whole lines of at most MAX_LINE bytes (line
 * end not counted) join the block.  0, or -1 when memory is short.
 */
int frame_take(struct framer *, struct lines *, const struct scan *, size_t size, size_t max_line,
    struct frame_counts *);

/* The input ended: an unfinished line is a line, too; call after emptying the block.  0 or -1. */
int frame_end(struct framer *, struct lines *, size_t max_line, struct frame_counts *);

/* The connection was lost: an unfinished line is bad.  1 if there was one, else 0; or -1. */
int frame_drop(struct framer *, struct lines *, struct frame_counts *);

void frame_close(struct framer *);

/*
 * Where a connection has come to as bytes, and back: what follows is to be read from the byte at
 * f->position on, which begins a line, or goes on with one that is skipped.  0 or -1 (memory).
 */
int frame_save(const struct framer *, struct buf *);
int frame_load(struct framer *, struct wire *);

#endif
