/*
 * Learning from labels: logistic regression on one-hot bins and on all pairs of them, trained on
 * line by FTRL-proximal (McMahan et al., "Ad Click Prediction: a View from the Trenches", KDD
 * 2013), with a rate of its own for each weight.  As bins are few, every weight has a place of its
 * own, and nothing is hashed.
 *
 * A second, small one knows the amount and the account only: what it explains of a fraud is not
 * the merchant's.
 */
#ifndef CORE_FRAUD_LEARN_H
#define CORE_FRAUD_LEARN_H

#include "core/fraud_inner.h"

#define LEARN_PAIRS (F_ALL * (F_ALL - 1) / 2)
#define LEARN_SINGLES (LEARN_PAIRS * FRAUD_BINS * FRAUD_BINS)	/* behind the pairs ... */
#define LEARN_OWN (LEARN_SINGLES + F_ALL * FRAUD_BINS)	/* ... and the small one's behind these */
#define LEARN_WEIGHTS (LEARN_OWN + (F_OWN + 1) * FRAUD_BINS)
#define LEARN_BLOCK 64			/* weights that are put down together */
#define LEARN_BLOCKS ((LEARN_WEIGHTS + LEARN_BLOCK - 1) / LEARN_BLOCK)

struct learn_state {			/* of a weight, in the names of the paper */
	float	z;
	float	root;			/* of n, the sum of squared gradients */
};

struct fraud_learner {
	float		w[LEARN_BLOCKS * LEARN_BLOCK];
	struct learn_state state[LEARN_BLOCKS * LEARN_BLOCK];
	uint64_t	dirty[(LEARN_BLOCKS + 63) / 64];
	struct changelog log;
};

/* Makes F->learner, of no knowledge, unless it is there; 0, or -1 when memory is short. */
int learner_make(struct fraud *f);

/* The probability of fraud that all bins give together; that those of amount and account give. */
double learn_predict(const struct fraud_learner *, const uint8_t bin[F_ALL]);
double learn_explained(const struct fraud_learner *, const uint8_t bin[F_ALL]);

/* Takes a label. */
void learn_label(struct fraud_learner *, const uint8_t bin[F_ALL], bool is_fraud);

#endif
