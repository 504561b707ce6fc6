/*
 * The columns of rows.  Column I of a schema is cell column[i].slot of a row; what a stage makes
 * has them in order.  Of records that are read only those columns get a slot that some stage asks
 * for, so that no field is cut out for nothing; cell 0 of such a row is the record as it was read.
 *
 * Stages find their columns by name before any row flows.  A schema that is open (JSON, logfmt)
 * has every column that is asked for: a record without it has null there.
 */
#ifndef CORE_SCHEMA_H
#define CORE_SCHEMA_H

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define SCHEMA_MAX 256			/* columns of a row */
#define SCHEMA_NO_SLOT (~0U)		/* nobody has asked for the column */
#define SCHEMA_OWN (~0U)			/* a column that is none of the base's */
#define SCHEMA_RECORD 0			/* the slot of the record as it was read */

struct column {
	const char	*name;		/* outlives the schema */
	unsigned	 slot;		/* cell of a row, or SCHEMA_NO_SLOT */
	bool		 bare;		/* its text has no type: what looks like a number is one */
};

struct origin {				/* of a column */
	bool		 made;		/* by a stage: a record does not show it */
	unsigned	 from;		/* its column in the schema's base, or SCHEMA_OWN */
};

struct schema {
	unsigned	 columns, width;	/* columns, cells of a row */
	struct column	 column[SCHEMA_MAX];
	struct origin	 origin[SCHEMA_MAX];
	bool		 input;		/* records as they are read: cell 0 is the record */
	bool		 texts;		/* all cells of the columns are text or null */
	bool		 open;		/* asking for a column makes it ... */
	bool		 bare;		/* ... and it is bare */
	struct arena	*names;		/* of an open one: where names are kept */
	bool		 lines;		/* one column, the record: blocks may be of lines */
	bool		 ranked;	/* the rows of an answer come best first */
	struct schema	*base;		/* rows are those of this one and more, see schema_over */
};

/* Makes *S the rows that a stage makes: adds a column, with the next slot; 0 or -1 (too many). */
int schema_add(struct schema *, const char *name, bool bare, struct err *);

/*
 * Makes S, zeroed, the rows of BASE with columns of its own, which schema_add adds.  Asking for a
 * column of BASE asks BASE for it.  A record stays in its cell.
 */
void schema_over(struct schema *, struct schema *base);

/*
 * The column called NAME[0 .. LEN), with a slot from now on; or -1 with a usage error about WORD,
 * which names the nearest column.  COLUMN is where in that word the name begins.
 */
int schema_find(struct schema *, const char *name, size_t len, int word, size_t column,
    struct err *);

/* The slot of that column in *SLOT; 0, or -1 and the error. */
int schema_slot(struct schema *, const char *name, int word, unsigned *slot, struct err *);

/*
 * What is shown of rows that go out as they are: every column, each with a slot from now on; of an
 * open schema the record as one column, and what is not of the record behind it.
 */
void schema_show(struct schema *, struct schema *shown);

/* Reads `a,b,c` at VALUE as columns; how many, their indexes in AT[0 .. max), or -1. */
int schema_list(struct schema *, const char *value, unsigned *at, unsigned max, int word,
    struct err *);

/* True if rows of both have the same columns in the same cells. */
bool schema_same(const struct schema *, const struct schema *);

#endif
