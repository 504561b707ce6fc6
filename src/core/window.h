/*
 * Sliding windows over any aggregate.  Time is cut into panes of gcd(length, slide) ticks; a tick
 * is a microsecond or a row.  Panes only merge, nothing is ever subtracted, so it works for
 * minima as for sums.  The two stacks of a queue with O(1) amortised merge (Tangwongsan, Hirzel,
 * Schneider 2015, "General incremental sliding-window aggregation") are kept key by key:
 *
 *   older panes <- front ->|<- back -> newer panes, open pane
 *
 * back is the merge of all panes behind the bar.  front is the merge of those before it; each such
 * pane holds, for its own keys only, what front becomes when that pane leaves.  So a slide costs
 * O(1) merges a key in it, and memory is the panes plus two maps.
 *
 * With a checkpoint each pane is a part of the stored state, named by its number.  What a batch
 * adds to the open pane is put down with it; a closed pane only goes, and what else there is
 * follows from the panes.
 */
#ifndef CORE_WINDOW_H
#define CORE_WINDOW_H

#include "core/evict.h"
#include "core/running.h"

#define WINDOW_PANES_MAX (1 << 20)

struct pane {				/* one closed pane: entries as in a map, without an index */
	char		*entries;
	size_t		 n;
	size_t		 room;		/* entries it has memory for */
	struct arena	 bytes;		/* long keys */
	uint64_t	 error;		/* by which its counts may be too low */
	bool		 stored;	/* it was put down */
};

struct window {
	const struct aggregate	*agg;
	int64_t			 length, slide, pane;	/* ticks */
	struct map		 open;		/* the pane that fills now */
	struct map		 front, back, answer;
	struct pane		*panes;		/* a ring of as many as the window has */
	size_t			 npanes, first, closed, fronted;
	int64_t			 now;		/* the last tick it was advanced to ... */
	int64_t			 answered;	/* ... and the one of its last answer */
	bool			 grows;		/* its answers do: all else is unused but OPEN */
	uint64_t		 error;		/* as in a pane: of the open one, or of all */
	const struct map	*always;	/* keys of each answer; the caller's, or NULL */
	struct running		 running;
	struct saving		*saving;	/* where panes are put down, or NULL */
	struct kept		 held;		/* then the open pane without the open batch ... */
	int64_t			 number;	/* ... and which pane that is, from 0 */
	int64_t			 until;		/* the same, while panes are loaded */
};

/* The ticks of a pane: the greatest common divisor of LENGTH and SLIDE; how many a window has. */
int64_t window_pane(int64_t length, int64_t slide);
int64_t window_panes(int64_t length, int64_t slide);

/*
 * LENGTH and SLIDE in ticks, SEED for the maps; SAVING, which outlives it, names the stage, or is
 * NULL.  slide <= length and window_panes <= WINDOW_PANES_MAX are the caller's to check.  0, or -1
 * when memory is short.
 */
int window_open(struct window *, const struct aggregate *, int64_t length, int64_t slide,
    const uint64_t seed[2], struct saving *);

/*
 * A window whose answer is told every SLIDE ticks while it grows, see running.h; LENGTH 0: for
 * ever.  Cannot fail.
 */
void window_open_growing(struct window *, const struct aggregate *, enum emit, int64_t length,
    int64_t slide, int64_t ttl, const uint64_t seed[2], struct saving *);

/* The first multiple of UNIT at or behind TICK, which is negative before the epoch. */
int64_t window_multiple(int64_t tick, int64_t unit);

/* The end of the window that answers at TICK: its name. */
int64_t window_end(const struct window *, int64_t tick);

/*
 * Closes the open pane if one ends at TICK; called for each batch end in turn.  0, or -1 and the
 * error.
 */
int window_advance(struct window *, int64_t tick, struct err *);

/* True if a window ends at TICK. */
bool window_due(const struct window *, int64_t tick);

/* The merged values of the window that ends now, valid until the next call; NULL: no memory. */
const struct map *window_answer(struct window *);

/* To be called when an answer has been used: forgets what no later window needs.  0 or -1. */
int window_answered(struct window *, struct err *);

/*
 * With a checkpoint: puts down what the open batch, which ends at TICK, has added so far.  0, or -1
 * and the error.
 */
int window_save(struct window *, int64_t tick, struct err *);

/*
 * Takes chunks of a fresh window in the order in which they are stored, once now and answered are
 * what they were, and number and until what number was; then all have been taken.  0 or -1
 * (memory).
 */
int window_load(struct window *, const struct store_part *, struct wire *);
int window_loaded(struct window *);

size_t window_bytes(const struct window *);	/* held from the allocator */
uint32_t window_keys(const struct window *);	/* keys held in all panes, for the stats */
void window_close(struct window *);

/* ---- window_evict.c: when memory is full ---- */

/*
 * Takes keys out of it, see evict.h; adds what went to SUM.  With a checkpoint not for a window
 * that slides: its panes are put down as they were.  0, or -1 and the error.
 */
int window_evict(struct window *, const struct eviction *, struct evicted *sum, struct err *);

/* By how much counts of its next answer may be too low, for keys that were evicted. */
uint64_t window_error(const struct window *);

/*
 * Bytes that its next answer takes at most besides what it holds, when MORE keys whose long ones
 * take BYTES are added to what is open first.
 */
size_t window_need(const struct window *, size_t more, size_t bytes);

/* Between answers: gives back what is only kept for the next one. */
void window_release(struct window *);

#endif
