/*
 * What travels between stages: a run of records, in one of two forms.
 *
 * lines  text[0 .. len) is whole lines, each ended by '\n' (a '\r' before it belongs to the end);
 *        SCAN_PAD bytes behind it may be read.  The records are never copied on their way.
 * rows   cells[row * width + slot]: records cut into fields, or what a stage makes; core/schema
 *        says which column lies in which slot.
 *
 * A block borrows everything; it is valid until the function it was passed to returns.
 */
#ifndef CORE_BLOCK_H
#define CORE_BLOCK_H

#include "core/schema.h"
#include "core/value.h"

struct layout;

struct block {
	const char		*text;	/* lines form; NULL: rows form */
	size_t			 len;
	const struct value	*cells;	/* rows form */
	unsigned		 width;	/* cells of a row */
	unsigned		 port;	/* which input of the stage: 0 the chain, others by name */
	int			 source;	/* number of the source of records, or -1 */
	const struct layout	*layout;	/* where their fields are, NULL: as in the plan */
	uint64_t		 records;
	int64_t			 time;	/* end of their batch, microseconds since the epoch */
};

/* A list of blocks, the output of a mapping stage; a zeroed struct is empty. */
struct blocks {
	struct block	*block;
	size_t		 n, cap;
};

/* Appends a block; 0, or -1 when memory is short. */
int blocks_add(struct blocks *, struct block);
void blocks_free(struct blocks *);

/*
 * The line at TEXT: its length without the line end is put in LEN, and the start of the next line
 * is returned.  END is the end of the block.
 */
const char *line_next(const char *text, const char *end, size_t *len);

#endif
