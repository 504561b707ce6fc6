/*
 * What travels between stages: a run of records, in one of two forms.
 *
 * lines  text[0 .. len) is whole lines, each ended by '\n' (a '\r' before it belongs to the end);
 *        SCAN_PAD bytes behind it may be read.  The records are never copied on their way.
 * rows   cells[row * columns + column], what an aggregate answers.
 *
 * A block borrows everything; it is valid until the function it was passed to returns.
 */
#ifndef CORE_BLOCK_H
#define CORE_BLOCK_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCHEMA_MAX 16			/* columns of a row */

enum value_kind { VALUE_TEXT, VALUE_INT };

struct value {
	enum value_kind	 kind;
	size_t		 len;		/* of text */
	union {
		const char	*text;	/* not ended by NUL */
		int64_t		 i;
	};
};

struct schema {
	unsigned	 columns;
	const char	*name[SCHEMA_MAX];
	bool		 lines;		/* one column, and blocks of the lines form */
	bool		 ranked;	/* the rows of a firing come best first */
};

struct block {
	const char		*text;	/* lines form; NULL: rows form */
	size_t			 len;
	const struct value	*cells;	/* rows form */
	unsigned		 columns;
	uint64_t		 records;
};

/* A list of blocks, the output of a mapping stage; a zeroed struct is empty. */
struct blocks {
	struct block	*block;
	size_t		 n, cap;
	uint64_t	 bad;		/* records that the stage could not take */
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
