/* top N --by FIELDS: the N most frequent values, exactly; it counts as countby does. */
#include "core/counts.h"
#include "stage/top.h"

static int
open_stage(struct stage *s, struct err *err)
{
	struct top_config *c = s->config;

	s->out = &s->made;
	s->aggregate = &aggregate_count;
	s->group = &c->group;
	if (group_open_by(&c->group, s, c->by, c->by_word, err) == -1)
		return -1;
	return schema_add(s->out, "count", false, err);
}

static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	const struct top_config *c = s->config;

	return counts_add(private, &c->group, to->state, in) == -1 ?
	    err_memory(err, "counting records") : 0;
}

static uint64_t
limit_of(const struct stage *s)
{
	const struct top_config *c = s->config;

	return c->limit < s->limit ? c->limit : s->limit;
}

static int
fire(const struct stage *s, void *private, const struct map *answer, struct err *err)
{
	struct counts *counts = private;

	return tally_fire(&counts->tally, s, answer, limit_of(s), err);
}

static int
rows(const struct stage *s, void *private, const struct rows *out, struct err *err)
{
	const struct top_config *c = s->config;

	return counts_rows(private, &c->group, limit_of(s), s, out, err);
}

const struct stage_class stage_top_by = {
	.name = "top",
	.usage = "[OPTION]... N [COLUMN]",
	.help = "the N most frequent values of fields",
	.spark = "countByValueAndWindow(window, slide).transform(_.top(n))",
	.flags = STAGE_AGGREGATES | STAGE_RANKS | STAGE_ROWS,
	.config_size = sizeof(struct top_config),
	.lane_size = sizeof(struct counts),
	.open = open_stage,
	.lane_close = counts_lane_close,
	.feed = feed,
	.fire = fire,
	.rows = rows,
};
