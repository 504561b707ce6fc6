/* The state of a rule for one key as bytes, see rule_inner.h. */
#include "base/mem.h"
#include "core/rule_inner.h"
#include "core/tick.h"

#include <string.h>

#define SUM_MOST ((wide_int)1 << 115)	/* of an entry that was put down */
#define COUNT_MOST ((uint64_t)1 << 60)

static int
put_wide(struct buf *out, wide_int v)
{
	uint64_t w[2];

	wide_set(w, v);
	return wire_put_word(out, w[0]) == -1 ? -1 : wire_put_word(out, w[1]);
}

static const struct rule_entry *
entry_of(const struct rule_cell *c, bool row, uint32_t i)
{
	uint32_t at = row ? c->head + i : (c->head + i) & (c->cap - 1);

	return (const struct rule_entry *)(const void *)((const char *)c->at + at * c->stride);
}

static bool
is_row(enum rule_what what)
{
	return what == RULE_DISTINCT_OF || what == RULE_NEW;
}

static int
put_entries(struct buf *out, const struct rule_cell *c, enum rule_what what)
{
	bool has_sum = rule_stride(what) == sizeof(struct rule_sum);

	if (c->n == 1 && c->at == NULL)
		return tick_put(out, c->first) == -1 || wire_put_word(out, c->one) == -1 ||
		    (has_sum && put_wide(out, c->sum) == -1) ? -1 : 0;
	for (uint32_t i = 0; i < c->n; i++) {
		const struct rule_entry *e = entry_of(c, is_row(what), i);

		if (tick_put(out, e->time) == -1 || wire_put_word(out, e->n) == -1)
			return -1;
		if (has_sum &&
		    put_wide(out, ((const struct rule_sum *)(const void *)e)->sum) == -1)
			return -1;
	}
	return 0;
}

int
rule_cell_put(struct buf *out, const struct rule_cell *c, enum rule_what what)
{
	bool place = what == RULE_PAIR || what == RULE_SPEED;

	if (wire_put(out, c->n) == -1 || wire_put(out, c->set) == -1)
		return -1;
	if (place)
		return tick_put(out, c->set != 0 ? c->time : 0) == -1 ||
		    wire_put_double(out, c->place[0]) == -1 ||
		    wire_put_double(out, c->place[1]) == -1 ? -1 : 0;
	if (wire_put(out, c->count) == -1 || put_wide(out, c->sum) == -1)
		return -1;
	return put_entries(out, c, what);
}

/* ---- reading back ---- */

static wide_int
get_wide(struct wire *in, wide_int most)
{
	uint64_t w[2];
	wide_int v;

	w[0] = wire_get_word(in);
	w[1] = wire_get_word(in);
	v = wide_get(w);
	if (v <= most && v >= -most)
		return v;
	in->damaged = true;
	return 0;
}

/* The value of a minimum or maximum must be a number. */
static uint64_t
get_word(struct wire *in, enum rule_what what)
{
	double d;
	uint64_t word;

	if (what != RULE_MIN && what != RULE_MAX_OF)
		return wire_get_word(in);
	d = wire_get_double(in);
	memcpy(&word, &d, sizeof(word));
	return word;
}

/* The only entry lies in the cell; its sum is that of all. */
static int
get_one(struct wire *in, struct rule_cell *c, const struct rule *r)
{
	c->first = tick_get(in);
	c->one = get_word(in, r->what);
	if (rule_stride(r->what) == sizeof(struct rule_sum))
		in->damaged |= get_wide(in, SUM_MOST) != c->sum;
	return 0;
}

static int
get_entries(struct wire *in, struct rule_cell *c, const struct rule *r)
{
	size_t stride = rule_stride(r->what), least = stride == sizeof(struct rule_sum) ? 32 : 16;
	uint32_t most = is_row(r->what) ? 2 * RULE_DISTINCT : RULE_RING, cap = 4;
	char *at;

	in->damaged |= c->n > most || c->n > (size_t)(in->end - in->at) / least;
	if (in->damaged)
		c->n = 0;
	if (c->n == 0)
		return 0;
	if (c->n == 1)
		return get_one(in, c, r);
	while (cap < c->n)
		cap *= 2;
	at = mem_zalloc(cap * stride);
	if (at == NULL)
		return -1;
	c->at = at;
	c->cap = cap;
	c->stride = (uint16_t)stride;
	for (uint32_t i = 0; i < c->n; i++) {
		struct rule_entry *e = (struct rule_entry *)(void *)(at + i * stride);

		e->time = tick_get(in);
		e->n = get_word(in, r->what);
		if (stride == sizeof(struct rule_sum))
			((struct rule_sum *)(void *)e)->sum = get_wide(in, SUM_MOST);
	}
	c->first = ((struct rule_entry *)(void *)at)->time;
	return 0;
}

int
rule_cell_get(struct wire *in, struct rule_cell *c, const struct rule *r)
{
	uint64_t n = wire_get(in), set = wire_get(in);

	in->damaged |= n > UINT16_MAX || set > 1;
	c->n = in->damaged ? 0 : (uint32_t)n;
	c->set = (uint16_t)set;
	if (r->what == RULE_PAIR || r->what == RULE_SPEED) {
		in->damaged |= c->n > 0;
		c->n = 0;
		c->time = tick_get(in);
		c->place[0] = wire_get_double(in);
		c->place[1] = wire_get_double(in);
		return 0;
	}
	c->count = wire_get(in);
	c->sum = get_wide(in, SUM_MOST * RULE_RING);
	in->damaged |= c->count > COUNT_MOST;
	return get_entries(in, c, r);
}
