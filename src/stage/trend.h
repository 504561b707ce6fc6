/*
 * What the files of the stage trend share.  trend.c: words, answers, rows; trend_save.c: what is
 * put down of keys.
 */
#ifndef STAGE_TREND_H
#define STAGE_TREND_H

#include "core/extend.h"
#include "core/group.h"
#include "core/keyed_save.h"
#include "core/rowlog.h"

struct trend_config {
	const char	*field, *by;
	int		 field_word, by_word;
	double		 alpha, minimum;	/* 0 and -1: not given */
	unsigned	 slot;
	struct group	 group;
};

struct trend_state {				/* of a key */
	double		usual, value;	/* value: in the answer ... */
	uint64_t	answer;		/* ... of this number */
	uint64_t	learned;	/* the last answer that USUAL has in it */
	bool		known;		/* there is something usual */
};

struct trend_item {				/* a row of the answer */
	const struct value	*row;
	struct value		 usual, ratio;
};

struct trend_lane {
	struct extend		 extend;
	struct rowlog		 log;		/* the rows of the answer */
	struct keyed		 keys;
	struct group_run	 run;
	uint64_t		 answer;
	bool			 due;		/* an answer has come, or has none */
	struct trend_item		*item;
	const void		**order;
	size_t			 n, next;
	unsigned		 usual, ratio;	/* slots */
};

int trend_save(const struct stage *, void *lane, struct saving *, struct err *);
int trend_load(const struct stage *, void *lane, const struct store_part *, struct wire *,
    struct err *);

#endif
