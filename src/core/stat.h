/*
 * Statistics of number columns by group: what sum, min, max, mean and stats share.  A stage's
 * config begins with a struct stat, its lane with a struct stat_lane.
 *
 * A value is the number of records, then for each field its moments (core/moments) and quantiles
 * (core/quantile), as far as some answer needs them.  A record with a field that is no number is
 * bad and counts nowhere else.
 */
#ifndef CORE_STAT_H
#define CORE_STAT_H

#include "core/group.h"
#include "core/moments.h"
#include "core/order.h"
#include "core/stage.h"

#define STAT_FIELDS 16
#define STAT_ANSWERS 24			/* of each field */

enum stat_kind {
	STAT_COUNT, STAT_SUM, STAT_MEAN, STAT_SD, STAT_VAR, STAT_MIN, STAT_MAX, STAT_QUANTILE
};

struct stat_answer {
	enum stat_kind	 kind;
	double		 q;		/* of a quantile, 0 to 1 */
	const char	*name;		/* LEN bytes */
	size_t		 len;
};

struct stat_field {
	const char	*name;
	unsigned	 slot;
	bool		 bare;
};

struct stat {
	const char		*by, *what;	/* as they were given, or NULL */
	int			 by_word, what_word;
	const char		*argument[STAT_FIELDS];
	int			 argument_word[STAT_FIELDS];
	unsigned		 arguments;

	struct group		 group;
	struct stat_field	 field[STAT_FIELDS];
	unsigned		 fields;
	struct stat_answer	 answer[STAT_ANSWERS];
	unsigned		 answers;
	double			 q[STAT_ANSWERS];	/* its quantiles, in rising order ... */
	unsigned		 q_answer[STAT_ANSWERS];	/* ... and which answers they are */
	unsigned		 qs;
	char			*names;		/* of columns */
	bool			 moments, quantiles;	/* whether they are kept */
	enum moments_part	 part;
	size_t			 stride;	/* words of a field */
	struct aggregate	 aggregate;
};

struct stat_lane {
	struct group_run	 run;
	struct number		*numbers;	/* of GROUP_RUN rows */
	struct order		 order;
	struct arena		 text;		/* of the rows that were handed out last */
};

#define STAT_BY 1			/* the option's id */
#define STAT_BY_OPT { "by", 'b', STAT_BY, "FIELD,...", "one row for each value of these" }
#define STAT_WHAT 2

/* The quantiles of a field's words lie behind its moments, if there are any. */
static inline size_t
stat_quantile_at(const struct stat *s)
{
	return s->moments ? MOMENTS_WORDS(s->part) : 0;
}

/* As in struct stage_class. */
int stat_option(struct stage *, int id, const char *value, int word, struct err *);
int stat_argument(struct stage *, const char *text, int word, struct err *);
void stat_close(struct stage *);
int stat_lane_open(const struct stage *, void *lane, struct err *);
void stat_lane_close(void *lane);
int stat_feed(const struct stage *, void *lane, const struct block *, struct feed *, struct err *);
int stat_seed(const struct stage *, const struct value *cells, uint64_t *value, struct err *);
int stat_fire(const struct stage *, void *lane, const struct map *answer, struct err *);
int stat_rows(const struct stage *, void *lane, const struct rows *, struct err *);

/* As open, with WHAT (a list as of --what) in place of one that was not given. */
int stat_open(struct stage *, const char *what, struct err *);

/* Fills in the functions of a value; it keeps S. */
void stat_aggregate(struct aggregate *, const struct stat *s);

/*
 * Reads a cell as a number, or tells why the record, whose row is at ROW, is bad.  STAGE and COLUMN
 * are names for the reason.
 */
bool stat_number(const struct stage *, const struct value *row, const struct stat_field *column,
    struct number *n, struct bad *bad);

/* A number as a cell: a whole one, a double, or else its digits as text, in ARENA.  0 or -1. */
int stat_cell(const struct number *n, struct value *cell, struct arena *arena);

/* What sum, min, max and mean are but for their names and answers. */
#define STAT_CLASS(table) \
	.options = table, \
	.min_args = 1, \
	.max_args = STAT_FIELDS, \
	.flags = STAGE_AGGREGATES | STAGE_ROWS, \
	.config_size = sizeof(struct stat), \
	.lane_size = sizeof(struct stat_lane), \
	.option = stat_option, \
	.argument = stat_argument, \
	.close = stat_close, \
	.lane_open = stat_lane_open, \
	.lane_close = stat_lane_close, \
	.feed = stat_feed, \
	.fire = stat_fire, \
	.rows = stat_rows

extern const struct opt stat_options[];

#endif
