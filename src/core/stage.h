/*
 * A stage: one step of a chain.  There are two kinds.
 *
 *   mapping      feed: takes a block, appends what passes to to->out; fire and rows, if it has
 *                them, give what it held back when the batch ends
 *   aggregating  feed: adds a block to a partial answer (a struct map of aggregate values);
 *                fire and rows: turn the whole answer of a batch or window into rows
 *
 * A stage is read-only once it is bound, so that threads can share it; what it writes while it
 * feeds lies in a lane, one for each thread.  Windows, merging, saving and threads are the
 * engine's work and the same for all stages: a stage only knows blocks and one partial answer.
 *
 * Life: option and argument as the words are read -> open, when the columns that come in are known
 * -> lane_open -> feed, fire, rows ... -> lane_close -> close.
 *
 * Adding one is a file with a const struct stage_class and a row in stage/stages.def.
 */
#ifndef CORE_STAGE_H
#define CORE_STAGE_H

#include "base/err.h"
#include "core/aggregate.h"
#include "core/bad.h"
#include "core/block.h"
#include "core/evict.h"
#include "core/given.h"
#include "core/group.h"
#include "core/opt.h"
#include "core/running.h"
#include "core/save.h"
#include "core/span.h"

#include <stdint.h>

struct stage;
struct plan;

#define POINTS_MAX 16			/* streams that come together in one place */
#define STAGE_PORTS 15			/* named streams that a stage can read */

enum stage_flag {
	STAGE_RANKS = 1,	/* its rows come best first */
	STAGE_NEEDS_RANKED = 2,	/* makes sense only behind ranked rows */
	STAGE_EACH_BATCH = 4,	/* answers an empty batch or window, too */
	STAGE_LINES = 8,	/* takes blocks of lines where the schema has them */
	STAGE_ROWS = 16,	/* takes blocks of rows; with both, either form */
	STAGE_SERIAL = 32,	/* sees all in order: a mapping stage that keeps something */
	STAGE_EXPANDS = 64,	/* a mapping stage that makes several rows of one */
	STAGE_AGGREGATES = 128,	/* stage->aggregate is set by open at the latest */
	STAGE_CHOOSES = 512,	/* has a function choose; may turn out to aggregate */
	STAGE_BOUNDED = 1024,	/* what it keeps does not grow with the number of keys */
	STAGE_UNSAVED = 2048,	/* cannot go on from a checkpoint */
	STAGE_WINDOWS = 256,	/* a mapping stage that has --window and --slide, too: its last
				   rows have the time at which its window would have ended */
};

/*
 * Rows that fire hands out: room for CAP rows of stage->out->width cells.  Their time is that of
 * the batch or window, unless the stage sets another one for all that it hands out at once.
 */
struct rows {
	struct value	*cells;
	size_t		 cap;
	int64_t		*time;
};

/* Where what is fed goes. */
struct feed {
	struct map	*state;		/* of an aggregating stage: the partial answer */
	struct blocks	*out;		/* of a mapping stage */
	struct bad	*bad;		/* records that the stage could not take */
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
	size_t			 config_size;	/* bytes, zeroed before the first call */
	size_t			 lane_size;	/* bytes, zeroed */

	/* Options and arguments one by one as they are read; VALUE is kept, WORD is for errors. */
	int	(*option)(struct stage *, int id, const char *value, int word, struct err *);
	int	(*argument)(struct stage *, const char *text, int word, struct err *);

	/*
	 * Of one with STAGE_CHOOSES, whose words can mean several things: all have been read; the
	 * class that the stage has from now on, with the same name and config.  NULL: an error.
	 */
	const struct stage_class *(*choose)(struct stage *, struct err *);

	/*
	 * All words are read and s->in is known: checks them, finds columns, sets s->out to
	 * &s->made where it makes rows of its own, and s->aggregate.  NULL: nothing to do.
	 */
	int	(*open)(struct stage *, struct err *);
	void	(*close)(struct stage *);

	int	(*lane_open)(const struct stage *, void *lane, struct err *);
	void	(*lane_close)(void *lane);

	int	(*feed)(const struct stage *, void *lane, const struct block *in, struct feed *to,
		    struct err *);

	/*
	 * Of a mapping stage that keeps something over time, told at each batch end before fire:
	 * where time has come to, in microseconds or rows; LAST: nothing more is to come.
	 */
	int	(*tick)(const struct stage *, void *lane, int64_t tick, bool last, struct err *);

	/*
	 * Prepares the rows of ANSWER, which outlives them.  A mapping stage is told (with NULL)
	 * that the batch, or the answer that it was fed, has ended.
	 */
	int	(*fire)(const struct stage *, void *lane, const struct map *answer, struct err *);

	/*
	 * Adds to a value what the cells behind its key say in a row of --initial: 0; 1: they are
	 * wrong, and ERR says why; -1: memory is short.  NULL: the stage cannot begin with rows.
	 */
	int	(*seed)(const struct stage *, const struct value *cells, uint64_t *value,
		    struct err *);

	/* The next rows of that answer: how many, 0 at the end, or -1. */
	int	(*rows)(const struct stage *, void *lane, const struct rows *, struct err *);

	/* Adds the rows that a mapping stage keeps, and the bytes they take.  NULL: none. */
	void	(*held)(const struct stage *, const void *lane, uint64_t *rows, size_t *bytes);

	/* Of one that keeps something: forgets SHARE of EVICT_ALL of its keys.  NULL: it cannot. */
	void	(*evict)(const struct stage *, void *lane, unsigned share, struct evicted *sum);

	/* True if what it keeps changes as time goes on.  NULL: if it keeps anything. */
	bool	(*waits)(const struct stage *, const void *lane);

	/*
	 * Of a stage whose lane keeps something when a batch has ended, called between blocks:
	 * puts down what has changed since the last call (see core/save.h; TO->part is its own,
	 * with any tick, and what is left in TO->out is put).  Nothing that it keeps only until
	 * the batch ends needs to be: then, and if it cannot save what it keeps now, it gives 1;
	 * else 0, or -1.
	 */
	int	(*save)(const struct stage *, void *lane, struct saving *to, struct err *);

	/*
	 * Takes a chunk that save has put, in a lane that was just opened.  0; -1: memory is short
	 * (ERR says so).  Damage is left for the caller to find in the wire.
	 */
	int	(*load)(const struct stage *, void *lane, const struct store_part *,
		    struct wire *, struct err *);

	/* How many rows of a firing this stage reads at most; NULL: all. */
	uint64_t (*limit)(const struct stage *);
};

/* A place in the pipeline from which blocks come. */
struct point {
	int		stage;		/* its rows; or -1: */
	int		source;		/* the records of this source, or -1: of all */
};

/* Where blocks go next: to an input of a stage or to an output. */
struct link {
	bool		output;
	unsigned	to;		/* number of the stage or output */
	unsigned	port;
	unsigned	account;	/* number + 1 of the one that counts what crosses; or 0 */
	unsigned	enters;		/* the same: rows that join the records of that account */
};

struct links {
	struct link	*at;
	unsigned	 n;
};

/* A further input of a stage, besides the chain it stands in: a stream that has a name. */
struct port {
	const char	*name;		/* outlives the stage; LEN bytes */
	size_t		 len;
	int		 word;
	size_t		 column;	/* where in that word the name begins */
	struct schema	*in;		/* set before open */
};

struct stage {
	const struct stage_class *class;
	void			*config;	/* class->config_size bytes */
	int			 word;		/* where it stands in the pipeline, for errors */
	struct schema		*in, *out;	/* set before open; out == in by default */
	struct schema		 made;		/* for the columns of rows that it makes */
	const struct aggregate	*aggregate;	/* of an aggregating stage */
	const struct group	*group;		/* what its keys are, which are its first columns;
						   set by open, or NULL: it cannot show a key that
						   has no records */
	bool			 by_source;	/* it matters which source a block is from */
	struct given		 given;
	unsigned		 takes;		/* STAGE_LINES, _ROWS; open may narrow it */
	struct port		 port[STAGE_PORTS];	/* port 1 is port[0] and so on */
	unsigned		 ports;
	const struct plan	*plan;		/* what is known of the pipeline so far */
	uint64_t		 limit;		/* rows read of each answer, or UINT64_MAX */
	int64_t			 length, slide;	/* ticks; of a stage that has windows ... */
	enum emit		 emit;		/* ... when and how it answers ... */
	bool			 running;	/* ... of all since the start (length 0) ... */
	int64_t			 ttl;		/* ... but for keys not seen so long; 0: all */
	struct span		 period;	/* how often its rows come */
	struct point		 from[POINTS_MAX];	/* what it is fed */
	unsigned		 froms;
	struct links		 next;		/* who takes them */
	bool			 early;		/* no stage before it keeps anything */
	bool			 rereads;	/* files, when the user asks for it: set by open */
	unsigned		 account;	/* number + 1: whose records may be bad here */
};

#endif
