/* What is known of a transaction as a few small numbers, which are all that learning sees. */
#ifndef CORE_FRAUD_BINS_H
#define CORE_FRAUD_BINS_H

#include "core/fraud_inner.h"

/* Fills v->bin: of the amount and the account; it is what the score without labels needs. */
void bins_own(struct fraud_view *);

/* The rest, which only learning sees: of that score, and of the merchant's labels. */
void bins_learned(struct fraud_view *);

#endif
