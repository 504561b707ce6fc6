/* What is kept of each merchant, see fraud_account.h: its amounts, and what labels say of it. */
#include "core/fraud_account.h"
#include "core/fraud_math.h"

#define MEMORY 300.0			/* transactions that the usual amount is made of */
#define LEAN 5.0			/* transactions that the prior is worth */
#define BASE 0.01			/* the share of frauds where nothing is known ... */
#define BASE_WEIGHT 0.5			/* ... and how many labels that is worth */
#define MOST_OF_IT 0.5			/* from this weight on a fraud is the merchant's */
#define CALM 0.2			/* below this share a fraud begins a new run */

static const double half[FRAUD_SHARES] = { 1.0 * FRAUD_DAY, 5.0 * FRAUD_DAY, 20.0 * FRAUD_DAY };

void
merchant_view(const struct fraud_merchant *m, const struct fraud_common *c, struct fraud_view *v)
{
	struct prior prior = { (double)c->size.mean, (double)c->size.var, LEAN };
	int64_t age = v->txn->time - m->labelled;

	if (m->size.n > 0 && c->merchant_size.n > 0)
		prior.var = (double)c->merchant_size.mean;
	spread_guess(&m->size, &prior, &v->merchant_mean, &v->merchant_sd);
	v->merchant_z = (v->size - v->merchant_mean) / v->merchant_sd;
	v->merchant_count = (double)m->size.n;
	for (unsigned i = 0; i < FRAUD_SHARES; i++) {
		double keep = m->seen[2] + m->fraud[2] > 0 ? fraud_fade(age, half[i]) : 0;

		v->share[i] = ((double)m->fraud[i] * keep + BASE * BASE_WEIGHT) /
		    ((double)m->seen[i] * keep + BASE_WEIGHT);
	}
	v->seen = (double)m->seen[2];
	v->run = (double)m->run;
	v->clean = (double)m->clean;
	v->run_age = m->fraud_at != 0 ? (double)(v->txn->time - m->run_at) / FRAUD_DAY : -1;
	v->fraud_age = m->fraud_at != 0 ? (double)(v->txn->time - m->fraud_at) / FRAUD_DAY : -1;
}

void
merchant_learn(struct fraud_merchant *m, const struct fraud_view *v)
{
	spread_add(&m->size, v->size, v->merchant_mean, v->merchant_sd, MEMORY);
}

/* A fraud that is the merchant's: the run goes on, or begins. */
static void
add_fraud(struct fraud_merchant *m, int64_t time, double weight)
{
	if (m->fraud_at == 0 || m->fraud[1] < CALM * (double)m->seen[1])
		m->run_at = time;
	m->run += (float)weight;
	m->clean = 0;
	if (m->fraud_at == 0 || time > m->fraud_at)
		m->fraud_at = time;
}

/* Labels may come in any order: an older one counts in full, which matters little. */
void
merchant_label(struct fraud_merchant *m, int64_t time, bool is_fraud, double weight)
{
	for (unsigned i = 0; i < FRAUD_SHARES; i++) {
		double keep = m->seen[2] + m->fraud[2] > 0 ?
		    fraud_fade(time - m->labelled, half[i]) : 0;

		m->fraud[i] = (float)((double)m->fraud[i] * keep);
		m->seen[i] = (float)((double)m->seen[i] * keep + (is_fraud ? weight : 1));
	}
	if (m->labelled == 0 || time > m->labelled)
		m->labelled = time;
	if (is_fraud && weight >= MOST_OF_IT)
		add_fraud(m, time, weight);
	for (unsigned i = 0; i < FRAUD_SHARES && is_fraud; i++)
		m->fraud[i] += (float)weight;
	if (!is_fraud) {
		m->run = 0;
		m->clean++;
	}
}
