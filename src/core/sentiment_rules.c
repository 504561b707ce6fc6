/*
 * See sentiment_rules.h.  The rules and their figures are those that Hutto and Gilbert found by
 * asking people ("VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media
 * Text", ICWSM 2014), in twentieths; negation ends with its clause.
 */
#include "core/sentiment_rules.h"

#include <stdlib.h>

#define REACH 3				/* words back that negators and boosters reach */
#define BOOST 6				/* 0.293 */
#define CAPS 15				/* 0.733 */

/* What has been seen on the way through a text. */
struct sums {
	int	total, behind_but;
	int	hits[2], signs[2];	/* for, against */
	int	first, last, best, worst;
	int	negators, buts, caps;
};

/* The last words back from where we are, the nearest first. */
struct nearby {
	int		boost[REACH];
	unsigned	negator;	/* words since one; REACH and more: too far */
};

static inline void
note(struct sentiment_outcomes *o, int base, int i)
{
	o->at[o->n++] = (uint8_t)(base + i);
}

/* Which of nine steps each side of zero; 0 for zero, then up to 9 for, 10 to 18 against. */
static int
step(int v)
{
	static const int tops[] = { 10, 20, 30, 40, 55, 75, 100, 140 };
	int size = abs(v), i = 0;

	if (v == 0)
		return 0;
	while (i < 8 && size > tops[i])
		i++;
	return v > 0 ? 1 + i : 10 + i;
}

/* The same in four steps: 0, 1 to 4, 5 to 8. */
static int
short_step(int v)
{
	int size = abs(v), i = (size > 15) + (size > 30) + (size > 50);

	return v == 0 ? 0 : v > 0 ? 1 + i : 5 + i;
}

/* A user's own word: its valence or role in *VALENCE; false if it is none. */
static bool
find_own(struct sentiment_token *token, const struct sentiment_lookup *l, uint64_t key,
    int *valence)
{
	static const int8_t nothing[SENTIMENT_LABELS];
	struct sentiment_place at = sentiment_word_find(&l->own, key);

	if (sentiment_place_none(at))
		return false;
	token->own = token->known = true;
	token->weight = nothing;
	*valence = sentiment_word_valence(&l->own, at);
	return true;
}

static inline int
find(struct sentiment_token *token, const struct sentiment_lookup *l, uint64_t key)
{
	struct sentiment_place at;
	int valence;

	token->own = false;
	if (l->own.n > 0 && find_own(token, l, key, &valence))
		return valence;
	at = sentiment_word_find(&l->words, key);
	token->known = !sentiment_place_none(at);
	token->weight = sentiment_word_weight(&l->words, at);
	return sentiment_word_valence(&l->words, at);
}

/* Finds a token in the list; an elongated word without its elongation, too. */
static inline int
look_up(struct sentiment_token *token, const struct sentiment_lookup *l)
{
	int valence = find(token, l, token->key);

	if (valence == 0 && token->bare != token->key && !token->own) {
		struct sentiment_token bare = *token;

		valence = find(&bare, l, token->bare);
		if (valence != 0) {
			bare.key = token->bare;
			*token = bare;
		}
	}
	return valence;
}

/* What the words before make of a valence. */
static int
apply(int v, const struct sentiment_token *token, const struct nearby *near, bool shouting)
{
	int sign = v > 0 ? 1 : -1;

	if (shouting && (token->flags & SENTIMENT_CAPS) != 0)
		v += sign * CAPS;
	if (token->flags & SENTIMENT_LONG)
		v += sign * BOOST;
	for (int i = 0; i < REACH; i++)
		v += sign * near->boost[i] * (20 - i) / 20;
	if (token->negated)
		v = -v * 3 / 4;
	return v;
}

static inline void
count_hit(struct sums *s, const struct sentiment_token *token)
{
	int v = token->valence;

	if (v == 0)
		return;
	s->hits[v < 0]++;
	s->signs[v < 0] += token->kind == SENTIMENT_SIGN;
	s->first = s->first == 0 ? v : s->first;
	s->last = v;
	s->best = v > s->best ? v : s->best;
	s->worst = v < s->worst ? v : s->worst;
	s->total += v;
	s->behind_but += s->buts > 0 ? v : 0;
}

/* What is before a "but" counts half, what is behind it half as much again. */
static void
meet_but(struct sums *s)
{
	s->buts++;
	s->total /= 2;
	s->behind_but = 0;
}

static void
pass(struct nearby *near, int boost)
{
	near->boost[2] = near->boost[1];
	near->boost[1] = near->boost[0];
	near->boost[0] = boost;
	near->negator++;
}

static void
take_word(struct sentiment_token *token, int role, struct sums *s, struct nearby *near,
    bool shouting)
{
	int boost = 0;

	if (token->flags & SENTIMENT_BREAK)
		near->negator = REACH;
	token->negated = near->negator < REACH;
	token->valence = 0;
	if (role > SENTIMENT_VALENCE_MAX)
		boost = role == SENTIMENT_BOOSTER ? BOOST : role == SENTIMENT_DAMPENER ? -BOOST : 0;
	else if (role != 0)
		token->valence = (int16_t)apply(role, token, near, shouting);
	count_hit(s, token);
	s->caps += shouting && (token->flags & SENTIMENT_CAPS) != 0;
	pass(near, boost);
	if (role == SENTIMENT_NEGATOR) {
		near->negator = 0;
		s->negators++;
	} else if (role == SENTIMENT_BUT) {
		near->negator = REACH;
		meet_but(s);
	}
}

/* Signs and marks stand for themselves. */
static void
take_sign(struct sentiment_token *token, int valence, struct sums *s)
{
	token->negated = false;
	token->valence = (int16_t)(valence > SENTIMENT_VALENCE_MAX ? 0 : valence);
	count_hit(s, token);
}

static int
capped(int n, int most)
{
	return n < most ? n : most;
}

static void
note_sums(const struct sums *s, int words, struct sentiment_outcomes *o)
{
	int total = s->buts > 0 ? s->total + s->behind_but / 2 : s->total, size = abs(total);

	note(o, OUTCOME_SUM, total == 0 && s->hits[0] + s->hits[1] > 0 ? 19 : step(total));
	note(o, OUTCOME_HITS, 5 * capped(s->hits[0], 4) + capped(s->hits[1], 4));
	note(o, OUTCOME_LAST, short_step(s->last));
	note(o, OUTCOME_FIRST, short_step(s->first));
	note(o, OUTCOME_BEST, short_step(s->best));
	note(o, OUTCOME_WORST, s->worst == 0 ? 0 : short_step(s->worst) - 4);
	note(o, OUTCOME_MEAN, step(total * 8 / (words + 2)));
	note(o, OUTCOME_COMPOUND, step(size == 0 ? 0 : total * 140 / (size + 60)));
}

static void
note_rest(const struct sentiment_text *t, const struct sums *s, int words,
    struct sentiment_outcomes *o)
{
	int sign = s->total > 0 ? 1 : s->total < 0 ? 2 : 0;
	int level = s->total > 40 ? 4 : s->total > 0 ? 3 : s->total == 0 ? 0 :
	    s->total < -40 ? 1 : 2;
	int length = words < 4 ? 0 : words < 7 ? 1 : words < 11 ? 2 : words < 16 ? 3 :
	    words < 23 ? 4 : words < 35 ? 5 : words < 60 ? 6 : 7;

	note(o, OUTCOME_EXCLAIM, 4 * sign + capped((int)t->exclaims, 3));
	note(o, OUTCOME_QUESTION, 4 * sign + capped((int)t->questions, 3));
	note(o, OUTCOME_LENGTH, 8 * level + length);
	if (s->buts > 0)
		note(o, OUTCOME_BUT, s->behind_but > 0 ? 1 : s->behind_but < 0 ? 2 : 0);
	note(o, OUTCOME_NEGATORS, 3 * sign + capped(s->negators, 2));
	note(o, OUTCOME_CAPS, s->caps > 0);
	for (int i = 0; i < 3; i++)
		if (t->seen & 1U << i)
			note(o, OUTCOME_SEEN, 3 * sign + i);
	note(o, OUTCOME_SIGNS, (s->signs[0] > 0) + 2 * (s->signs[1] > 0));
}

void
sentiment_rules(struct sentiment_text *t, const struct sentiment_lookup *lookup,
    struct sentiment_outcomes *o)
{
	struct nearby near = { .negator = REACH };
	bool shouting = (t->seen & SENTIMENT_SEEN_LOWER) != 0;
	struct sums sums = { 0 };
	int n = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct sentiment_token *token = &t->token[i];
		int role = look_up(token, lookup);

		if (token->kind == SENTIMENT_WORD) {
			take_word(token, role, &sums, &near, shouting);
			n++;
		} else
			take_sign(token, role, &sums);
	}
	o->n = 0;
	note(o, OUTCOME_ALWAYS, 0);
	note_sums(&sums, n, o);
	note_rest(t, &sums, n, o);
}
