/*
 * See sentiment_learn.h.  An example's weight in learning falls with the square root of the size of
 * its set and of the share of its label in it: sets and labels count more evenly than they occur.
 */
#include "core/sentiment_index.h"
#include "core/sentiment_weigh.h"

#include "base/mem.h"

#include <math.h>
#include <string.h>

#define PASSES 6
#define AVERAGED 3			/* the last passes, whose weights are averaged */
#define RATE 0.05
#define TINY 1e-6			/* keeps a first step from dividing by zero */
#define DOUBT (0.1 / 3)			/* what is left to either other label: answers stay mild */
#define HEAVIEST 10.0

/* A weight while it is learnt; of a feature or an outcome three each. */
struct cell {
	float	weight, squares;	/* squares of its steps, summed */
};

struct learner {
	const struct sentiment_examples	*examples;
	const uint32_t			*ids;
	struct cell			*features, *outcomes;
	float				*sums;		/* weights of the last passes */
	uint32_t			*order;		/* examples in turn */
	double				*weight;	/* of examples */
	size_t				 n;		/* in order */
	uint64_t			 random;
};

/* Splitmix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014). */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void
shuffle(struct learner *l)
{
	for (size_t i = l->n; i > 1; i--) {
		size_t k = (size_t)(((next_random(&l->random) >> 32) * i) >> 32);
		uint32_t swapped = l->order[k];

		l->order[k] = l->order[i - 1];
		l->order[i - 1] = swapped;
	}
}

/* The shrinking of a text's features, as in judging. */
static double
shrink_of(const struct sentiment_example *x)
{
	return weigh_shrink(x->n) / 65536.0;
}

static void
probabilities(const struct learner *l, const struct sentiment_example *x, double *p)
{
	double words[SENTIMENT_LABELS] = { 0 }, shrink = shrink_of(x);
	uint32_t fraction[SENTIMENT_LABELS];
	int32_t z[SENTIMENT_LABELS];

	for (uint32_t i = 0; i < x->n; i++) {
		uint32_t id = l->ids[x->first + i];
		const struct cell *cells = l->features + SENTIMENT_LABELS * (size_t)id;

		for (int k = 0; id != LEARN_NONE && k < SENTIMENT_LABELS; k++)
			words[k] += (double)cells[k].weight;
	}
	for (int k = 0; k < SENTIMENT_LABELS; k++) {
		double sum = words[k] * shrink;

		for (unsigned i = 0; i < x->outcomes; i++)
			sum += (double)l->outcomes[SENTIMENT_LABELS * x->outcome[i] + k].weight;
		sum = sum > 1000 ? 1000 : sum < -1000 ? -1000 : sum;
		z[k] = (int32_t)(sum * WEIGH_FINE);
	}
	weigh_softmax(z, fraction);
	for (int k = 0; k < SENTIMENT_LABELS; k++)
		p[k] = fraction[k] / (double)WEIGH_ONE;
}

static inline void
step(struct cell *cell, double slope)
{
	double squares = (double)cell->squares + slope * slope;

	cell->squares = (float)squares;
	cell->weight = (float)((double)cell->weight - RATE * slope / sqrt(squares + TINY));
}

/* Learns from one example. */
static void
learn_one(struct learner *l, uint32_t example)
{
	const struct sentiment_example *x = &l->examples->at[example];
	double p[SENTIMENT_LABELS], slope[SENTIMENT_LABELS], shrink = shrink_of(x);

	probabilities(l, x, p);
	for (int k = 0; k < SENTIMENT_LABELS; k++)
		slope[k] = l->weight[example] * (p[k] - (k == x->label ? 1 - 2 * DOUBT : DOUBT));
	for (unsigned i = 0; i < x->outcomes; i++)
		for (int k = 0; k < SENTIMENT_LABELS; k++)
			step(&l->outcomes[SENTIMENT_LABELS * x->outcome[i] + k], slope[k]);
	for (int k = 0; k < SENTIMENT_LABELS; k++)
		slope[k] *= shrink;
	for (uint32_t i = 0; i < x->n; i++) {
		uint32_t id = l->ids[x->first + i];

		for (int k = 0; id != LEARN_NONE && k < SENTIMENT_LABELS; k++)
			step(&l->features[SENTIMENT_LABELS * (size_t)id + (size_t)k], slope[k]);
	}
}

/* Sizes of sets by label.  Sets are numbered in the order of their first example. */
struct sizes {
	uint32_t	*set;		/* the number given to us, of each */
	size_t		(*size)[SENTIMENT_LABELS];
	size_t		 n;
};

static size_t
size_find(struct sizes *s, uint32_t set)
{
	size_t i = 0;

	while (i < s->n && s->set[i] != set)
		i++;
	return i;
}

static int
size_add(struct sizes *s, const struct sentiment_example *x)
{
	size_t i = size_find(s, x->set);

	if (i == s->n) {
		void *set = mem_realloc(s->set, (i + 1) * sizeof(*s->set)), *size;

		if (set == NULL)
			return -1;
		s->set = set;
		size = mem_realloc(s->size, (i + 1) * sizeof(*s->size));
		if (size == NULL)
			return -1;
		s->size = size;
		s->set[i] = x->set;
		memset(s->size[i], 0, sizeof(s->size[i]));
		s->n++;
	}
	s->size[i][x->label]++;
	return 0;
}

/* 1 / sqrt(size * share of the label): that is 1 / sqrt(how many of the set have the label). */
static void
weigh_examples(struct learner *l, struct sizes *s)
{
	double sum = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct sentiment_example *x = &l->examples->at[l->order[i]];

		l->weight[l->order[i]] = 1 / sqrt((double)s->size[size_find(s, x->set)][x->label]);
		sum += l->weight[l->order[i]];
	}
	for (size_t i = 0; i < l->n; i++) {
		double *w = &l->weight[l->order[i]];

		*w = *w * (double)l->n / sum;
		*w = *w > HEAVIEST ? HEAVIEST : *w;
	}
}

static int
prepare_examples(struct learner *l, const bool *used)
{
	struct sizes sizes = { .n = 0 };
	int result = 0;

	l->order = mem_alloc(l->examples->n * sizeof(*l->order));
	l->weight = mem_zalloc(l->examples->n * sizeof(*l->weight));
	if (l->order == NULL || l->weight == NULL)
		return -1;
	for (size_t i = 0; i < l->examples->n && result == 0; i++)
		if (used[i]) {
			l->order[l->n++] = (uint32_t)i;
			result = size_add(&sizes, &l->examples->at[i]);
		}
	if (result == 0)
		weigh_examples(l, &sizes);
	mem_free(sizes.set);
	mem_free(sizes.size);
	return result;
}

/* The weights of all cells, features first; the part all labels share says nothing. */
static void
sum_weights(struct learner *l, size_t features)
{
	size_t n = SENTIMENT_LABELS * features;

	for (size_t i = 0; i < n; i++)
		l->sums[i] += l->features[i].weight;
	for (size_t i = 0; i < SENTIMENT_LABELS * SENTIMENT_OUTCOMES; i++)
		l->sums[n + i] += l->outcomes[i].weight;
}

static void
finish(float *weight, const float *sum)
{
	float mean = (sum[0] + sum[1] + sum[2]) / 3;

	for (int k = 0; k < SENTIMENT_LABELS; k++)
		weight[k] = (sum[k] - mean) / AVERAGED;
}

static int
run(struct learner *l, struct sentiment_learnt *learnt)
{
	size_t cells = SENTIMENT_LABELS * learnt->n;

	l->features = mem_zalloc((cells + 1) * sizeof(*l->features));
	l->outcomes = mem_zalloc(SENTIMENT_LABELS * SENTIMENT_OUTCOMES * sizeof(*l->outcomes));
	l->sums = mem_zalloc((cells + SENTIMENT_LABELS * SENTIMENT_OUTCOMES) * sizeof(*l->sums));
	if (l->features == NULL || l->outcomes == NULL || l->sums == NULL)
		return -1;
	for (int pass = 0; pass < PASSES; pass++) {
		shuffle(l);
		for (size_t i = 0; i < l->n; i++)
			learn_one(l, l->order[i]);
		if (pass >= PASSES - AVERAGED)
			sum_weights(l, learnt->n);
	}
	for (size_t i = 0; i < learnt->n; i++)
		finish(learnt->feature[i].weight, l->sums + SENTIMENT_LABELS * i);
	for (size_t i = 0; i < SENTIMENT_OUTCOMES; i++)
		finish(learnt->outcome[i], l->sums + cells + SENTIMENT_LABELS * i);
	return 0;
}

int
sentiment_learn(struct sentiment_learnt *learnt, const struct sentiment_examples *e,
    const bool *used)
{
	struct learner l = { .examples = e };
	uint32_t *ids = NULL;
	int result;

	sentiment_learnt_free(learnt);
	result = sentiment_index(learnt, e, used, &ids);
	l.ids = ids;
	if (result == 0)
		result = prepare_examples(&l, used);
	if (result == 0)
		result = run(&l, learnt);
	mem_free(ids);
	mem_free(l.order);
	mem_free(l.weight);
	mem_free(l.features);
	mem_free(l.outcomes);
	mem_free(l.sums);
	return result;
}

void
sentiment_learnt_free(struct sentiment_learnt *learnt)
{
	mem_free(learnt->feature);
	*learnt = (struct sentiment_learnt){ .feature = NULL };
}
