/* What is known of all accounts together, see fraud_common.h. */
#include "core/fraud_common.h"

#include "core/fraud_math.h"

#include <math.h>

#define LN2 0.693147180559945309417
#define LOG10_2 0.301029995663981195214
#define SMALLEST 0.01			/* amounts below are as this one */
#define LARGEST 1e12
#define MEMORY 20000.0			/* transactions */
#define CATEGORY_LEAN 20.0		/* transactions that the prior is worth */
#define KNOWN 5				/* transactions from which an account's own spread counts */
#define RAW_UNIT 1024.0			/* so that low scores differ, too */
#define HOURS_MOST 65536.0f		/* transactions after which the hours are halved */

/* The number of a category: the first ones have their own. */
static unsigned
category_of(struct fraud_common *c, const char *name, size_t len)
{
	struct map_key key;

	if (name == NULL || len == 0)
		return 0;
	key = map_key_make(name, len < MAP_INLINE ? len : MAP_INLINE);
	if (map_key_is_long(key))
		return 0;
	for (unsigned i = 1; i < FRAUD_BINS; i++) {
		if (c->category[i].a == 0)
			c->category[i] = key;
		if (map_key_equal(c->category[i], key))
			return i;
	}
	return 0;
}

static void
view_category(const struct fraud_common *c, struct fraud_view *v)
{
	struct prior prior = { (double)c->size.mean, (double)c->size.var, CATEGORY_LEAN };

	spread_guess(&c->category_size[v->category], &prior, &v->category_mean, &v->category_sd);
	v->category_z = (v->size - v->category_mean) / v->category_sd;
}

void
common_view(struct fraud_common *c, struct fraud_view *v)
{
	double amount = fabs(v->txn->amount), share;

	v->amount = amount > SMALLEST ? amount < LARGEST ? amount : LARGEST : SMALLEST;
	v->size = fraud_log2(v->amount) * LN2;
	share = tail_share(&c->amounts, v->amount);
	v->tail = -fraud_log2(share) * LOG10_2;
	v->low = -fraud_log2(1 - share + 1e-6) * LOG10_2;
	v->category = category_of(c, v->txn->category, v->txn->category_len);
	view_category(c, v);
}

static void
learn_value(struct spread *s, double value)
{
	struct prior none = { value, value * value, 1 };
	double mean, sd;

	spread_guess(s, &none, &mean, &sd);
	spread_add(s, value, mean, sd, MEMORY);
}

void
common_learn(struct fraud_common *c, const struct fraud_view *v)
{
	learn_value(&c->amount, v->amount);
	learn_value(&c->size, v->size);
	if (v->count >= KNOWN) {
		double off = (v->amount - v->mean) / v->mean, size = v->size - v->size_mean;

		learn_value(&c->ratio, off * off);
		learn_value(&c->size_ratio, size * size);
	}
	if (v->merchant_count >= KNOWN) {
		double off = v->size - v->merchant_mean;

		learn_value(&c->merchant_size, off * off);
	}
	if (c->hours >= HOURS_MOST) {
		c->hours = 0;
		for (unsigned i = 0; i < 24; i++)
			c->hours += c->hour[i] /= 2;
	}
	c->hour[v->clock]++;
	c->hours++;
	tail_take(&c->amounts, v->amount);
	spread_add(&c->category_size[v->category], v->size, v->category_mean, v->category_sd,
	    MEMORY);
}

double
common_rank(struct fraud_common *c, double raw)
{
	double share = tail_share(&c->raw, raw * RAW_UNIT);

	tail_take(&c->raw, raw * RAW_UNIT);
	return share;
}
