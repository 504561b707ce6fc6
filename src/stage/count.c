/* count: how many records there are.  Its state is the count of one key, the empty one. */
#include "core/stage.h"

struct lane {
	uint64_t	count;
	bool		done;		/* the row of this answer has been handed out */
};

static const struct group all = { .columns = 0 };

static int
open_stage(struct stage *s, struct err *err)
{
	s->out = &s->made;
	s->aggregate = &aggregate_count;
	s->group = &all;
	return schema_add(s->out, "count", false, err);
}

static int
feed(const struct stage *s, void *lane, const struct block *in, struct feed *to, struct err *err)
{
	uint64_t *value = map_put(to->state, "", 0);

	(void)s;
	(void)lane;
	if (value == NULL)
		return err_memory(err, "counting records");
	*value += in->records;
	return 0;
}

static int
fire(const struct stage *s, void *private, const struct map *answer, struct err *err)
{
	struct lane *lane = private;
	const uint64_t *value = map_find(answer, "", 0);

	(void)s;
	(void)err;
	lane->count = value == NULL ? 0 : *value;
	lane->done = false;
	return 0;
}

static int
rows(const struct stage *s, void *private, const struct rows *out, struct err *err)
{
	struct lane *lane = private;

	(void)s;
	(void)err;
	if (lane->done)
		return 0;
	lane->done = true;
	out->cells[0] = value_int((int64_t)lane->count);
	return 1;
}

const struct stage_class stage_count = {
	.name = "count",
	.usage = "[OPTION]...",
	.help = "how many records there are",
	.detail =
	    "Rows: count; one row for each batch or window, 0 when nothing came.\n"
	    "State: one number.\n",
	.spark = "countByWindow(window, slide)",
	.flags = STAGE_AGGREGATES | STAGE_EACH_BATCH | STAGE_LINES | STAGE_ROWS,
	.lane_size = sizeof(struct lane),
	.open = open_stage,
	.feed = feed,
	.seed = given_count,
	.fire = fire,
	.rows = rows,
};
