/*
 * Rows of batches that are complete, but not in their table yet, for sqlite: with a checkpoint.
 * They wait in a table of the same file, `streamctl_pending_TABLE_ID`, until the checkpoint is
 * committed; then one transaction moves them.  Each row there has the number of the save that it
 * came with.  So a run that begins where another was killed can tell those that were committed,
 * and moves them if that one had not, from those that were not, which go.
 */
#ifndef SINK_PENDING_H
#define SINK_PENDING_H

#include "sink/table.h"

enum pending_statement {
	PENDING_PUT,			/* what is kept into here */
	PENDING_REMOVE,			/* rows of the table that give way to some here */
	PENDING_MOVE, PENDING_EMPTY,
	PENDING_STATEMENTS
};

struct pending {			/* a zeroed one can be closed */
	struct table	*table;
	uint64_t	 id;		/* of this sink, in all its runs */
	int64_t		 save;		/* the last, counted from 1 */
	bool		 waits;		/* it has rows that were not moved yet */
	sqlite3_stmt	*statement[PENDING_STATEMENTS];
};

/* A table that was opened, or opened again after SAVE: moves what is due, drops what is not. */
int pending_recover(struct pending *, struct err *);

/* Makes the table for rows of this schema, and makes all statements ready.  0 or -1. */
int pending_prepare(struct pending *, const struct schema *, struct err *);

/* Puts all rows that are kept down under the number of the next save.  0 or -1. */
int pending_put(struct pending *, struct err *);

/* Moves all rows to their table.  0 or -1. */
int pending_publish(struct pending *, struct err *);

/* Frees the statements; DROP: the table is needed no more, and goes if nobody is in the way. */
void pending_close(struct pending *, bool drop);

#endif
