/* Open sessions as bytes, see sessions.h. */
#include "stage/sessions.h"

#include "base/mem.h"

static int
put_open(struct buf *out, const void *value)
{
	const struct open *o = value;

	if (wire_put(out, o->n) == -1)
		return -1;
	for (uint64_t i = 0; i < o->n; i++) {
		const struct session *s = &o->at[i];

		if (tick_put(out, s->from) == -1 || tick_put(out, s->to) == -1 ||
		    tick_put(out, s->start) == -1 || tick_put(out, s->end) == -1 ||
		    wire_put(out, s->count) == -1)
			return -1;
	}
	return 0;
}

static int
get_open(struct wire *in, void *value)
{
	struct open *o = value;
	uint64_t n = wire_get(in);
	struct session *at;

	in->damaged |= n == 0 || n > (uint64_t)(in->end - in->at) / (4 * sizeof(uint64_t));
	if (in->damaged)
		return 0;
	at = mem_realloc(o->at, n * sizeof(*at));
	if (at == NULL)
		return -1;
	for (uint64_t i = 0; i < n; i++) {
		at[i].from = tick_get(in);
		at[i].to = tick_get(in);
		at[i].start = tick_get(in);
		at[i].end = tick_get(in);
		at[i].count = wire_get(in);
	}
	*o = (struct open){ at, n, n };
	return 0;
}

static void
free_open(void *value)
{
	mem_free(((struct open *)value)->at);
}

static struct keyed_kind
kind_of(const struct stage *s)
{
	return (struct keyed_kind){
		.put = put_open, .get = get_open, .drop = free_open,
		.group = &((const struct sessions_config *)s->config)->group,
	};
}

/* The number that goes with the keys is the last batch end; by event time nothing needs it. */
int
sessions_save(const struct stage *s, void *private, struct saving *to, struct err *err)
{
	struct sessions_lane *lane = private;
	struct keyed_kind kind = kind_of(s);

	return keyed_save(&lane->open, &kind, when_save(s->plan, &lane->past), to, err);
}

int
sessions_load(const struct stage *s, void *private, const struct store_part *part, struct wire *in,
    struct err *err)
{
	struct sessions_lane *lane = private;
	struct keyed_kind kind = kind_of(s);
	uint64_t told = (uint64_t)lane->past.told;

	if (keyed_load(&lane->open, &kind, &told, part, in, err) == -1)
		return -1;
	lane->past.told = (int64_t)told;
	return 0;
}
