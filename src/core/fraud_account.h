/* What is kept of each account, and of each merchant: seen before, and changed after, a score. */
#ifndef CORE_FRAUD_ACCOUNT_H
#define CORE_FRAUD_ACCOUNT_H

#include "core/fraud_inner.h"

/* Fills the view of an account, zeros if it is new; V->txn and what is of all amounts is set. */
void account_view(const struct fraud_account *, const struct fraud_common *, struct fraud_view *);

/* The transaction belongs to its history from now on; its score is known. */
void account_learn(struct fraud_account *, const struct fraud_view *);

/* The same of a merchant. */
void merchant_view(const struct fraud_merchant *, const struct fraud_common *,
    struct fraud_view *);
void merchant_learn(struct fraud_merchant *, const struct fraud_view *);

/*
 * A transaction of TIME proved to be a fraud or not; WEIGHT: how much of that is the merchant's, 0
 * to 1: what the amount does not explain.
 */
void merchant_label(struct fraud_merchant *, int64_t time, bool is_fraud, double weight);
void account_label(struct fraud_account *, int64_t time, bool is_fraud);

#endif
