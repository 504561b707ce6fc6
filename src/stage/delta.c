/* delta: by how much a field has changed since the row before with the same key. */
#include "core/cell.h"
#include "stage/step.h"

static const struct opt options[] = {
	STEP_OPTIONS,
	{ 0 },
};

struct state {
	struct number	before;
};

static struct value
delta(const struct stage *s, const struct step *step)
{
	struct state *state = step->state;
	struct number change = cell_minus(&step->number, &state->before);

	(void)s;
	state->before = step->number;
	return step->fresh ? value_null() : cell_from_number(&change);
}

static int
put(struct buf *out, const void *value)
{
	return step_put_number(out, &((const struct state *)value)->before);
}

static int
get(struct wire *in, void *value)
{
	((struct state *)value)->before = step_get_number(in);
	return 0;
}

static const struct step_kind kind = {
	"_delta", sizeof(struct state), delta, { .put = put, .get = get },
};

static int
open_stage(struct stage *s, struct err *err)
{
	return step_open(s, &kind, err);
}

const struct stage_class stage_delta = {
	.name = "delta",
	.usage = "[OPTION]... FIELD",
	.help = "how much a field has changed since the row before",
	.detail =
	    "Adds FIELD_delta: FIELD less that of the row before with the same --by fields,\n"
	    "exact for numbers of up to nine decimals; null in the first row of a key.  A\n"
	    "FIELD that is null is passed over, one that is not a number is bad.\n"
	    "Rows: as they come in and FIELD_delta, in the order they come.\n"
	    "State: one entry for each value of the --by fields that is not forgotten.\n",
	.spark = "mapWithState(previous value)",
	.flags = STAGE_ROWS | STAGE_SERIAL,
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.config_size = sizeof(struct step_config),
	.lane_size = sizeof(struct step_lane),
	.option = step_option,
	.argument = step_argument,
	.open = open_stage,
	.close = step_close,
	.lane_open = step_lane_open,
	.lane_close = step_lane_close,
	.feed = step_feed,
	.tick = step_tick,
	.held = step_held,
	.waits = step_waits,
	.save = step_save,
	.load = step_load,
};
