/* What is kept of each account, see fraud_account.h. */
#include "core/fraud_account.h"

#include "core/fraud_math.h"

#define MEMORY 100.0			/* transactions that the usual amount is made of */
#define LEAN 3.0			/* transactions that the prior is worth */
#define KNOWN 5.0f			/* transactions of an account that make it known */
#define ALL_KNOWN 20.0f			/* the same of all together */
#define OUTLIER_Z 3.5			/* from here on an amount is remembered as large */
#define OUTLIERS_HALF (3.0 * FRAUD_DAY)
#define SMALL_Z (-1.5)			/* below is small, if it is under a third of the usual */
#define SMALL_SHARE 0.33
#define SMALL_HALF (1.0 * FRAUD_HOUR_LONG)
#define HOURLY_HALF (1.0 * FRAUD_HOUR_LONG)
#define PACE_MEMORY 30.0f
#define FRAUD_HALF (14.0 * FRAUD_DAY)
#define HOUR_LEAN 10.0			/* transactions that the hours of all are worth */
#define HOUR_KEEP 0.98f			/* of the profile at each transaction */

static void
view_amount(const struct fraud_account *a, const struct fraud_common *c, struct fraud_view *v)
{
	struct prior prior = { (double)c->amount.mean, (double)c->amount.var, LEAN };
	struct prior size = { (double)c->size.mean, (double)c->size.var, LEAN };

	if (a->amount.n > 0 && c->ratio.n > 0) {	/* they differ in level most */
		double level = ((double)a->amount.n * (double)a->amount.mean +
		    LEAN * prior.mean) / ((double)a->amount.n + LEAN);

		prior.var = (double)c->ratio.mean * level * level;
		size.var = (double)c->size_ratio.mean;
	}
	spread_guess(&a->amount, &prior, &v->mean, &v->sd);
	spread_guess(&a->size, &size, &v->size_mean, &v->size_sd);
	v->z = v->size_z = 0;
	if (a->count < KNOWN && c->amount.n < ALL_KNOWN)
		return;			/* of the first few nothing is usual yet */
	v->z = (v->amount - v->mean) / v->sd;
	v->size_z = (v->size - v->size_mean) / v->size_sd;
}

/* How odd the hour is, in powers of ten, against one of an even day. */
static void
view_hour(const struct fraud_account *a, const struct fraud_common *c, struct fraud_view *v)
{
	int64_t day = v->txn->time % FRAUD_DAY;
	double own = 0, all, share;

	v->clock = (unsigned)((day + (day < 0 ? FRAUD_DAY : 0)) / FRAUD_HOUR_LONG);
	for (unsigned i = 0; i < FRAUD_HOURS; i++)
		own += (double)a->hour[i];
	all = ((double)c->hour[v->clock] + 1) / ((double)c->hours + 24);
	share = ((double)a->hour[v->clock / (24 / FRAUD_HOURS)] / (24 / FRAUD_HOURS) +
	    HOUR_LEAN * all) / (own + HOUR_LEAN);
	v->hour = -fraud_log2(share * 24) * 0.30103;
}

void
account_view(const struct fraud_account *a, const struct fraud_common *c, struct fraud_view *v)
{
	int64_t time = v->txn->time;

	v->count = (double)a->count;
	v->gap = a->count > 0 ? time > a->last ? time - a->last : 0 : -1;
	view_amount(a, c, v);
	view_hour(a, c, v);
	v->outliers = (double)a->outliers * fraud_fade(v->gap, OUTLIERS_HALF);
	v->hourly = (double)a->hourly * fraud_fade(v->gap, HOURLY_HALF);
	v->pace = (double)a->pace;
	v->small_run = 0;
	v->small_gap = -1;
	if (a->small_run > 0) {
		v->small_gap = time > a->small_at ? time - a->small_at : 0;
		v->small_run = (double)a->small_run * fraud_fade(v->small_gap, SMALL_HALF);
	}
	v->small_amount = (double)a->small_amount;
	v->small = v->size_z < SMALL_Z && v->amount < v->mean * SMALL_SHARE;
	v->small_here = v->merchant_hash == a->small_merchant;
	v->account_fraud = a->fraud <= 0 ? 0 :
	    (double)a->fraud * fraud_fade(time - a->fraud_at, FRAUD_HALF);
}

static void
learn_pace(struct fraud_account *a, const struct fraud_view *v)
{
	float n = a->count < PACE_MEMORY ? a->count : PACE_MEMORY;

	if (v->gap >= 0)
		a->pace += ((float)((double)v->gap / FRAUD_HOUR_LONG) - a->pace) / n;
}

static void
learn_hour(struct fraud_account *a, const struct fraud_view *v)
{
	for (unsigned i = 0; i < FRAUD_HOURS; i++)
		a->hour[i] *= HOUR_KEEP;
	a->hour[v->clock / (24 / FRAUD_HOURS)]++;
}

void
account_learn(struct fraud_account *a, const struct fraud_view *v)
{
	int64_t time = v->txn->time;
	double outlier = v->z < OUTLIER_Z ? 0 : v->z < 2 * OUTLIER_Z ? v->z / OUTLIER_Z - 0.5 : 1.5;

	learn_pace(a, v);
	if (a->count == 0 || time > a->last)
		a->last = time;
	a->count++;
	a->outliers = (float)(v->outliers + outlier);
	a->hourly = (float)(v->hourly + 1);
	if (v->small) {
		a->small_at = time;
		a->small_merchant = v->merchant_hash;
		a->small_amount = (float)v->amount;
		a->small_run = (float)(v->small_run + 1);
	}
	learn_hour(a, v);
	spread_add(&a->amount, v->amount, v->mean, v->sd, MEMORY);
	spread_add(&a->size, v->size, v->size_mean, v->size_sd, MEMORY);
}

void
account_label(struct fraud_account *a, int64_t time, bool is_fraud)
{
	if (!is_fraud)
		return;
	if (a->fraud > 0)
		a->fraud = (float)((double)a->fraud * fraud_fade(time - a->fraud_at, FRAUD_HALF));
	a->fraud += 1;
	if (a->fraud == 1 || time > a->fraud_at)
		a->fraud_at = time;
}
