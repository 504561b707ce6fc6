/* What is known of all accounts together: the priors of each, and how rare amounts are. */
#ifndef CORE_FRAUD_COMMON_H
#define CORE_FRAUD_COMMON_H

#include "core/fraud_inner.h"

/* Fills what is of all amounts, before the view of account and merchant. */
void common_view(struct fraud_common *, struct fraud_view *);

void common_learn(struct fraud_common *, const struct fraud_view *);

/* The share of transactions whose raw score was at least this one's; takes it. */
double common_rank(struct fraud_common *, double raw);

#endif
