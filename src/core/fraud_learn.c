/* Learning from labels, see fraud_learn.h. */
#include "core/fraud_learn.h"

#include "core/fraud_math.h"

#include <math.h>

#define RATE 0.05f			/* alpha of the paper */
#define BETA 1.0f
#define L1 0.0f
#define L2 1.0f
#define OWN_RATE 0.1f
#define BIAS (LEARN_OWN + F_OWN * FRAUD_BINS)	/* of the small one; the large one has pairs */
#define PLACES (LEARN_PAIRS + F_ALL)

/* The places of the weights of these bins: pairs, then single ones. */
static void
places_of(const uint8_t bin[F_ALL], uint32_t place[PLACES])
{
	uint32_t *at = place, pair = 0;

	for (unsigned i = 1; i < F_ALL; i++)
		for (unsigned j = 0; j < i; j++, pair += FRAUD_BINS * FRAUD_BINS)
			*at++ = pair + bin[i] * FRAUD_BINS + bin[j];
	for (unsigned i = 0; i < F_ALL; i++)
		*at++ = LEARN_SINGLES + i * FRAUD_BINS + bin[i];
}

static double
sum_of(const struct fraud_learner *l, const uint32_t *place, unsigned n)
{
	float sum[4] = { 0 };
	unsigned i;

	for (i = 0; i + 4 <= n; i += 4)
		for (unsigned j = 0; j < 4; j++)
			sum[j] += l->w[place[i + j]];
	for (; i < n; i++)
		sum[0] += l->w[place[i]];
	return (double)sum[0] + (double)sum[1] + (double)sum[2] + (double)sum[3];
}

double
learn_predict(const struct fraud_learner *l, const uint8_t bin[F_ALL])
{
	uint32_t place[PLACES];

	places_of(bin, place);
	return fraud_sigmoid(sum_of(l, place, PLACES));
}

static void
own_places(const uint8_t bin[F_ALL], uint32_t place[F_OWN + 1])
{
	for (unsigned i = 0; i < F_OWN; i++)
		place[i] = LEARN_OWN + i * FRAUD_BINS + bin[i];
	place[F_OWN] = BIAS;
}

double
learn_explained(const struct fraud_learner *l, const uint8_t bin[F_ALL])
{
	uint32_t place[F_OWN + 1];

	own_places(bin, place);
	return fraud_sigmoid(sum_of(l, place, F_OWN + 1));
}

/* One step of FTRL-proximal for each weight; ERROR is the gradient, as all inputs are 1. */
static void
step(struct fraud_learner *l, const uint32_t *place, unsigned count, float error, float rate)
{
	float square = error * error;

	for (unsigned i = 0; i < count; i++) {
		uint32_t p = place[i];
		float n = l->n[p], more = n + square, root = sqrtf(more);
		float z = l->z[p] + error - (root - sqrtf(n)) / rate * l->w[p];

		l->n[p] = more;
		l->z[p] = z;
		l->w[p] = fabsf(z) <= L1 ? 0 :
		    -(z - (z > 0 ? L1 : -L1)) / ((BETA + root) / rate + L2);
		l->dirty[p / LEARN_BLOCK / 64] |= (uint64_t)1 << p / LEARN_BLOCK % 64;
	}
}

void
learn_label(struct fraud_learner *l, const uint8_t bin[F_ALL], bool is_fraud)
{
	uint32_t place[PLACES];
	double truth = is_fraud ? 1 : 0;

	places_of(bin, place);
	step(l, place, PLACES, (float)(fraud_sigmoid(sum_of(l, place, PLACES)) - truth), RATE);
	own_places(bin, place);
	step(l, place, F_OWN + 1, (float)(learn_explained(l, bin) - truth), OWN_RATE);
}
