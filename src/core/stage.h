/*
 * A stage: one step of a chain.  There are two kinds.
 *
 *   mapping      feed: takes a block, appends what passes to `out`; nothing is kept of it
 *   aggregating  feed: adds a block to a partial answer (a struct map of aggregate values);
 *                fire and rows: turn the whole answer of a batch or window into rows
 *
 * A stage is read-only once it is open, so that threads can share it; what it writes while it
 * feeds lies in a lane, one for each thread.  Windows, merging, saving and threads are the
 * engine's work and the same for all stages: a stage only knows blocks and one partial answer.
 *
 * Adding one is a file with a const struct stage_class and a row in stage/stages.def.
 */
#ifndef CORE_STAGE_H
#define CORE_STAGE_H

#include "base/err.h"
#include "core/aggregate.h"
#include "core/block.h"
#include "core/opt.h"

#include <stdint.h>

struct stage;

enum stage_flag {
	STAGE_RANKS = 1,	/* its rows come best first */
	STAGE_NEEDS_RANKED = 2,	/* makes sense only behind ranked rows */
	STAGE_EACH_BATCH = 4,	/* answers an empty batch or window, too */
};

/* Rows that fire hands out: room for CAP rows of the stage's columns. */
struct rows {
	struct value	*cells;
	size_t		 cap;
};

struct stage_class {
	const char		*name;
	const char		*usage;		/* the words behind the name */
	const char		*help;		/* one line, at most 60 characters */
	const char		*detail;	/* rows out, order, units, ranges; lines of text */
	const char		*spark;		/* the equal Spark call, for --explain */
	const struct opt	*options;	/* ended by a zeroed one; may be NULL */
	unsigned		 min_args, max_args;
	unsigned		 flags;		/* enum stage_flag */
	const struct aggregate	*aggregate;	/* NULL: a mapping stage */
	size_t			 config_size;	/* bytes, zeroed before the first call */
	size_t			 lane_size;	/* bytes, zeroed */

	/* Options and arguments one by one as they are read; VALUE is kept, WORD is for errors. */
	int	(*option)(struct stage *, int id, const char *value, int word, struct err *);
	int	(*argument)(struct stage *, const char *text, int word, struct err *);

	/* All words are read: checks them, sets the columns that go out.  NULL: the same. */
	int	(*open)(struct stage *, const struct schema *in, struct schema *out, struct err *);
	void	(*close)(struct stage *);

	int	(*lane_open)(const struct stage *, void *lane, struct err *);
	void	(*lane_close)(void *lane);

	/* STATE for an aggregating stage, OUT for a mapping one; the other is NULL. */
	int	(*feed)(const struct stage *, void *lane, const struct block *in,
		    struct map *state, struct blocks *out, struct err *);

	/*
	 * Prepares the rows of ANSWER, which outlives them.  A mapping stage is told (with NULL)
	 * that an answer has ended.
	 */
	int	(*fire)(const struct stage *, void *lane, const struct map *answer, struct err *);

	/* The next rows of that answer; how many, 0 at the end. */
	size_t	(*rows)(const struct stage *, void *lane, const struct rows *);

	/* How many rows of a firing this stage reads at most; NULL: all. */
	uint64_t (*limit)(const struct stage *);
};

struct stage {
	const struct stage_class *class;
	void			*config;	/* class->config_size bytes */
	int			 word;		/* where it stands in the pipeline, for errors */
	uint64_t		 limit;		/* rows read of each answer, or UINT64_MAX */
	int64_t			 length, slide;	/* ticks; of an aggregating stage */
	struct schema		 in, out;
};

#endif
