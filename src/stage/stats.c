/* stats: several statistics of number fields at once.  All but the list of them is core/stat's. */
#include "core/stat.h"

static const struct opt options[] = {
	STAT_BY_OPT,
	{ "what", 'a', STAT_WHAT, "NAME,...",
	    "count, sum, mean, sd, var, min, max, p50, p99.9" },
	{ 0 },
};

static int
open_stage(struct stage *s, struct err *err)
{
	return stat_open(s, "count,sum,mean,sd,min,max,p50,p90,p99", err);
}

const struct stage_class stage_stats = {
	.name = "stats",
	.usage = "[OPTION]... FIELD...",
	.help = "count, sum, mean, deviation, quantiles of fields",
	.detail =
	    "Only what is asked for is kept.  sd and var are of a sample (n - 1), null\n"
	    "for one record.  pN is a value by nearest rank: exact for up to 2048 records\n"
	    "of a key, beyond within 0.4 %.  The order of the records does not matter.\n"
	    "A record with a field that is not a number, or missing, is bad.\n"
	    "Rows: the fields of --by, then those of --what, for several fields as\n"
	    "FIELD_mean ...; in order of the key.\n"
	    "State: an entry for each key of the window, and for quantiles 8 bytes a\n"
	    "record, 16 KiB at most or a histogram of some KiB.\n",
	.spark = "groupBy(by).agg(avg(field), percentile_approx(field, q), ...)",
	.open = open_stage,
	STAT_CLASS(options),
};
