/*
 * Judging a text: the weights of its words, of those that are negated, of pairs and of the outcomes
 * of the rules are summed for each label, and become probabilities.
 */
#include "core/sentiment_model.h"
#include "core/sentiment_weigh.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define KNOWN_MIN 4			/* one word in so many must be known, or one be listed */

const char *const sentiment_labels[SENTIMENT_LABELS] = { "negative", "neutral", "positive" };

/* What a scratch points at. */
struct own {
	const struct scan	*scan;
	struct sentiment_outcomes outcomes;
	struct sentiment_text	 text;
};

int
sentiment_label_find(const char *name, size_t len)
{
	for (int i = 0; i < SENTIMENT_LABELS; i++)
		if (strlen(sentiment_labels[i]) == len &&
		    memcmp(name, sentiment_labels[i], len) == 0)
			return i;
	return -1;
}

void
sentiment_scratch_free(struct sentiment_scratch *s)
{
	mem_free(s->own);
	s->own = NULL;
}

static int
prepare(struct sentiment_scratch *s)
{
	struct own *own;

	if (s->own != NULL)
		return 0;
	own = mem_alloc(sizeof(*own));
	if (own == NULL)
		return -1;
	own->scan = scan_best();
	s->own = own;
	return 0;
}

/* What was learnt of a token alone; *KNOWN grows by one if there is anything. */
static inline const int8_t *
single(const struct sentiment_token *token, const struct sentiment_pairs *pairs, uint32_t *known)
{
	if (token->negated && !token->own)
		return sentiment_pair_find(pairs, sentiment_not_key(token->key), known);
	*known += token->known;
	return token->weight;
}

/* What was learnt of the Ith with the one before. */
static inline const int8_t *
pair(const struct sentiment_text *t, size_t i, const struct sentiment_pairs *pairs)
{
	static const int8_t nothing[SENTIMENT_LABELS];
	uint32_t known = 0;

	if (t->token[i].own || (i > 0 && t->token[i - 1].own))
		return nothing;
	return sentiment_pair_find(pairs, sentiment_pair_at(t, i), &known);
}

void
sentiment_sums_outcomes(struct sentiment_sums *s, const struct sentiment_model *m,
    const uint8_t *outcome, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		for (int label = 0; label < SENTIMENT_LABELS; label++)
			s->outcomes[label] += model_outcome(m, outcome[i], label);
}

static void
sum_up(const struct sentiment_model *m, const struct own *own, struct sentiment_sums *s)
{
	const struct sentiment_text *t = &own->text;
	struct sentiment_pairs pairs = model_pairs(m);
	struct sentiment_sums sums = { .known = 0 };
	uint64_t key[SENTIMENT_CLASS_PAIRS_MAX];
	uint32_t unused = 0;

	for (size_t i = 0; i < t->n; i++) {
		unsigned n;

		sentiment_sums_add(&sums, single(&t->token[i], &pairs, &sums.known));
		sentiment_sums_add(&sums, pair(t, i, &pairs));
		n = sentiment_class_pairs(t, i, key);
		for (unsigned k = 0; k < n; k++)
			sentiment_sums_add(&sums, sentiment_pair_find(&pairs, key[k], &unused));
		sums.valences += abs(t->token[i].valence);
	}
	*s = sums;
	sentiment_sums_outcomes(s, m, own->outcomes.at, own->outcomes.n);
}

void
sentiment_conclude(const struct sentiment_sums *s, size_t tokens, int threshold,
    struct sentiment *out)
{
	int64_t shrink = weigh_shrink(s->features), score;
	int32_t z[SENTIMENT_LABELS];
	uint32_t p[SENTIMENT_LABELS];

	if (s->valences == 0 && s->known * KNOWN_MIN < tokens + 1) {
		*out = (struct sentiment){ SENTIMENT_NEUTRAL, 0 };
		return;
	}
	for (int i = 0; i < SENTIMENT_LABELS; i++)
		z[i] = s->outcomes[i] + (int32_t)(s->words[i] * shrink /
		    (65536 / (WEIGH_FINE / WEIGH_COARSE)));
	weigh_softmax(z, p);
	score = (int64_t)p[SENTIMENT_POSITIVE] - p[SENTIMENT_NEGATIVE];
	score = score * SENTIMENT_ONE / WEIGH_ONE;
	out->score = (int)score;
	if (threshold != SENTIMENT_LIKELIEST)
		out->label = score != 0 && score >= threshold ? SENTIMENT_POSITIVE :
		    score != 0 && score <= -threshold ? SENTIMENT_NEGATIVE : SENTIMENT_NEUTRAL;
	else if (p[SENTIMENT_NEUTRAL] >= p[SENTIMENT_POSITIVE] &&
	    p[SENTIMENT_NEUTRAL] >= p[SENTIMENT_NEGATIVE])
		out->label = SENTIMENT_NEUTRAL;
	else
		out->label = score > 0 ? SENTIMENT_POSITIVE : SENTIMENT_NEGATIVE;
}

static void
look(const struct sentiment_model *m, struct own *own, const char *text, size_t len,
    struct sentiment_sums *sums)
{
	struct sentiment_lookup lookup = model_lookup(m);

	sentiment_text_split(&own->text, own->scan, text, len);
	sentiment_rules(&own->text, &lookup, &own->outcomes);
	sum_up(m, own, sums);
}

/* Judges a text, and leaves in the scratch and in *SUMS what decided; 0 or -1 (memory). */
static int
judge(const struct sentiment_model *m, struct sentiment_scratch *s, const char *text, size_t len,
    int threshold, struct sentiment *out, struct sentiment_sums *sums)
{
	struct own *own;

	if (prepare(s) == -1)
		return -1;
	own = s->own;
	look(m, own, text, len, sums);
	sentiment_conclude(sums, own->text.n, threshold, out);
	return 0;
}

int
sentiment_judge(const struct sentiment_model *m, struct sentiment_scratch *s, const char *text,
    size_t len, int threshold, struct sentiment *out)
{
	struct sentiment_sums sums;

	return judge(m, s, text, len, threshold, out, &sums);
}

/* ---- reasons ---- */

/* Log odds of positive against negative of a weight, in ten-thousandths before it shrinks. */
static int64_t
lean(const int8_t *weight)
{
	return (int64_t)(weight[SENTIMENT_POSITIVE] - weight[SENTIMENT_NEGATIVE]) *
	    SENTIMENT_ONE / WEIGH_COARSE;
}

/* What the outcomes say together, given to the words of the list in proportion to their valence. */
static int64_t
listed_part(const struct sentiment_text *t, const struct sentiment_sums *s, size_t i)
{
	int64_t said = (int64_t)(s->outcomes[SENTIMENT_POSITIVE] -
	    s->outcomes[SENTIMENT_NEGATIVE]) * SENTIMENT_ONE / WEIGH_FINE;

	return s->valences == 0 ? 0 : llabs(said) * t->token[i].valence / s->valences;
}

/* What was learnt of a token with its neighbours; either has half of a pair. */
static int64_t
paired_part(const struct sentiment_text *t, const struct sentiment_pairs *pairs, size_t i)
{
	uint64_t key[SENTIMENT_CLASS_PAIRS_MAX];
	int64_t sum = lean(pair(t, i, pairs)) / 2;
	unsigned n = sentiment_class_pairs(t, i, key);
	uint32_t unused = 0;

	if (i + 1 < t->n)
		sum += lean(pair(t, i + 1, pairs)) / 2;
	for (unsigned k = 0; k < n; k++)
		sum += lean(sentiment_pair_find(pairs, key[k], &unused));
	return sum;
}

static int
token_weight(const struct sentiment_model *m, const struct own *own,
    const struct sentiment_sums *s, size_t i)
{
	const struct sentiment_text *t = &own->text;
	struct sentiment_pairs pairs = model_pairs(m);
	uint32_t unused = 0;
	int64_t learnt = lean(single(&t->token[i], &pairs, &unused)) + paired_part(t, &pairs, i);

	return (int)(learnt * weigh_shrink(s->features) / 65536 + listed_part(t, s, i));
}

/* Keeps the strongest CAP, in order; of those that are as strong the first in the text. */
static size_t
keep(struct sentiment_reason *reason, size_t n, size_t cap, const struct sentiment_reason *r)
{
	size_t at = n;

	while (at > 0 && abs(reason[at - 1].weight) < abs(r->weight))
		at--;
	if (at == cap)
		return n;
	n = n < cap ? n + 1 : n;
	memmove(&reason[at + 1], &reason[at], (n - at - 1) * sizeof(*reason));
	reason[at] = *r;
	return n;
}

int
sentiment_explain(const struct sentiment_model *m, struct sentiment_scratch *s, const char *text,
    size_t len, int threshold, struct sentiment *out, struct sentiment_reason *reason, size_t cap,
    size_t *n)
{
	struct sentiment_sums sums;
	const struct own *own;

	*n = 0;
	if (judge(m, s, text, len, threshold, out, &sums) == -1)
		return -1;
	own = s->own;
	for (size_t i = 0; i < own->text.n && cap > 0; i++) {
		const struct sentiment_token *token = &own->text.token[i];
		struct sentiment_reason r = { text + token->at, token->len,
			token_weight(m, own, &sums, i) };

		if (r.weight != 0)
			*n = keep(reason, *n, cap, &r);
	}
	return 0;
}
