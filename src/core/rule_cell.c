/*
 * The state of a rule for one key, see rule_inner.h: what all rules share, and those that compare a
 * transaction with the one before.  rule_window.c: windows; rule_seen.c: values.
 */
#include "base/mem.h"
#include "core/rule_inner.h"

#include <math.h>

#define EARTH_KM 6371.0088		/* mean radius (IUGG) */
#define HOUR 3.6e9			/* microseconds */

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
		rc = rule_seen_distinct(c, r, time, of->hash, &hit->value);
	else if (r->what == RULE_MIN || r->what == RULE_MAX_OF)
		rc = rule_window_extreme(c, r, time, &of->number, &hit->value);
	else
		rc = rule_window_sum(c, r, time, of == NULL ? NULL : &of->number, &hit->value);
	if (rc == -1)
		return -1;
	if (!(r->what == RULE_MEAN ? rule_mean_holds(c, r, &hit->value) :
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
		return rule_seen_new(c, r, of->hash, hit);
	case RULE_PAIR:
		return take_pair(c, r, time, &of->number, hit);
	case RULE_SPEED:
		return take_place(c, r, txn, time, hit);
	default:
		return look_window(c, r, time, of, hit);
	}
}
