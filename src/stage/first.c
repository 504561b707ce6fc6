/* first: fields of the first record of each group.  All but the name is core/pick's. */
#include "core/pick.h"

static int
open_stage(struct stage *s, struct err *err)
{
	return pick_open(s, false, err);
}

const struct stage_class stage_first = {
	.name = "first",
	.usage = "[OPTION]... FIELD...",
	.help = "fields of the first record of each group",
	.detail =
	    "In the order in which records came; with --time batch by batch, and in each\n"
	    "as they came.  So --jobs is of no use: all records are taken in one thread.\n"
	    "Rows: the fields of --by, the fields; in order of the key.\n"
	    "State: an entry for each key of the window, and the fields of one record.\n",
	.spark = "groupBy(by).agg(first(field))",
	.open = open_stage,
	PICK_CLASS,
};
