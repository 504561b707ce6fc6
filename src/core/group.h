/*
 * Grouping rows by key: what every stage with --by shares.
 *
 * A key is the bytes of the columns that rows are grouped by.  A column of a format that has only
 * text is its own key, so that it sorts by its bytes; any other key is the columns one behind the
 * other, each a tag and its bytes, so encoded that comparing keys byte by byte orders them column
 * by column: null, numbers by value, booleans, text by bytes.  No two different keys have the same
 * bytes.
 */
#ifndef CORE_GROUP_H
#define CORE_GROUP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "core/block.h"

struct stage;

#define GROUP_MAX 16			/* columns of a key */
#define GROUP_RUN 64			/* rows that are looked up at a time */

struct group {				/* what to group by; read-only */
	unsigned	 columns;	/* 0: all rows are one group */
	unsigned	 slot[GROUP_MAX];	/* of a row, or SCHEMA_NO_SLOT: null */
	bool		 plain;		/* one column of text, which is the key ... */
	bool		 never_null;	/* ... as it is; else a NUL before it tells null apart */
	unsigned	 source;	/* column + 1 that is the name of a block's source ... */
	const char	*const *sources;	/* ... by number, where its cell is null; or 0 */
};

struct group_run {			/* of one lane */
	struct buf	 text;		/* encoded keys of a run */
	struct map_key	 key[GROUP_RUN];
	uint64_t	 hash[GROUP_RUN];
	uint64_t	*value[GROUP_RUN];	/* OUT: the value of each row's group */
};

/*
 * Reads `--by a,b` at VALUE (NULL: one group) as columns of IN, and adds them to OUT, which is to
 * have the same names.  0 or -1.
 */
int group_open(struct group *, struct schema *in, struct schema *out, const char *value, int word,
    struct err *);

/*
 * The same for what comes in and goes out of a stage that is opened.  Where no stage before it
 * keeps anything, `source` is the name of the source that a record came from, unless that is the
 * name of a column; of an open schema, where that is null.
 */
int group_open_by(struct group *, struct stage *, const char *value, int word, struct err *);

/*
 * Groups by records as they are read, or by rows that come as lines.
 */
int group_open_all(struct group *, struct schema *in, struct schema *out, struct err *);

/* How many rows of a block, from FROM on, are looked up next. */
static inline unsigned
group_rows(const struct block *b, uint64_t from)
{
	uint64_t left = b->records - from;

	return left < GROUP_RUN ? (unsigned)left : GROUP_RUN;
}

/*
 * Looks up the groups of rows FROM .. FROM + N - 1 of a block (N <= GROUP_RUN) in MAP, adding
 * those that are new with values of zeros: run->value[0 .. N).  0, or -1 when memory is short.
 */
int group_run(const struct group *, struct group_run *, struct map *map, const struct block *,
    uint64_t from, unsigned n);

/*
 * Groups by all columns but those whose number is one of EXCEPT[0 .. N), adding them to OUT
 * unless it is NULL; 0 or -1.
 */
int group_open_others(struct group *, struct schema *in, struct schema *out, const int *except,
    unsigned n, int word, struct err *);

/* Makes the keys of such rows, run->key[0 .. n), which borrow from block and run; 0 or -1. */
int group_keys(const struct group *, struct group_run *, const struct block *, uint64_t from,
    unsigned n);

/* Makes run->key[0] of its columns' CELLS, from which it borrows; 0 or -1. */
int group_key(const struct group *, struct group_run *, const struct value *cells);

/* The columns of a key as group->columns cells; text borrows from the key, or from ARENA. */
int group_cells(const struct group *, const struct map_key *key, struct value *cells,
    struct arena *);

/* True if the bytes can be a key, as group_cells takes for granted. */
bool group_key_is_whole(const struct group *, const char *bytes, size_t len);

void group_run_free(struct group_run *);

#endif
