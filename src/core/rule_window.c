/*
 * Windows of a rule for one key, see rule_inner.h: of counts, sums, means, minima and maxima.
 *
 * The only entry of a window lies in the cell itself, for most keys are seen once.  A window that
 * is full is thinned: neighbours of the same 512th of its length become one entry with the later
 * time, so that half is free again.  Minima and maxima keep only what can still be the answer (the
 * monotone queue of Lemire 2006).
 */
#include "base/mem.h"
#include "core/rule_inner.h"

#include <math.h>
#include <string.h>

#define PARTS 512			/* of a window, when it is thinned */
#define FIRST 4				/* entries that are allocated at first */
#define MEAN_EXACT (1U << 28)		/* transactions of which a mean is compared exactly */

static bool
is_queue(const struct rule *r)
{
	return r->what == RULE_MIN || r->what == RULE_MAX_OF;
}

static struct rule_entry *
entry_at(const struct rule_cell *c, size_t stride, uint32_t i)
{
	return (struct rule_entry *)(void *)
	    ((char *)c->at + ((c->head + i) & (c->cap - 1)) * stride);
}

static struct rule_sum *
sum_of(struct rule_entry *e)
{
	return (struct rule_sum *)(void *)e;
}

/* Twice the room: what lies before the head moves behind its end. */
static int
grow(struct rule_cell *c, size_t stride)
{
	uint32_t first = stride > sizeof(struct rule_entry) ? FIRST / 2 : FIRST;
	uint32_t cap = c->cap == 0 ? first : c->cap * 2;
	char *at = mem_realloc(c->at, cap * stride);

	if (at == NULL)
		return -1;
	if (c->cap > 0)
		memcpy(at + c->cap * stride, at, c->head * stride);
	c->at = at;
	c->cap = cap;
	c->stride = (uint16_t)stride;
	return 0;
}

static int64_t
part_of(int64_t time, int64_t length)
{
	int64_t part = length / PARTS + 1;

	return time / part - (time % part < 0);
}

static void
thin(struct rule_cell *c, const struct rule *r, size_t stride)
{
	uint32_t kept = 0;

	for (uint32_t i = 1; i < c->n; i++) {
		struct rule_entry *to = entry_at(c, stride, kept), *e = entry_at(c, stride, i);

		if (part_of(to->time, r->window) != part_of(e->time, r->window)) {
			to = entry_at(c, stride, ++kept);
			if (to != e)
				memcpy(to, e, stride);
			continue;
		}
		to->time = e->time;
		if (is_queue(r))
			continue;		/* the earlier one is the smaller, or larger */
		to->n += e->n;
		if (stride == sizeof(struct rule_sum))
			sum_of(to)->sum += sum_of(e)->sum;
	}
	c->n = kept + 1;
}

/* Moves the entry that lies in the cell out of it; the next one needs room, too. */
static int
move_out(struct rule_cell *c, size_t stride)
{
	struct rule_entry *e;

	if (grow(c, stride) == -1)
		return -1;
	e = entry_at(c, stride, 0);
	e->time = c->first;
	e->n = c->one;
	if (stride == sizeof(struct rule_sum))
		sum_of(e)->sum = c->sum;
	return 0;
}

/* One more entry, at the end, that is not yet in count and sum; 0 or -1 (memory). */
static int
append(struct rule_cell *c, const struct rule *r, int64_t time, uint64_t word, wide_int sum)
{
	size_t stride = rule_stride(r->what);
	struct rule_entry *e;

	if (c->n == 0)
		c->first = time;
	if (c->n == 0 && c->at == NULL) {
		c->one = word;
		c->n = 1;
		return 0;
	}
	if (c->at == NULL && move_out(c, stride) == -1)
		return -1;
	if (c->n == RULE_RING)
		thin(c, r, stride);
	if (c->n == c->cap && grow(c, stride) == -1)
		return -1;
	e = entry_at(c, stride, c->n++);
	e->time = time;
	e->n = word;
	if (stride == sizeof(struct rule_sum))
		sum_of(e)->sum = sum;
	return 0;
}

/* The only entry, or the oldest of several, leaves. */
static void
leave_first(struct rule_cell *c, const struct rule *r)
{
	size_t stride = rule_stride(r->what);

	if (c->at == NULL) {
		c->count = 0;
		c->sum = 0;
		c->n = 0;
		return;
	}
	if (!is_queue(r))
		c->count -= entry_at(c, stride, 0)->n;
	if (stride == sizeof(struct rule_sum))
		c->sum -= sum_of(entry_at(c, stride, 0))->sum;
	c->head = (c->head + 1) & (c->cap - 1);
	c->n--;
}

/* What is before FROM leaves. */
static void
leave(struct rule_cell *c, const struct rule *r, int64_t from)
{
	while (c->n > 0 && c->first < from) {
		if (c->at != NULL)
			c->first = entry_at(c, rule_stride(r->what), 0)->time;
		if (c->first < from)
			leave_first(c, r);
	}
}

/* In units of 10^-9, the same at each call: what is taken out again was put in so. */
static wide_int
nano_of(const struct number *n)
{
	if (n->exact)
		return n->nano;
	if (fabs(n->d) < 1e20)
		return (wide_int)(n->d * NUMBER_NANO);
	return n->d < 0 ? -(wide_int)(1e20 * NUMBER_NANO) : (wide_int)(1e20 * NUMBER_NANO);
}

int
rule_window_sum(struct rule_cell *c, const struct rule *r, int64_t time, const struct number *x,
    struct number *value)
{
	wide_int sum = r->what == RULE_COUNT ? 0 : nano_of(x);

	leave(c, r, time - r->window);
	if (append(c, r, time, 1, sum) == -1)
		return -1;
	c->count++;
	c->sum += sum;
	*value = r->what == RULE_COUNT ? number_from_int((int64_t)c->count) :
	    number_from_nano(c->sum);
	return 0;
}

/* A mean is above its limit if the sum is above as many limits: exactly, where that is. */
bool
rule_mean_holds(const struct rule_cell *c, const struct rule *r, struct number *value)
{
	struct number limit = r->limit, sum = *value;

	*value = (struct number){ .d = sum.d / (double)c->count };
	if (!limit.exact || c->count > MEAN_EXACT)
		return rule_holds(r->op, value, &limit);
	limit.nano *= (wide_int)c->count;
	return rule_holds(r->op, &sum, &limit);
}

static double
value_at(const struct rule_cell *c, const struct rule *r, uint32_t i)
{
	double d;

	if (c->at != NULL)
		return entry_at(c, rule_stride(r->what), i)->value;
	memcpy(&d, &c->one, sizeof(d));
	return d;
}

int
rule_window_extreme(struct rule_cell *c, const struct rule *r, int64_t time,
    const struct number *x, struct number *value)
{
	uint64_t word;

	leave(c, r, time - r->window);
	while (c->n > 0) {
		double last = value_at(c, r, c->n - 1);

		if (r->what == RULE_MIN ? last < x->d : last > x->d)
			break;
		c->n--;
	}
	memcpy(&word, &x->d, sizeof(word));
	if (append(c, r, time, word, 0) == -1)
		return -1;
	*value = number_from_double(value_at(c, r, 0));
	return 0;
}
