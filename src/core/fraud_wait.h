/* Transactions that await their label: what was known of each, as bins, and whose it was. */
#ifndef CORE_FRAUD_WAIT_H
#define CORE_FRAUD_WAIT_H

#include "core/fraud_inner.h"

struct fraud_waiting {
	int64_t		time;
	struct map_key	account, merchant;	/* merchant: zeros if there is none */
	uint8_t		bin[F_ALL];
};

/* A name as a key of 16 bytes: itself if it is short, else a digest.  NULL: zeros. */
struct map_key wait_key(const char *name, size_t len);

/* Takes a transaction that was scored.  0, or -1 when memory is short. */
int wait_add(struct fraud *, const struct fraud_view *, struct map_key account,
    struct map_key merchant);

/* What has waited too long by TIME was genuine. */
void wait_expire(struct fraud *, int64_t time);

/* The label of one; 0, or 1: it does not wait. */
int wait_label(struct fraud *, const char *id, size_t len, bool is_fraud);

#endif
