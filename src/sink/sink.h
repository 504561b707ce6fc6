/*
 * A sink: where rows go.  One file with a const struct sink_class and one row in sinks.def each.
 *
 * Life: open -> { write or rows ... -> end } for each batch -> close.  write takes encoded rows,
 * rows takes them as they are (flag SINK_ROWS).  Both return when all is taken; a slow reader makes
 * them wait, and while they wait no source is read: that is the backpressure.  An open that fails
 * leaves nothing behind, and close may follow it or not; close may also come in the middle of a
 * batch that failed, which is given up then.
 */
#ifndef SINK_SINK_H
#define SINK_SINK_H

#include "base/buf.h"
#include "base/err.h"
#include "core/block.h"

#include <stddef.h>

struct sink;

enum sink_flag {
	SINK_TRUNCATABLE = 1,	/* can be cut back to a recorded length */
	SINK_IDEMPOTENT = 2,	/* a batch that is given again takes the place of the first */
	SINK_ROWS = 4,		/* takes rows, not bytes */
	SINK_HEADS = 8,		/* gives the line of column names itself: it has many beginnings */
};

struct sink_class {
	const char	*name;
	const char	*prefix;	/* what its addresses begin with; "" takes the rest */
	const char	*usage;
	const char	*help;		/* one line */
	unsigned	 flags;		/* enum sink_flag */
	size_t		 size;		/* bytes of private state, zeroed */
	int		(*open)(struct sink *, struct err *);
	int		(*write)(struct sink *, const char *bytes, size_t len, struct err *);
	int		(*rows)(struct sink *, const struct schema *, const struct block *,
			    struct err *);

	/* The rows of the batch that ended at TIME were all given, maybe none; NULL: no need. */
	int		(*end)(struct sink *, int64_t time, struct err *);
	int		(*close)(struct sink *, struct err *);

	/*
	 * With a checkpoint: all that was given up to the last end is in place, and with SYNC on
	 * the disk; appends to OUT what open needs (s->saved) to go on from here after a crash,
	 * whatever was written since.  What others should not see before the checkpoint is
	 * committed is made public by publish, or by that open.  A sink with an end is saved
	 * between batches only.  NULL, or nothing appended: it cannot be taken back.
	 */
	int		(*save)(struct sink *, bool sync, struct buf *out, struct err *);
	int		(*publish)(struct sink *, struct err *);
};

struct sink {
	const struct sink_class	*class;
	const char		*address;	/* as the user wrote it, for messages */
	const char		*rest;		/* behind the prefix */
	int			 word;		/* where it was given, or ERR_NO_WORD */
	const char		*format;	/* its name: what write is given */
	const char		*head;		/* with SINK_HEADS: the line of column names ... */
	size_t			 head_len;	/* ... that begins each file; 0: none */
	uint64_t		 batch;		/* number of the rows' batch; 0: not to be told */
	int			 fd;
	void			*private;	/* class->size bytes */
	bool			 given;		/* the engine's: rows, since the last end */
	bool			 deferred;	/* publish is called: there is a checkpoint */
	const struct buf	*saved;		/* what save gave in the run before, or NULL */
	void			*arg;		/* of notice */

	/* Tells the user something, in one line that begins with the address; not with -q. */
	void			(*notice)(struct sink *, const char *format, ...)
				    __attribute__((format(printf, 2, 3)));
};

/* A number that no other run has. */
uint64_t sink_random(void);

/* s->saved is not what this sink has saved: fills the error; returns -1. */
int sink_damaged(const struct sink *, struct err *);

#endif
