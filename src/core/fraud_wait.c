/* Transactions that await their label, see fraud_wait.h. */
#include "core/fraud_wait.h"

#include "core/fraud_account.h"
#include "core/fraud_learn.h"

#include <string.h>

#define DIGEST_MARK 0xff		/* last byte of a digest: of no name in UTF-8 */

struct map_key
wait_key(const char *name, size_t len)
{
	static const uint64_t first[2] = { 0x8a5cd789635d2dff, 0x121fd2155c472f96 };
	static const uint64_t second[2] = { 0xd6e8feb86659fd93, 0xa0761d6478bd642f };
	struct map_key key = { 0, 0 };
	unsigned char bytes[MAP_INLINE];
	uint64_t word[2];

	if (name == NULL)
		return key;
	key = map_key_make(name, len);
	if (!map_key_is_long(key))
		return key;
	word[0] = map_key_hash(key, first);
	word[1] = map_key_hash(key, second);
	memcpy(bytes, word, sizeof(bytes));
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] |= bytes[i] == 0;
	bytes[MAP_INLINE - 1] = DIGEST_MARK;
	return map_key_inline((const char *)bytes, MAP_INLINE);
}

/* The merchant's risk and the weights learn it; account and merchant may be gone. */
static void
learn(struct fraud *f, const struct fraud_waiting *w, bool is_fraud)
{
	double own = learn_explained(f->learner, w->bin);
	struct fraud_account *a = keyed_find(&f->accounts, w->account);
	struct fraud_merchant *m = w->merchant.a == 0 ? NULL :
	    keyed_find(&f->merchants, w->merchant);

	if (m != NULL) {
		merchant_label(m, w->time, is_fraud, 1 - own);
		keyed_touch(&f->merchants, m);
	}
	if (a != NULL && is_fraud) {
		account_label(a, w->time, is_fraud);
		keyed_touch(&f->accounts, a);
	}
	learn_label(f->learner, w->bin, is_fraud);
	f->common.labels++;
	f->common.frauds += is_fraud;
	f->figures.labels++;
	f->figures.frauds += is_fraud;
}

/* The one that was put first, if it is due at TIME or before, is genuine, or too many wait. */
static bool
take_first(struct fraud *f, int64_t time, bool is_known)
{
	struct fraud_waiting *first = keyed_next_due(&f->waiting, time);

	if (first == NULL)
		return false;
	if (is_known)
		learn(f, first, false);
	else
		f->figures.waiting_evicted++;
	keyed_drop(&f->waiting, first);
	return true;
}

void
wait_expire(struct fraud *f, int64_t time)
{
	while (take_first(f, time - 1, true))
		;
}

int
wait_add(struct fraud *f, const struct fraud_view *v, struct map_key account,
    struct map_key merchant)
{
	struct fraud_waiting *w;
	int64_t due = v->txn->time + f->config.label_delay;
	bool fresh;

	if (v->txn->id == NULL)
		return 0;
	while (f->waiting.count >= f->config.max_waiting && take_first(f, INT64_MAX, false))
		;
	w = keyed_put(&f->waiting, wait_key(v->txn->id, v->txn->id_len), &fresh);
	if (w == NULL)
		return -1;
	w->time = v->txn->time;
	w->account = account;
	w->merchant = merchant;
	memcpy(w->bin, v->bin, sizeof(w->bin));
	keyed_touch(&f->waiting, w);
	f->expires = due > f->expires ? due : f->expires + 1;	/* no two are due together */
	return keyed_due(&f->waiting, w, f->expires);
}

int
wait_label(struct fraud *f, const char *id, size_t len, bool is_fraud)
{
	struct fraud_waiting *w = keyed_find(&f->waiting, wait_key(id, len));

	if (w == NULL)
		return 1;
	learn(f, w, is_fraud);
	keyed_remove(&f->waiting, w);
	return 0;
}
