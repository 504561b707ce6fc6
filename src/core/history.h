/*
 * The rows of a sliding window as they came, for what must see them all at its end.  Time is cut
 * into panes of gcd(length, slide) ticks, as in core/window; each keeps the rows of its batches,
 * and is dropped whole when no window reaches back to it.  Panes without rows cost nothing.
 */
#ifndef CORE_HISTORY_H
#define CORE_HISTORY_H

#include "core/rowlog.h"

struct history_pane;

/* What of a history has been put down, see core/history_save. */
struct history_log {
	uint64_t		 generation;
	uint64_t		 written;	/* entries in it */
	uint64_t		 start;		/* the first row in it ... */
	bool			 older;		/* ... as there is one before */
	bool			 put;		/* anything was */
	uint64_t		 base, next;	/* of the history when it was */
};

struct history {
	int64_t			 pane;		/* ticks */
	bool			 no_record;	/* of the rows, as in struct rowlog */
	struct history_pane	*first, *last;	/* oldest first */
	bool			 open;		/* the last one may get more rows */
	uint64_t		 records;
	uint64_t		 next;		/* number of the next row, from 1 */
	struct history_pane	*changed;	/* the first that is not put down as it is */
	struct history_log	 log;
};

void history_init(struct history *, int64_t length, int64_t slide, bool no_record);

/* Keeps a copy of rows of the open batch; 0 or -1 (memory). */
int history_add(struct history *, const struct block *);

/* The cells of the last N rows, which were added as one block: valid until they are dropped. */
const struct value *history_tail(const struct history *, uint64_t n);

/* The batch ends at TICK: what came since the last call belongs to it. */
void history_tick(struct history *, int64_t tick);

/* How many blocks there are, and those: they borrow until rows are added or dropped. */
size_t history_count(const struct history *);
void history_blocks(const struct history *, struct block *out);

/* Drops the panes that end at FROM or before: those of windows that begin there have all others. */
void history_drop(struct history *, int64_t from);

/* The number of the oldest row, or of the next one. */
static inline uint64_t
history_base(const struct history *h)
{
	return h->next - h->records;
}

/* Held from the allocator. */
size_t history_bytes(const struct history *);

void history_free(struct history *);

#endif
