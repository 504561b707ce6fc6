/* mean: the mean of number fields.  All but the name is core/stat's. */
#include "core/stat.h"

static int
open_stage(struct stage *s, struct err *err)
{
	return stat_open(s, "mean", err);
}

const struct stage_class stage_mean = {
	.name = "mean",
	.usage = "[OPTION]... FIELD...",
	.help = "the mean of number fields",
	.detail =
	    "The double next to the exact sum divided by the count, in any order.\n"
	    "A record with a field that is not a number, or missing, is bad.\n"
	    "Rows: the fields of --by, mean (or FIELD_mean ...); in order of the key.\n"
	    "State: one entry of a fixed size for each key of the window.\n",
	.spark = "groupBy(by).agg(avg(field))",
	.open = open_stage,
	STAT_CLASS(stat_options),
};
