/*
 * What the files of the stage fraud share.
 *
 *   fraud.c        words, and the class        fraud_open.c   columns, rules
 *   fraud_feed.c   records of the open batch   fraud_judge.c  a score and its reasons
 *   fraud_rows.c   rows                        fraud_save.c   checkpoints and models
 *
 * The records of a batch are kept until it ends: then they are put in order of their times, equal
 * ones as they came, and judged one after the other.  Batches by event time end in order, so all
 * records are judged in order, however they were cut into batches.
 *
 * A serial stage has one lane, so the rules are changed by that lane alone, though they are read
 * when the stage is opened.
 */
#ifndef STAGE_FRAUD_H
#define STAGE_FRAUD_H

#include "core/extend.h"
#include "core/fraud.h"
#include "core/keyed_save.h"
#include "core/plan.h"
#include "core/rowlog.h"
#include "core/rule.h"

#define FRAUD_DEVICES 8

enum fraud_role {
	ROLE_ACCOUNT, ROLE_AMOUNT, ROLE_ID, ROLE_MERCHANT, ROLE_COUNTRY, ROLE_CATEGORY, ROLE_LAT,
	ROLE_LON, ROLE_LABEL, ROLE_KIND, ROLE_DEVICE, ROLES = ROLE_DEVICE + FRAUD_DEVICES
};

struct fraud_column {
	const char	*name;		/* NULL: it was not given */
	int		 word;
	unsigned	 slot;
};

struct fraud_stage {			/* the configuration */
	struct fraud_column	 role[ROLES];
	unsigned		 devices;
	const char		*rules, *model;		/* files, or NULL */
	int			 rules_word, model_word;
	int			 delay_word, cooldown_word, threshold_word, top_word;
	double			 threshold;
	uint64_t		 top;			/* rows of a batch; 0: all */
	int64_t			 cooldown;		/* microseconds; 0: none */
	bool			 each;
	struct fraud_config	 core;
	unsigned		 time;			/* slot */
	bool			 bound;			/* no column can be asked for any more */
	struct stage		*stage;
	struct rule_set		*set;			/* or NULL */
	bool			 begins;		/* with a model ... */
	struct buf		 taught;		/* ... as it was read */
};

struct fraud_item {			/* a record of the open batch */
	int64_t			 time;
	uint64_t		 number;	/* as they came */
	const struct value	*row;
	double			 amount;
	unsigned		 ahead;		/* see rule_ahead */
	bool			 label, is_fraud;
	double			 score;		/* with --top, of those that may be told */
	struct value		 reasons;
};

struct fraud_cool {			/* of an account that was told */
	int64_t			 until;
};

struct fraud_lane {
	struct fraud		*core;
	struct keyed		 cool;
	struct extend		 extend;
	unsigned		 score, reasons;	/* slots of the columns that are added */
	struct rowlog		 log;
	struct fraud_item	*item;
	const void		**order;	/* items */
	size_t			 n, cap, next;
	size_t			 ahead;		/* of which rules know */
	bool			 last;		/* nothing more comes */
	bool			 resumed;	/* from what was put down */
	struct row_text		 bad;
	struct arena		 text;		/* of the rows handed out, or of the best */
	struct buf		 why;
};

/* What is thought of a transaction. */
struct fraud_verdict {
	double			 score;
	bool			 told;		/* it makes a row */
	struct value		 reasons;	/* if it was asked for */
};

/* fraud_open.c */
int fraud_stage_open(struct stage *, struct err *);
void fraud_stage_close(struct stage *);

/* fraud_feed.c */
int fraud_feed(const struct stage *, void *lane, const struct block *, struct feed *, struct err *);
void fraud_forget(struct fraud_lane *);

/* fraud_judge.c: a transaction is judged, a label learned.  0 or -1. */
int fraud_judge(const struct stage *, struct fraud_lane *, const struct fraud_item *,
    struct fraud_verdict *, struct err *);

/* Asks for the memory of those FROM .. TO - 1 that are judged next, RULE_AHEAD at most. */
void fraud_look_ahead(const struct stage *, const struct fraud_lane *, size_t from, size_t to);

/* Its account was told, and is not again before the time for that is over; 0 or -1 (memory). */
int fraud_cool_down(const struct stage *, struct fraud_lane *, const struct fraud_item *);

/* The text of a role's field, in ROOM of CELL_ROOM bytes; null: it is not given. */
struct value fraud_cell(const struct fraud_stage *, enum fraud_role, const struct value *row,
    char room[]);

/* fraud_rows.c */
int fraud_fire(const struct stage *, void *lane, const struct map *, struct err *);
int fraud_rows(const struct stage *, void *lane, const struct rows *, struct err *);

/* fraud_save.c */
int fraud_stage_save(const struct stage *, void *lane, struct saving *, struct err *);
int fraud_stage_load(const struct stage *, void *lane, const struct store_part *, struct wire *,
    struct err *);
int fraud_model_read(struct stage *, struct err *);
int fraud_model_write(const struct stage *, struct fraud_lane *, struct err *);

#endif
