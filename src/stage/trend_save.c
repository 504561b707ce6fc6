/* What is usual of keys as bytes, see trend.h. */
#include "stage/trend.h"

static int
put_state(struct buf *out, const void *value)
{
	const struct trend_state *state = value;

	return wire_put_double(out, state->usual) == -1 || wire_put(out, state->learned) == -1 ?
	    -1 : 0;
}

static int
get_state(struct wire *in, void *value)
{
	double usual = wire_get_double(in);

	*(struct trend_state *)value = (struct trend_state){
		.usual = usual, .learned = wire_get(in), .known = true,
	};
	return 0;
}

static const struct keyed_kind kind = { .put = put_state, .get = get_state };

/* The number that goes with the keys is that of the last answer. */
int
trend_save(const struct stage *s, void *private, struct saving *to, struct err *err)
{
	struct trend_lane *lane = private;

	(void)s;
	return lane->log.records > 0 ? 1 : keyed_save(&lane->keys, &kind, lane->answer, to, err);
}

int
trend_load(const struct stage *s, void *private, const struct store_part *part, struct wire *in,
    struct err *err)
{
	struct trend_lane *lane = private;

	(void)s;
	return keyed_load(&lane->keys, &kind, &lane->answer, part, in, err);
}
