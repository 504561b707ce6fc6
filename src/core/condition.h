/*
 * What the rows of an output must show for the run to end: an SQL expression over the columns that
 * are written, as in where.  It is met when it is true of a row.
 */
#ifndef CORE_CONDITION_H
#define CORE_CONDITION_H

#include "base/buf.h"
#include "core/block.h"

struct query;

struct condition {
	const char	*option;	/* "fail-if", for messages */
	const char	*text;		/* NULL: there is none */
	int		 word;
	struct query	*query;
	bool		 records;	/* are written, as they came: cell 0 of their rows */
	bool		 met;
	struct buf	 row;		/* the first row that met it, as text */
};

/* Reads the expression; 0, or -1 and a usage error.  A condition without text is never met. */
int condition_open(struct condition *, struct schema *, struct err *);

/* Looks at the rows of a block; 0 or -1. */
int condition_look(struct condition *, const struct block *, struct err *);
void condition_close(struct condition *);

#endif
