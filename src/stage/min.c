/* min: the smallest number of fields.  All but the name is core/stat's. */
#include "core/stat.h"

static int
open_stage(struct stage *s, struct err *err)
{
	return stat_open(s, "min", err);
}

const struct stage_class stage_min = {
	.name = "min",
	.usage = "[OPTION]... FIELD...",
	.help = "the smallest number of fields",
	.detail =
	    "A record with a field that is not a number, or missing, is bad.\n"
	    "Rows: the fields of --by, min (or FIELD_min ...); in order of the key.\n"
	    "State: one entry of a fixed size for each key of the window.\n",
	.spark = "groupBy(by).agg(min(field))",
	.open = open_stage,
	.seed = stat_seed,
	STAT_CLASS(stat_options),
};
