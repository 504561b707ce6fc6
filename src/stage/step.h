/*
 * What delta, rate and ewma share: stages that look at a number of each row and at what they
 * remember of the rows before with the same key, and add a column.  Each says when it opens what
 * it adds, see step_kind.
 */
#ifndef STAGE_STEP_H
#define STAGE_STEP_H

#include "base/number.h"
#include "core/extend.h"
#include "core/group.h"
#include "core/keyed_save.h"
#include "core/when.h"

enum { STEP_BY = 1, STEP_TTL };		/* ids of options; a stage's own are others */

#define STEP_OPTIONS \
	{ "by", 'b', STEP_BY, "FIELDS", "each value of these on its own (all are one)" }, \
	{ "ttl", 0, STEP_TTL, "DUR|Nrows", "forget a key that was not seen so long (never)" }

/* A row: what has been remembered of its key and may be changed, FRESH if nothing; the number. */
struct step {
	void		*state;
	bool		 fresh;
	struct number	 number;
	int64_t		 tick, time;	/* as in core/when */
};

struct step_kind {
	const char	*suffix;	/* of the column's name, behind the field's */
	size_t		 state;		/* bytes that are remembered of a key */
	struct value	 (*value)(const struct stage *, const struct step *);
	struct keyed_kind keep;		/* how that is put down */
};

struct step_config {			/* the first member of a stage's */
	const struct step_kind *kind;
	const char	*field, *by;
	int		 field_word, by_word;
	struct span	 ttl;
	struct when	 when;
	struct group	 group;
	unsigned	 slot;		/* of the number */
	char		*name;		/* of the column that is added */
};

struct step_lane {
	struct extend		 extend;
	struct keyed		 keys;
	struct group_run	 run;
	struct when_past	 past;
	unsigned		 slot;	/* of the column that is added */
};

/* The parts of a class; its open calls step_open. */
int step_option(struct stage *, int id, const char *value, int word, struct err *);
int step_alpha(double *alpha, const struct stage *, const char *value, int word, struct err *);
int step_argument(struct stage *, const char *text, int word, struct err *);
int step_open(struct stage *, const struct step_kind *, struct err *);
void step_close(struct stage *);
int step_lane_open(const struct stage *, void *lane, struct err *);
void step_lane_close(void *lane);
int step_feed(const struct stage *, void *lane, const struct block *in, struct feed *to,
    struct err *);
void step_held(const struct stage *, const void *lane, uint64_t *rows, size_t *bytes);
bool step_waits(const struct stage *, const void *lane);
int step_tick(const struct stage *, void *lane, int64_t now, bool last, struct err *);
int step_save(const struct stage *, void *lane, struct saving *, struct err *);
int step_load(const struct stage *, void *lane, const struct store_part *, struct wire *,
    struct err *);

/* What states are made of, as bytes: 0 or -1 (memory). */
int step_put_double(struct buf *, double);
double step_get_double(struct wire *);		/* of any kind, not only finite */
int step_put_number(struct buf *, const struct number *);
struct number step_get_number(struct wire *);

#endif
