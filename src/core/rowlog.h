/*
 * Rows that are kept, in order: copied with their text, given back as blocks.  What must see whole
 * batches or windows of rows (sql, join, event time) keeps them here.
 */
#ifndef CORE_ROWLOG_H
#define CORE_ROWLOG_H

#include "base/arena.h"
#include "core/block.h"
#include "core/save.h"

struct rowlog_part;

/* A zeroed one is empty.  All rows have the same width. */
struct rowlog {
	bool			 no_record;	/* cell 0 is not wanted: it becomes null */
	struct rowlog_part	*first, *last;
	uint64_t		 records;
	size_t			 bytes;		/* held from the allocator */
};

/* Appends a copy of the rows of a block, which are no lines; 0 or -1 (memory). */
int rowlog_add(struct rowlog *, const struct block *);

/*
 * The blocks of it, one after the other: start with a NULL part; false at the end.  A block borrows
 * until the log is changed.  Each has the port, source and time that its rows came with.
 */
bool rowlog_next(const struct rowlog *, const struct rowlog_part **part, struct block *);

/* The cells of the last N rows, which were added as one block. */
const struct value *rowlog_tail(const struct rowlog *, uint64_t n);

/*
 * Puts down the rows from number FROM on, counted from 0, with port, source and time: entries of
 * some rows each, so that the parts of a log can be put in turn.  What an entry begins with is
 * never 0, which leaves that to entries of the owner's own.  0 or -1.
 */
int rowlog_save(const struct rowlog *, uint64_t from, struct saving *, struct err *);

/*
 * Appends the rows of one entry, or of all to the end of a chunk; 0 or -1 (memory).  Those of port
 * I have WIDTH[I] cells, I < PORTS; bytes that say anything else are damaged, and an entry that is
 * damaged adds no rows.
 */
int rowlog_load_entry(struct rowlog *, struct wire *, const unsigned *width, unsigned ports);
int rowlog_load(struct rowlog *, struct wire *, const unsigned *width, unsigned ports);

void rowlog_free(struct rowlog *);

#endif
