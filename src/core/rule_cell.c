/*
 * The state of a rule for one key, see rule_inner.h: windows, values seen, the last place.
 *
 * A window that is full is thinned: neighbours of the same 512th of its length become one entry
 * with the later time, so that half is free again.  Minima and maxima keep only what can still be
 * the answer (the monotone queue of Lemire 2006).
 */
#include "base/mem.h"
#include "core/rule_inner.h"

#include <math.h>
#include <string.h>

#define PARTS 512			/* of a window, when it is thinned */
#define FIRST 4				/* entries that are allocated at first */
#define DISTINCT_LEAST 64		/* values that are told apart, at least */
#define EARTH_KM 6371.0088		/* mean radius (IUGG) */
#define HOUR 3.6e9			/* microseconds */
#define MEAN_EXACT (1U << 28)		/* transactions of which a mean is compared exactly */

size_t
rule_stride(enum rule_what what)
{
	return what == RULE_SUM || what == RULE_MEAN ? sizeof(struct rule_sum) :
	    sizeof(struct rule_entry);
}

void
rule_cell_clear(struct rule_cell *c)
{
	mem_free(c->at);
	*c = (struct rule_cell){ 0 };
}

/* ---- windows ---- */

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
		if (r->what == RULE_MIN || r->what == RULE_MAX_OF)
			continue;		/* the earlier one is the smaller, or larger */
		to->n += e->n;
		if (stride == sizeof(struct rule_sum))
			sum_of(to)->sum += sum_of(e)->sum;
	}
	c->n = kept + 1;
}

/* One more entry, at the end; NULL: memory is short. */
static struct rule_entry *
append(struct rule_cell *c, const struct rule *r, size_t stride, int64_t time)
{
	struct rule_entry *e;

	if (c->n == RULE_RING)
		thin(c, r, stride);
	if (c->n == c->cap && grow(c, stride) == -1)
		return NULL;
	if (c->n == 0)
		c->first = time;
	e = entry_at(c, stride, c->n++);
	e->time = time;
	return e;
}

/* What is before FROM leaves. */
static void
leave(struct rule_cell *c, const struct rule *r, size_t stride, int64_t from)
{
	bool queue = r->what == RULE_MIN || r->what == RULE_MAX_OF;

	while (c->n > 0 && c->first < from) {
		struct rule_entry *e = entry_at(c, stride, 0);

		c->first = e->time;
		if (e->time >= from)
			return;
		if (!queue)
			c->count -= e->n;
		if (stride == sizeof(struct rule_sum))
			c->sum -= sum_of(e)->sum;
		c->head = (c->head + 1) & (c->cap - 1);
		c->n--;
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

static int
take_sum(struct rule_cell *c, const struct rule *r, int64_t time, const struct number *x,
    struct number *value)
{
	size_t stride = rule_stride(r->what);
	struct rule_entry *e;

	leave(c, r, stride, time - r->window);
	e = append(c, r, stride, time);
	if (e == NULL)
		return -1;
	e->n = 1;
	c->count++;
	if (r->what == RULE_COUNT) {
		*value = number_from_int((int64_t)c->count);
		return 0;
	}
	sum_of(e)->sum = nano_of(x);
	c->sum += sum_of(e)->sum;
	*value = number_from_nano(c->sum);
	return 0;
}

/* A mean is above its limit if the sum is above as many limits: exactly, where that is. */
static bool
mean_holds(const struct rule_cell *c, const struct rule *r, struct number *value)
{
	struct number limit = r->limit, sum = *value;

	*value = (struct number){ .d = sum.d / (double)c->count };
	if (!limit.exact || c->count > MEAN_EXACT)
		return rule_holds(r->op, value, &limit);
	limit.nano *= (wide_int)c->count;
	return rule_holds(r->op, &sum, &limit);
}

static int
take_extreme(struct rule_cell *c, const struct rule *r, int64_t time, const struct number *x,
    struct number *value)
{
	size_t stride = rule_stride(r->what);
	struct rule_entry *e;

	leave(c, r, stride, time - r->window);
	while (c->n > 0) {
		double last = entry_at(c, stride, c->n - 1)->value;

		if (r->what == RULE_MIN ? last < x->d : last > x->d)
			break;
		c->n--;
	}
	e = append(c, r, stride, time);
	if (e == NULL)
		return -1;
	e->value = x->d;
	*value = number_from_double(entry_at(c, stride, 0)->value);
	return 0;
}

/* ---- values seen ---- */

static struct rule_entry *
seen(const struct rule_cell *c)
{
	return c->at == NULL ? NULL : (struct rule_entry *)c->at + c->head;
}

/* Takes a value out of the row: what it had, or an entry of zeros. */
static struct rule_entry
take_out(struct rule_cell *c, uint64_t hash)
{
	struct rule_entry *e = seen(c), found;

	for (uint32_t i = c->n; i-- > 0;) {
		if (e[i].hash != hash)
			continue;
		found = e[i];
		memmove(e + i, e + i + 1, (c->n - i - 1) * sizeof(*e));
		c->n--;
		return found;
	}
	return (struct rule_entry){ .hash = hash };
}

/* Puts one at the end of the row; of more than MOST the longest unseen goes. */
static int
put_last(struct rule_cell *c, struct rule_entry e, uint32_t most)
{
	for (; c->n >= most; c->n--)
		c->head++;
	if (c->head + c->n == c->cap && c->head > c->n / 2) {
		memmove(c->at, seen(c), c->n * sizeof(e));
		c->head = 0;
	}
	if (c->head + c->n == c->cap) {
		uint32_t cap = c->cap == 0 ? FIRST : c->cap * 2;
		void *at = mem_realloc(c->at, cap * sizeof(e));

		if (at == NULL)
			return -1;
		c->at = at;
		c->cap = cap;
		c->stride = sizeof(e);
	}
	seen(c)[c->n++] = e;
	return 0;
}

static int
take_distinct(struct rule_cell *c, const struct rule *r, int64_t time, uint64_t hash,
    struct number *value)
{
	uint32_t most = (uint32_t)r->limit.d * 2;
	struct rule_entry e;

	while (c->n > 0 && c->first < time - r->window) {
		c->first = seen(c)->time;
		if (c->first >= time - r->window)
			break;
		c->head++;
		c->n--;
	}
	e = take_out(c, hash);
	e.time = time;
	if (put_last(c, e, most < DISTINCT_LEAST ? DISTINCT_LEAST : most) == -1)
		return -1;
	*value = number_from_int(c->n);
	return 0;
}

/* One that is new counts its uses until it is told; one from the beginnings never is. */
static int
take_new(struct rule_cell *c, const struct rule *r, uint64_t hash, struct rule_hit *hit)
{
	uint32_t before = c->n;
	struct rule_entry e = take_out(c, hash);
	bool fresh = c->n == before, told;

	if (e.time > 0 || (fresh && c->count >= r->after))
		e.time++;
	hit->value = number_from_int((int64_t)c->count);
	hit->extra = (double)e.time;
	told = (uint64_t)e.time == r->use;
	if (told)
		e.time = 0;
	c->count++;
	return put_last(c, e, RULE_SEEN) == -1 ? -1 : told;
}

/* ---- one after the other ---- */

/* As in Flink's walkthrough: the small one comes directly before. */
static int
take_pair(struct rule_cell *c, const struct rule *r, int64_t time, const struct number *amount,
    struct rule_hit *hit)
{
	bool small = rule_holds(RULE_BELOW, amount, &r->small);
	bool told = c->set != 0 && time - c->time <= r->window &&
	    rule_holds(RULE_ABOVE, amount, &r->large);

	hit->value = *amount;
	hit->before = number_from_double(c->place[0]);
	hit->span = time - c->time;
	c->set = small;
	if (small) {
		c->time = time;
		c->place[0] = amount->d;
	}
	return told;
}

static double
radians(double degrees)
{
	return degrees * (3.14159265358979323846 / 180);
}

/* The great circle between two places by the haversine formula, in km. */
static double
distance(double lat, double lon, double lat2, double lon2)
{
	double north = sin(radians(lat2 - lat) / 2), east = sin(radians(lon2 - lon) / 2);
	double h = north * north + cos(radians(lat)) * cos(radians(lat2)) * east * east;

	return 2 * EARTH_KM * asin(sqrt(h > 1 ? 1 : h));
}

static int
take_place(struct rule_cell *c, const struct rule *r, const struct rule_txn *txn, int64_t time,
    struct rule_hit *hit)
{
	double km = c->set == 0 ? 0 : distance(c->place[0], c->place[1], txn->lat, txn->lon);
	int64_t span = time - c->time;
	bool told = c->set != 0 && km >= r->beyond && km > r->limit.d * ((double)span / HOUR);

	hit->span = span;
	hit->extra = km;
	hit->value = (struct number){ .d = span == 0 ? INFINITY : km / ((double)span / HOUR) };
	c->set = 1;
	c->time = time;
	c->place[0] = txn->lat;
	c->place[1] = txn->lon;
	return told;
}

/* ---- all of them ---- */

static int
look_window(struct rule_cell *c, const struct rule *r, int64_t time, const struct rule_given *of,
    struct rule_hit *hit)
{
	int rc;

	if (r->what == RULE_DISTINCT_OF)
		rc = take_distinct(c, r, time, of->hash, &hit->value);
	else if (r->what == RULE_MIN || r->what == RULE_MAX_OF)
		rc = take_extreme(c, r, time, &of->number, &hit->value);
	else
		rc = take_sum(c, r, time, of == NULL ? NULL : &of->number, &hit->value);
	if (rc == -1)
		return -1;
	if (!(r->what == RULE_MEAN ? mean_holds(c, r, &hit->value) :
	    rule_holds(r->op, &hit->value, &r->limit)))
		return 0;
	if (r->reset)
		rule_cell_clear(c);
	return 1;
}

int
rule_cell_look(struct rule_cell *c, const struct rule *r, const struct rule_txn *txn, int64_t time,
    const struct rule_given *of, struct rule_hit *hit)
{
	switch (r->what) {
	case RULE_NEW:
		return take_new(c, r, of->hash, hit);
	case RULE_PAIR:
		return take_pair(c, r, time, &of->number, hit);
	case RULE_SPEED:
		return take_place(c, r, txn, time, hit);
	default:
		return look_window(c, r, time, of, hit);
	}
}
