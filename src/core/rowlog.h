/*
 * Rows that are kept, in order: copied with their text, given back as blocks.  What must see whole
 * batches or windows of rows (sql, join, event time) keeps them here.
 */
#ifndef CORE_ROWLOG_H
#define CORE_ROWLOG_H

#include "base/arena.h"
#include "core/block.h"

struct rowlog_part;

/* A zeroed one is empty.  All rows have the same width. */
struct rowlog {
	bool			 no_record;	/* cell 0 is not wanted: it becomes null */
	struct rowlog_part	*first, *last;
	uint64_t		 records;
	size_t			 bytes;		/* held from the allocator */
};

/* Appends a copy of the rows (or lines, as rows of one cell) of a block; 0 or -1 (memory). */
int rowlog_add(struct rowlog *, const struct block *);

/*
 * The blocks of it, one after the other: start with a NULL part; false at the end.  A block borrows
 * until the log is changed.  Each has the port, source and time that its rows came with.
 */
bool rowlog_next(const struct rowlog *, const struct rowlog_part **part, struct block *);

/* The cells of the last N rows, which were added as one block. */
const struct value *rowlog_tail(const struct rowlog *, uint64_t n);

void rowlog_free(struct rowlog *);

#endif
