/* Averages in which what is older weighs less. */
#ifndef CORE_DECAY_H
#define CORE_DECAY_H

#include <stdint.h>

/*
 * 2 to the power of -AGE / HALF, AGE >= 0 and HALF > 0: the same bits on every machine, within
 * 1e-15 of the value.
 */
double decay(int64_t age, int64_t half);

#endif
