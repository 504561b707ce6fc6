/*
 * One record of each group, its first or its last, of which some fields are kept: what the stages
 * first and last share.  A stage's config begins with a struct pick, its lane with a struct
 * pick_lane.
 *
 * A value is the number of records, the place of the one that is kept, and memory that it owns with
 * its cells and their text.  A place is the time of the block that the record came in (the end of
 * its batch; never less than that of the block before) and its number in the lane.  All records
 * come in one lane, so places are different and in the order in which records came, and panes can
 * be merged in any order.
 */
#ifndef CORE_PICK_H
#define CORE_PICK_H

#include "core/group.h"
#include "core/order.h"
#include "core/stage.h"

#define PICK_FIELDS 16

enum pick_word { PICK_COUNT, PICK_TIME, PICK_NUMBER, PICK_MEMORY, PICK_WORDS };

struct pick {
	const char		*by;		/* as it was given, or NULL */
	int			 by_word;
	const char		*argument[PICK_FIELDS];
	int			 argument_word[PICK_FIELDS];
	unsigned		 arguments;

	struct group		 group;
	unsigned		 slot[PICK_FIELDS];
	unsigned		 fields;
	bool			 last;
	struct aggregate	 aggregate;
};

struct pick_lane {
	struct group_run	 run;
	struct order		 order;
	struct arena		 text;		/* of the rows that were handed out last */
	int64_t			 time;		/* the latest of a block */
	uint64_t		 number;	/* records so far ... */
	uint64_t		 saved;		/* ... and when it was put down */
};

/* ---- the value ---- */

/* Fills in the functions of a value; it keeps P. */
void pick_aggregate(struct aggregate *, const struct pick *p);

/* True if a record at this place is to be kept instead of what is. */
bool pick_wants(const struct pick *, const uint64_t *value, int64_t time, uint64_t number);

/*
 * Keeps copies of CELLS[SLOT[0 .. fields)], the record of this place; SLOT may be NULL: in order.
 * 0, or -1 when memory is short (nothing changed).
 */
int pick_keep(const struct pick *, uint64_t *value, int64_t time, uint64_t number,
    const struct value *cells, const unsigned *slot);

/* What is kept, p->fields cells that borrow from the value; NULL: nothing. */
const struct value *pick_cells(const uint64_t *value);

/* ---- as in struct stage_class ---- */

int pick_option(struct stage *, int id, const char *value, int word, struct err *);
int pick_argument(struct stage *, const char *text, int word, struct err *);
int pick_open(struct stage *, bool last, struct err *);
void pick_lane_close(void *lane);
int pick_feed(const struct stage *, void *lane, const struct block *, struct feed *, struct err *);
int pick_fire(const struct stage *, void *lane, const struct map *answer, struct err *);
int pick_rows(const struct stage *, void *lane, const struct rows *, struct err *);
int pick_save(const struct stage *, void *lane, struct saving *, struct err *);
int pick_load(const struct stage *, void *lane, const struct store_part *, struct wire *,
    struct err *);

extern const struct opt pick_options[];

/* What the classes of first and last share. */
#define PICK_CLASS \
	.options = pick_options, \
	.min_args = 1, \
	.max_args = PICK_FIELDS, \
	.flags = STAGE_AGGREGATES | STAGE_ROWS | STAGE_SERIAL, \
	.config_size = sizeof(struct pick), \
	.lane_size = sizeof(struct pick_lane), \
	.option = pick_option, \
	.argument = pick_argument, \
	.lane_close = pick_lane_close, \
	.feed = pick_feed, \
	.fire = pick_fire, \
	.rows = pick_rows, \
	.save = pick_save, \
	.load = pick_load

#endif
