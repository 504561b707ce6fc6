/*
 * Learning weights from examples: multinomial logistic regression by AdaGrad (Duchi, Hazan, Singer,
 * "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", 2011), the
 * weights of the last passes averaged.
 *
 * Floating point is used here, in ways that give the same bits everywhere: only the four operations
 * and the square root, each rounded by itself; the exponential is that of sentiment_weigh.
 */
#ifndef CORE_SENTIMENT_LEARN_H
#define CORE_SENTIMENT_LEARN_H

#include "core/sentiment_examples.h"

#define LEARN_NONE UINT32_MAX

struct sentiment_feature {		/* a word or a pair that was seen three times at least */
	uint64_t	 key;
	uint32_t	 count;
	float		 weight[SENTIMENT_LABELS];
};

struct sentiment_learnt {		/* zeroed: empty */
	struct sentiment_feature	*feature;
	size_t				 n;
	float				 outcome[SENTIMENT_OUTCOMES][SENTIMENT_LABELS];
};

/*
 * Learns from those examples I, which are sorted, whose USED[I] is true.  0, or -1 (memory); what
 * was in LEARNT is freed before.
 */
int sentiment_learn(struct sentiment_learnt *, const struct sentiment_examples *, const bool *used);

void sentiment_learnt_free(struct sentiment_learnt *);

#endif
