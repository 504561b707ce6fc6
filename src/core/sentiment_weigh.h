/*
 * From weights to probabilities, in integers.  A weight of a word or a pair is in 64ths of a unit
 * of log odds and shrinks by the fourth root of how many there are; that of an outcome of the
 * rules is in 1024ths; so are the sums.
 */
#ifndef CORE_SENTIMENT_WEIGH_H
#define CORE_SENTIMENT_WEIGH_H

#include "core/sentiment.h"

#define WEIGH_FINE 1024			/* a unit of log odds */
#define WEIGH_COARSE 64
#define WEIGH_ONE (UINT32_C(1) << 30)	/* a probability of 1 */

/* 65536 / N^(1/4) for N from 1 on, N above 255 in steps of a sixteenth of it. */
uint32_t weigh_shrink(uint32_t n);

/* Probabilities of log odds Z, in fractions of WEIGH_ONE. */
void weigh_softmax(const int32_t *z, uint32_t *p);

#endif
