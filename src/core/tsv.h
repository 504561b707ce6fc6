/*
 * TSV out, one row a line: \t \n \r \\ are escaped as two characters, all other bytes pass as they
 * are.  The encoder of a batch is a buffer plus the text of the time column, made once a batch.
 */
#ifndef CORE_TSV_H
#define CORE_TSV_H

#include "base/buf.h"
#include "core/block.h"

enum time_format { TIME_ISO, TIME_EPOCH, TIME_EPOCH_MS, TIME_NONE };

struct tsv {
	struct buf		 out;		/* what is encoded and not yet written */
	enum time_format	 format;
	char			 time[40];	/* the first column with its tab */
	size_t			 time_len;
};

/* Sets the time of the rows to come, in microseconds since the epoch. */
void tsv_set_time(struct tsv *, int64_t us);

/* Appends the rows or lines of a block; 0, or -1 when memory is short. */
int tsv_block(struct tsv *, const struct block *);

/* Appends a header line for rows of this schema; 0 or -1 (memory). */
int tsv_header(struct tsv *, const struct schema *);

/* Appends one field, escaped; 0 or -1 (memory). */
int tsv_field(struct buf *out, const struct value *);

/* Appends the fields of one row joined by tabs, without a line end; 0 or -1 (memory). */
int tsv_row(struct buf *out, const struct value *cells, unsigned columns);

/* Renders rows as lines in SPACE, which the block LINES then borrows; 0 or -1 (memory). */
int tsv_lines(const struct block *rows, struct buf *space, struct block *lines);

#endif
