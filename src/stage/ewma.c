/*
 * ewma: the exponentially weighted average of a field, by rows (--alpha) or by time
 * (--half-life).
 */
#include "core/cell.h"
#include "core/decay.h"
#include "stage/step.h"

enum { ALPHA = STEP_TTL + 1, HALF_LIFE };

struct config {
	struct step_config	 step;
	double			 alpha;		/* or 0 */
	struct span		 half;		/* or 0 ticks */
};

/* With --half-life the average is SUM / WEIGHT, both as of TICK; with --alpha it is SUM. */
struct state {
	double	sum, weight;
	int64_t	tick;
};

static const struct opt options[] = {
	{ "alpha", 'a', ALPHA, "A", "weigh each row A, the average before it 1 - A" },
	{ "half-life", 'l', HALF_LIFE, "DUR|Nrows", "a row weighs half as much so long after" },
	STEP_OPTIONS,
	{ 0 },
};

static int
option(struct stage *s, int id, const char *value, int word, struct err *err)
{
	struct config *c = s->config;

	if (id == HALF_LIFE)
		return when_span(s, &c->half, "half-life", value, word, err);
	if (id == ALPHA)
		return step_alpha(&c->alpha, s, value, word, err);
	return step_option(s, id, value, word, err);
}

static struct value
by_rows(const struct config *c, const struct step *step)
{
	struct state *state = step->state;

	if (step->fresh) {
		state->sum = step->number.d;
		return value_null();
	}
	state->sum = c->alpha * step->number.d + (1 - c->alpha) * state->sum;
	return cell_from_double(state->sum);
}

/* Rows of one time weigh the same; one that is older than the last weighs less. */
static struct value
by_time(const struct config *c, const struct step *step)
{
	struct state *state = step->state;
	int64_t age = step->tick - state->tick;

	if (step->fresh || age >= 0) {
		double keep = step->fresh ? 0 : decay(age, c->half.ticks);

		state->sum = state->sum * keep + step->number.d;
		state->weight = state->weight * keep + 1;
		state->tick = step->tick;
	} else {
		double weight = decay(-age, c->half.ticks);

		state->sum += step->number.d * weight;
		state->weight += weight;
	}
	return step->fresh ? value_null() : cell_from_double(state->sum / state->weight);
}

static struct value
ewma(const struct stage *s, const struct step *step)
{
	const struct config *c = s->config;

	return c->alpha > 0 ? by_rows(c, step) : by_time(c, step);
}

static int
put(struct buf *out, const void *value)
{
	const struct state *state = value;

	return step_put_double(out, state->sum) == -1 ||
	    step_put_double(out, state->weight) == -1 ||
	    tick_put(out, state->tick) == -1 ? -1 : 0;
}

static int
get(struct wire *in, void *value)
{
	struct state *state = value;

	state->sum = step_get_double(in);
	state->weight = step_get_double(in);
	state->tick = tick_get(in);
	return 0;
}

static const struct step_kind kind = {
	"_ewma", sizeof(struct state), ewma, { .put = put, .get = get },
};

static int
open_stage(struct stage *s, struct err *err)
{
	const struct config *c = s->config;

	if ((c->alpha > 0) == (c->half.ticks > 0))
		return err_word(err, s->word, "ewma: give --alpha A or --half-life DUR%s",
		    c->alpha > 0 ? ", not both" : "");
	return step_open(s, &kind, err);
}

const struct stage_class stage_ewma = {
	.name = "ewma",
	.usage = "--alpha A|--half-life DUR [OPTION]... FIELD",
	.help = "moving average in which newer rows weigh more",
	.detail =
	    "Adds FIELD_ewma.  With --alpha, above 0 and at most 1, each row counts A and\n"
	    "the average before it 1 - A.  With --half-life a row counts half as much that\n"
	    "long after, and rows of one time count the same; the time is the end of the\n"
	    "batch or window, or with --time the record's own.  FIELD_ewma is null in the\n"
	    "first row of a key.  A FIELD that is null is passed over, one that is not a\n"
	    "number is bad.\n"
	    "Rows: as they come in and FIELD_ewma, in the order they come.\n"
	    "State: one entry for each value of the --by fields that is not forgotten.\n",
	.spark = "mapWithState(average)",
	.flags = STAGE_ROWS | STAGE_SERIAL,
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.config_size = sizeof(struct config),
	.lane_size = sizeof(struct step_lane),
	.option = option,
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
