/* What the files of the stage join share.  join.c: words and rows; join_open.c: columns. */
#ifndef STAGE_JOIN_H
#define STAGE_JOIN_H

#include "core/joiner.h"
#include "core/plan.h"

struct join_from {				/* where a column of the rows made comes from */
	enum joiner_side	 side;
	unsigned		 slot;
	unsigned		 other;		/* of a key: its cell on the right */
	bool			 key;
};

struct join_config {
	const char		*on;
	int			 on_word;
	struct span		 within;
	struct joiner_config	 how;
	unsigned		 column[JOINER_SIDES][JOINER_KEYS];	/* of the key */
	struct join_from	 from[SCHEMA_MAX];
	struct arena		 names;
};

/* All is known: finds the columns of the key, makes those of the rows.  0 or -1. */
int join_open(struct stage *, struct err *);

#endif
