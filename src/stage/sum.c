/* sum: the sum of number fields.  All but the name is core/stat's. */
#include "core/stat.h"

static int
open_stage(struct stage *s, struct err *err)
{
	return stat_open(s, "sum", err);
}

const struct stage_class stage_sum = {
	.name = "sum",
	.usage = "[OPTION]... FIELD...",
	.help = "the sum of number fields",
	.detail =
	    "Exact for numbers of up to nine decimals below 1e20, in any order.\n"
	    "A record with a field that is not a number, or missing, is bad.\n"
	    "Rows: the fields of --by, sum (or FIELD_sum ...); in order of the key.\n"
	    "State: one entry of a fixed size for each key of the window.\n",
	.spark = "groupBy(by).agg(sum(field))",
	.open = open_stage,
	.seed = stat_seed,
	STAT_CLASS(stat_options),
};
