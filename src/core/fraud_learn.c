/* Learning from labels, see fraud_learn.h. */
#include "core/fraud_learn.h"

#include "base/mem.h"
#include "core/fraud_math.h"

#include <math.h>

#define RATE 0.03f			/* alpha of the paper */
#define BETA 1.0f
#define L2 1.0f
#define OWN_RATE 0.1f
#define BIAS (LEARN_OWN + F_OWN * FRAUD_BINS)	/* of the small one; the large one has pairs */
#define PLACES (LEARN_PAIRS + F_ALL)
#define OWN_PLACES (F_OWN + 1)
#define ROOM(n) (((n) + 3) / 4 * 4)

int
learner_make(struct fraud *f)
{
	if (f->learner == NULL)
		f->learner = mem_zalloc(sizeof(*f->learner));
	return f->learner == NULL ? -1 : 0;
}

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
probability(const struct fraud_learner *l, const uint32_t *place, unsigned n)
{
	float sum[4] = { 0 };
	unsigned i;

	for (i = 0; i + 4 <= n; i += 4)
		for (unsigned j = 0; j < 4; j++)
			sum[j] += l->w[place[i + j]];
	for (; i < n; i++)
		sum[0] += l->w[place[i]];
	return fraud_sigmoid((double)sum[0] + (double)sum[1] + (double)sum[2] + (double)sum[3]);
}

double
learn_predict(const struct fraud_learner *l, const uint8_t bin[F_ALL])
{
	uint32_t place[PLACES];

	places_of(bin, place);
	return probability(l, place, PLACES);
}

static void
own_places(const uint8_t bin[F_ALL], uint32_t place[OWN_PLACES])
{
	for (unsigned i = 0; i < F_OWN; i++)
		place[i] = LEARN_OWN + i * FRAUD_BINS + bin[i];
	place[F_OWN] = BIAS;
}

double
learn_explained(const struct fraud_learner *l, const uint8_t bin[F_ALL])
{
	uint32_t place[OWN_PLACES];

	own_places(bin, place);
	return probability(l, place, OWN_PLACES);
}

struct steps {				/* of some weights, side by side */
	float	z[ROOM(PLACES)], root[ROOM(PLACES)], w[ROOM(PLACES)];
};

/*
 * One step of FTRL-proximal for each of ROOM weights; ERROR is the gradient, as all inputs are 1.
 * The root of the new sum of squares is Newton's, from a guess that is at most a sixteenth off:
 * within 2e-6.  No step depends on another, so that a compiler does four at a time.
 */
static inline void
take_steps(struct steps *s, unsigned room, float error, float over)
{
	float size = fabsf(error) + 1e-12f, square = size * size;

	for (unsigned i = 0; i < room; i++) {
		float root = s->root[i], sum = root * root + square;
		float high = root > size ? root : size, low = root > size ? size : root;
		float more = high + low * low / (2 * high);

		more = 0.5f * (more + sum / more);
		more = 0.5f * (more + sum / more);
		s->z[i] += error - (more - root) * over * s->w[i];
		s->root[i] = more;
		s->w[i] = -s->z[i] / ((BETA + more) * over + L2);
	}
}

static void
fetch_steps(const struct fraud_learner *l, const uint32_t *place, unsigned n, struct steps *s)
{
	for (unsigned i = 0; i < n; i++) {
		s->z[i] = l->state[place[i]].z;
		s->root[i] = l->state[place[i]].root;
		s->w[i] = l->w[place[i]];
	}
	for (unsigned i = n; i % 4 != 0; i++)
		s->z[i] = s->root[i] = s->w[i] = 0;
}

static void
store_steps(struct fraud_learner *l, const uint32_t *place, unsigned n, const struct steps *s)
{
	for (unsigned i = 0; i < n; i++) {
		uint32_t p = place[i], block = p / LEARN_BLOCK;

		l->state[p] = (struct learn_state){ s->z[i], s->root[i] };
		l->w[p] = s->w[i];
		l->dirty[block / 64] |= (uint64_t)1 << block % 64;
	}
}

void
learn_label(struct fraud_learner *l, const uint8_t bin[F_ALL], bool is_fraud)
{
	uint32_t place[PLACES], own[OWN_PLACES];
	double truth = is_fraud ? 1 : 0;
	struct steps s;

	places_of(bin, place);
	fetch_steps(l, place, PLACES, &s);
	take_steps(&s, ROOM(PLACES), (float)(probability(l, place, PLACES) - truth), 1 / RATE);
	store_steps(l, place, PLACES, &s);

	own_places(bin, own);
	fetch_steps(l, own, OWN_PLACES, &s);
	take_steps(&s, ROOM(OWN_PLACES), (float)(probability(l, own, OWN_PLACES) - truth),
	    1 / OWN_RATE);
	store_steps(l, own, OWN_PLACES, &s);
}
