/*
 * TSV out, one row a line: \t \n \r \\ are escaped as two characters, all other bytes pass as they
 * are; null is \N, doubles are as short as they can be, bool is true or false.  A field that is
 * read is text or null; a backslash before anything else is data.
 */
#ifndef CORE_TSV_H
#define CORE_TSV_H

#include "base/arena.h"
#include "base/buf.h"
#include "core/block.h"

/*
 * Appends HEAD as it is, the columns of a schema from their slots, and a newline; 0 or -1 (memory).
 */
int tsv_columns(struct buf *out, const char *head, size_t head_len, const struct schema *,
    const struct value *cells);

/* Appends one field, escaped; 0 or -1 (memory). */
int tsv_field(struct buf *out, const struct value *);

/* Appends the fields of one row joined by tabs, without a line end; 0 or -1 (memory). */
int tsv_row(struct buf *out, const struct value *cells, unsigned columns);

/*
 * Renders the first COLUMNS cells of each row as lines in SPACE, which the block LINES then
 * borrows; 0 or -1 (memory).
 */
int tsv_lines(const struct block *rows, unsigned columns, struct buf *space, struct block *lines);

/*
 * The cell that a field says; its text borrows from the field, or from ARENA.  0 or -1 (memory).
 */
int tsv_take(struct arena *, const char *text, size_t len, struct value *cell);

#endif
