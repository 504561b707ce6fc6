/*
 * Making rows with more cells, for a stage whose schema is over that of its rows: the cells that
 * later stages asked for are copied, the stage fills in its own.
 */
#ifndef CORE_EXTEND_H
#define CORE_EXTEND_H

#include "core/rows.h"

struct extend {				/* of a lane */
	struct arena	 cells;		/* of the rows in to->out */
	struct block	 open;		/* rows made and not yet handed on ... */
	struct value	*next;		/* ... and where the next one goes */
	struct row_text	 text;		/* a bad row */
	unsigned	 width, copies;
	struct { unsigned to, from; } copy[SCHEMA_MAX + 1];
};

/* To be called as a zeroed lane opens, when all columns have been asked for. */
void extend_open(struct extend *, const struct stage *);
void extend_close(struct extend *);

/*
 * Begins with a block of rows; true if the rows of earlier blocks have been taken.  0 or -1
 * (memory).
 */
int extend_start(struct extend *, const struct block *in, const struct feed *);

/* Copies the cells of ROW into a row MADE, and makes the others null. */
void extend_cells(const struct extend *, const struct value *row, struct value *made);

/* A row made of ROW: its own cells are null.  It counts unless extend_drop follows. */
struct value *extend_row(struct extend *, const struct value *row);
void extend_drop(struct extend *);

/* Hands the rows on; 0 or -1 (memory). */
int extend_end(struct extend *, const struct feed *);

#endif
