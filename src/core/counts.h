/* Counting rows by the value of fields and showing them best first: countby, and top --by. */
#ifndef CORE_COUNTS_H
#define CORE_COUNTS_H

#include "core/group.h"
#include "core/tally.h"

struct counts {				/* a lane */
	struct tally		 tally;
	struct group_run	 run;
	struct arena		 text;	/* of the rows that were handed out last */
};

/* Counts the rows of a block in STATE; 0, or -1 when memory is short. */
int counts_add(struct counts *, const struct group *, struct map *state, const struct block *);

/* The next rows, {fields, count}, up to the LIMITth; how many, 0 at the end, or -1 (memory). */
int counts_rows(struct counts *, const struct group *, uint64_t limit, const struct stage *,
    const struct rows *, struct err *);

/* Of a class. */
void counts_lane_close(void *lane);

#endif
