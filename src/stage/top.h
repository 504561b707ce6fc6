/*
 * The words of top, and the classes that it is one of: of ranked rows (top.c), of rows by a column
 * (top_column.c), of the values of fields (top_by.c) and the same in bounded memory (top_approx.c).
 */
#ifndef STAGE_TOP_H
#define STAGE_TOP_H

#include "core/group.h"
#include "core/plan.h"

struct top_config {
	uint64_t	 limit;
	bool		 limited;	/* it was given */
	const char	*column, *by;	/* or NULL */
	int		 column_word, by_word;
	bool		 approx;
	unsigned	 at;		/* the column */
	struct group	 group;		/* --by */
	struct aggregate aggregate;	/* of top_approx */
	uint32_t	 counters;
};

extern const struct stage_class stage_top, stage_top_column, stage_top_by, stage_top_approx;

#endif
