/*
 * A lane: what one thread writes while it reads records and feeds them to stages.  Lane 0 is the
 * loop's; the others run the early stages only.
 */
#ifndef CORE_LANE_H
#define CORE_LANE_H

#include "core/format.h"
#include "core/plan.h"

#define LANE_ROWS 1024			/* rows that move between stages at a time */

/* What became of the records of one chain: records = counted + filtered + late + bad. */
struct account {
	uint64_t	records, counted, late, bad;
};

static inline void
account_add(struct account *sum, const struct account *part)
{
	sum->records += part->records;
	sum->counted += part->counted;
	sum->late += part->late;
	sum->bad += part->bad;
}

struct lane {
	void		**private;	/* of each stage, class->lane_size bytes; NULL: not here */
	struct blocks	*out;		/* of each stage, if it maps */
	struct map	*partial;	/* of each early aggregating stage; unused in lane 0 */
	struct buf	 text;		/* rows rendered as lines */
	struct value	*cells;		/* LANE_ROWS records */
	void		*reader;	/* of the format */
	struct arena	 arena;		/* unescaped fields */
	struct bad	 bad;
	struct account	*account;	/* of each that the plan has */
};

/*
 * Opens a zeroed lane: the stages of a bound plan, or if EARLY only the early ones; READER reads
 * the records.  0 or -1, to be closed either way.
 */
int lane_open(struct lane *, const struct plan *, bool early, const struct format_class *reader,
    const uint64_t seed[2], struct err *);
void lane_close(struct lane *, const struct plan *, const struct format_class *reader);

#endif
