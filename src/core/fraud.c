/* A transaction's way through the fraud core, and a label's; see fraud.h. */
#include "core/fraud.h"

#include "base/mem.h"
#include "core/fraud_account.h"
#include "core/fraud_bins.h"
#include "core/fraud_common.h"
#include "core/fraud_learn.h"
#include "core/fraud_raw.h"
#include "core/fraud_reason.h"
#include "core/fraud_wait.h"

#include <string.h>

#define RANK_HALF 100.0			/* one in so many has a score of a half */
#define TAUGHT 30.0			/* frauds after which labels count half */

void
fraud_config_default(struct fraud_config *c)
{
	*c = (struct fraud_config){
		.label_delay = 14 * FRAUD_DAY, .max_accounts = 10000000, .max_waiting = 1000000,
	};
}

struct fraud *
fraud_open(const struct fraud_config *config, const uint64_t seed[2], struct err *err)
{
	struct fraud *f = mem_zalloc(sizeof(*f));

	if (f != NULL && config->labels && learner_make(f) == -1) {
		mem_free(f);
		f = NULL;
	}
	if (f == NULL) {
		(void)err_memory(err, "opening the state of accounts");
		return NULL;
	}
	f->config = *config;
	keyed_init_large(&f->accounts, sizeof(struct fraud_account), seed);
	keyed_init_large(&f->merchants, sizeof(struct fraud_merchant), seed);
	keyed_init_large(&f->waiting, sizeof(struct fraud_waiting), seed);
	return f;
}

void
fraud_close(struct fraud *f)
{
	if (f == NULL)
		return;
	keyed_free(&f->accounts);
	keyed_free(&f->merchants);
	keyed_free(&f->waiting);
	mem_free(f->learner);
	mem_free(f);
}

/* The state of KEY, which becomes the one seen last; the one seen longest ago makes room. */
static void *
seen(struct fraud *f, struct keyed *k, struct map_key key, uint64_t *evicted)
{
	bool fresh;
	void *value = keyed_put(k, key, &fresh);

	if (value == NULL || keyed_due(k, value, (int64_t)f->sequence) == -1)
		return NULL;
	if (fresh && k->count > f->config.max_accounts) {
		keyed_drop(k, keyed_next_due(k, INT64_MAX));
		++*evicted;
		value = keyed_find(k, key);
	}
	return value;
}

/* The score, of which labels have more say the more frauds there were. */
static double
score_of(struct fraud *f, const struct fraud_view *v)
{
	double rank = 1 / (1 + RANK_HALF * common_rank(&f->common, v->raw)), share;

	if (f->learner == NULL || f->common.frauds == 0)
		return rank;
	share = (double)f->common.frauds / ((double)f->common.frauds + TAUGHT);
	return share * learn_predict(f->learner, v->bin) + (1 - share) * rank;
}

static void
view(struct fraud *f, const struct fraud_account *a, const struct fraud_merchant *m,
    struct fraud_view *v)
{
	static const struct fraud_merchant none;

	common_view(&f->common, v);
	account_view(a, &f->common, v);
	merchant_view(m != NULL ? m : &none, &f->common, v);
	bins_own(v);
	raw_score(&f->common.sides, v);
	if (f->learner != NULL)
		bins_learned(v);
}

int
fraud_score(struct fraud *f, const struct fraud_txn *txn, struct fraud_result *result,
    struct err *err)
{
	struct fraud_view v = { .txn = txn };
	struct map_key account = wait_key(txn->account, txn->account_len);
	struct map_key merchant = wait_key(txn->merchant, txn->merchant_len);
	struct fraud_account *a;
	struct fraud_merchant *m = NULL;

	f->sequence++;
	f->changed = true;
	if (f->config.labels)
		wait_expire(f, txn->time);
	a = seen(f, &f->accounts, account, &f->figures.accounts_evicted);
	if (merchant.a != 0)
		m = seen(f, &f->merchants, merchant, &f->figures.merchants_evicted);
	if (a == NULL || (m == NULL && merchant.a != 0))
		return err_memory(err, "keeping the state of accounts");
	v.merchant_hash = (uint32_t)(merchant.a ^ merchant.a >> 32 ^ merchant.b ^ merchant.b >> 32);
	view(f, a, m, &v);
	result->score = score_of(f, &v);
	reasons_of(&v, &f->common, result);
	account_learn(a, &v);
	if (m != NULL)
		merchant_learn(m, &v);
	raw_learn(&f->common.sides, &v);
	common_learn(&f->common, &v);
	if (f->config.labels && wait_add(f, &v, account, merchant) == -1)
		return err_memory(err, "keeping what awaits its label");
	return 0;
}

void
fraud_ahead(const struct fraud *f, const struct fraud_txn *txn, size_t n)
{
	struct map_key account[KEYED_AHEAD], merchant[KEYED_AHEAD];
	size_t merchants = 0;

	if (n > KEYED_AHEAD)
		n = KEYED_AHEAD;
	for (size_t i = 0; i < n; i++) {
		account[i] = wait_key(txn[i].account, txn[i].account_len);
		if (txn[i].merchant != NULL)
			merchant[merchants++] = wait_key(txn[i].merchant, txn[i].merchant_len);
	}
	keyed_ahead(&f->accounts, account, n);
	keyed_ahead(&f->merchants, merchant, merchants);
}

int
fraud_label(struct fraud *f, int64_t time, const char *id, size_t len, bool is_fraud,
    struct err *err)
{
	(void)err;
	if (!f->config.labels)
		return 1;
	f->changed = true;
	wait_expire(f, time);
	if (wait_label(f, id, len, is_fraud) == 0)
		return 0;
	f->figures.unmatched++;
	return 1;
}

void
fraud_figures(const struct fraud *f, struct fraud_figures *figures)
{
	*figures = f->figures;
	figures->accounts = f->accounts.count;
	figures->merchants = f->merchants.count;
	figures->waiting = f->waiting.count;
	figures->bytes = sizeof(*f) + (f->learner != NULL ? sizeof(*f->learner) : 0) +
	    f->accounts.bytes + f->merchants.bytes + f->waiting.bytes;
}
