/*
 * rate: how fast a counter grows, per second.  Rows of one time make one step: what the counter has
 * grown by since the last row of an earlier time.  A counter that falls has begun again at 0.
 */
#include "core/cell.h"
#include "stage/step.h"

#include <math.h>

#define SECOND 1e6			/* microseconds */

static const struct opt options[] = {
	STEP_OPTIONS,
	{ 0 },
};

struct state {
	struct number	before;		/* the counter in the last row */
	struct number	growth;		/* since SINCE */
	int64_t		now, since;	/* of the last row, and the time before that */
	bool		steps;		/* there is a time before */
};

static struct value
per_second(const struct number *growth, int64_t us)
{
	double rate = growth->d * SECOND / (double)us;

	if (!isfinite(rate))
		rate = growth->d / ((double)us / SECOND);
	return cell_from_double(rate);
}

static struct value
rate(const struct stage *s, const struct step *step)
{
	struct state *state = step->state;
	struct number growth = cell_minus(&step->number, &state->before);

	(void)s;
	if (growth.d < 0)
		growth = step->number;
	if (step->fresh) {
		state->now = step->time;
	} else if (step->time > state->now) {
		state->since = state->now;
		state->now = step->time;
		state->growth = growth;
		state->steps = true;
	} else {
		state->growth = cell_plus(&state->growth, &growth);
	}
	state->before = step->number;
	return state->steps ? per_second(&state->growth, state->now - state->since) :
	    value_null();
}

static int
put(struct buf *out, const void *value)
{
	const struct state *state = value;

	return step_put_number(out, &state->before) == -1 || wire_put(out, state->steps) == -1 ||
	    step_put_number(out, &state->growth) == -1 || tick_put(out, state->now) == -1 ||
	    tick_put(out, state->since) == -1 ? -1 : 0;
}

static int
get(struct wire *in, void *value)
{
	struct state *state = value;

	state->before = step_get_number(in);
	state->steps = wire_get(in) != 0;
	state->growth = step_get_number(in);
	state->now = tick_get(in);
	state->since = tick_get(in);
	return 0;
}

static const struct step_kind kind = {
	"_rate", sizeof(struct state), rate, { .put = put, .get = get },
};

static int
open_stage(struct stage *s, struct err *err)
{
	return step_open(s, &kind, err);
}

const struct stage_class stage_rate = {
	.name = "rate",
	.usage = "[OPTION]... FIELD",
	.help = "how fast a counter grows, per second",
	.detail =
	    "Adds FIELD_rate: what FIELD has grown by since the last row of an earlier time\n"
	    "with the same --by fields, over the seconds between; null until there is one.\n"
	    "When FIELD falls the counter has begun again at 0.  The time is the end of the\n"
	    "batch or window, or with --time the record's own.  A FIELD that is null is\n"
	    "passed over, one that is not a number is bad.\n"
	    "Rows: as they come in and FIELD_rate, in the order they come.\n"
	    "State: one entry for each value of the --by fields that is not forgotten.\n",
	.spark = "mapWithState(previous value and time)",
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
