/*
 * Powers and logarithms for scores: the same bits on every machine, within 1e-10 of the value, and
 * fast enough for several a transaction.
 */
#ifndef CORE_FRAUD_MATH_H
#define CORE_FRAUD_MATH_H

#include <stdint.h>

/* 2 to the power of X; below -1000 it is 0, above 1000 as at 1000. */
double fraud_exp2(double x);

/* The binary logarithm of X, a normal number above 0. */
double fraud_log2(double x);

/* The weight of what is AGE old, or new if that is below 0: half after HALF. */
double fraud_fade(int64_t age, double half);

/* 1 / (1 + e^-x); log(1 + e^x). */
double fraud_sigmoid(double x);
double fraud_softplus(double x);

#endif
