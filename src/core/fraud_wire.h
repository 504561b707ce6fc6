/* The state of the fraud core as bytes, for checkpoints and models: the same bits come back. */
#ifndef CORE_FRAUD_WIRE_H
#define CORE_FRAUD_WIRE_H

#include "core/fraud_inner.h"
#include "core/fraud_learn.h"

/* N floats, in one byte each that is 0; finite ones are read, or it is damaged.  0 or -1. */
int floats_put(struct buf *, const float *, size_t n);
void floats_get(struct wire *, float *, size_t n);

/* Values of accounts, merchants and what awaits its label. */
extern const struct keyed_kind fraud_account_kind, fraud_merchant_kind, fraud_waiting_kind;

int common_put(struct buf *, const struct fraud_common *);
void common_get(struct wire *, struct fraud_common *);

/* Block I of the weights. */
int weights_put(struct buf *, const struct fraud_learner *, unsigned i);
void weights_get(struct wire *, struct fraud_learner *, unsigned i);

#endif
