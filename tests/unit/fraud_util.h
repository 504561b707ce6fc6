/*
 * A small bank for the tests of the fraud core: accounts that spend about the same each time at a
 * few merchants, some of which go bad for a while.
 */
#ifndef UNIT_FRAUD_UTIL_H
#define UNIT_FRAUD_UTIL_H

#include "core/fraud.h"
#include "util.h"

#define BANK_SECOND INT64_C(1000000)
#define BANK_DAY (86400 * BANK_SECOND)

struct payment {
	struct fraud_txn	txn;	/* its names lie here: */
	char			id[24], account[40], merchant[40], category[24];
	bool			is_fraud;
};

/* Payment I of a bank that never changes: the same for the same I; four come at a time. */
void bank_payment(struct payment *, uint64_t i);

/* Points the names of TXN into a payment that was moved. */
void bank_names(struct payment *);

/* A fresh core with labels, or without. */
struct fraud *bank_open(bool labels, uint64_t max_accounts);

#endif
