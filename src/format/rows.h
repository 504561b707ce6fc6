/*
 * What encoders share: blocks of either form and headers as a series of rows.
 */
#ifndef FORMAT_ROWS_H
#define FORMAT_ROWS_H

#include "core/format.h"

/* Encodes a row whose column I is CELLS[s->column[i].slot]; 0, or -1 when memory is short. */
typedef int (*row_fn)(struct encoder *, const struct schema *, const struct value *cells);

/* Each row of a block, or each line of one of the lines form; stops at -1. */
int rows_each(struct encoder *, const struct schema *, const struct block *, row_fn);

/* The names of the columns as a row; of the time column, too, if there is one. */
int rows_head(struct encoder *, const struct schema *, row_fn);

#endif
