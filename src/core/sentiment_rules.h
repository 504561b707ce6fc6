/*
 * The rules of a lexicon: what negators, boosters, capitals and "but" make of the valence of words,
 * and what the sum says.  Their outcomes are features, of which each has a number; what a feature
 * means for a label is learnt.
 */
#ifndef CORE_SENTIMENT_RULES_H
#define CORE_SENTIMENT_RULES_H

#include "core/sentiment_table.h"
#include "core/sentiment_text.h"

/* Where the numbers of each kind of outcome begin. */
enum sentiment_outcome {
	OUTCOME_ALWAYS = 0,
	OUTCOME_SUM = OUTCOME_ALWAYS + 1,		/* 20: of all valences */
	OUTCOME_HITS = OUTCOME_SUM + 20,		/* 25: words for and against */
	OUTCOME_LAST = OUTCOME_HITS + 25,		/* 9: the last valence */
	OUTCOME_FIRST = OUTCOME_LAST + 9,		/* 9: the first */
	OUTCOME_BEST = OUTCOME_FIRST + 9,		/* 5: the strongest for */
	OUTCOME_WORST = OUTCOME_BEST + 5,		/* 5: the strongest against */
	OUTCOME_MEAN = OUTCOME_WORST + 5,		/* 20: sum by length */
	OUTCOME_EXCLAIM = OUTCOME_MEAN + 20,		/* 12: how many !, by the sign of the sum */
	OUTCOME_QUESTION = OUTCOME_EXCLAIM + 12,	/* 12: how many ?, the same */
	OUTCOME_LENGTH = OUTCOME_QUESTION + 12,		/* 40: words, by five steps of the sum */
	OUTCOME_BUT = OUTCOME_LENGTH + 40,		/* 3: by the sign of what is behind it */
	OUTCOME_NEGATORS = OUTCOME_BUT + 3,		/* 9: how many, by the sign of the sum */
	OUTCOME_CAPS = OUTCOME_NEGATORS + 9,		/* 2 */
	OUTCOME_SEEN = OUTCOME_CAPS + 2,		/* 9: address, mention, hashtag, by sign */
	OUTCOME_SIGNS = OUTCOME_SEEN + 9,		/* 4: emoji and emoticons, by sign */
	OUTCOME_COMPOUND = OUTCOME_SIGNS + 4,		/* 20 */
	SENTIMENT_OUTCOMES = OUTCOME_COMPOUND + 20
};

#define SENTIMENT_OUTCOMES_MAX 24	/* of one text */

struct sentiment_outcomes {
	unsigned	n;
	uint8_t		at[SENTIMENT_OUTCOMES_MAX];
};

_Static_assert(SENTIMENT_OUTCOMES <= 256, "the number of an outcome is a byte");

/* Words by which a text is judged: those of a model, and before these a user's own, if N > 0. */
struct sentiment_lookup {
	struct sentiment_words	 words, own;
};

/*
 * Looks up the tokens of TEXT, applies the rules and lists what comes out.
 * Elongated words that the list has without the elongation become these.
 */
void sentiment_rules(struct sentiment_text *, const struct sentiment_lookup *,
    struct sentiment_outcomes *);

/* The key of the Ith token with the one before it, or with the beginning of the text. */
static inline uint64_t
sentiment_pair_at(const struct sentiment_text *t, size_t i)
{
	return sentiment_pair_key(i == 0 ? 0 : t->token[i - 1].key, t->token[i].key);
}

#define SENTIMENT_CLASS_PAIRS_MAX 3

/* The key of a class of words by their valence: strongly for, for, against, strongly against. */
static inline uint64_t
sentiment_valence_key(int valence)
{
	uint64_t class = valence > 34 ? 2 : valence > 0 ? 1 : valence < -34 ? 4 : 3;

	return (class + 11) * UINT64_C(0x9e3779b97f4a7c15);
}

/*
 * Pairs in which a word of the list stands for its class, so that what is learnt of "too good" is
 * known of "too nice": the Ith token's class with each of the two before it, and the class of the
 * one before with the Ith.  Fills KEY and returns how many.
 */
static inline unsigned
sentiment_class_pairs(const struct sentiment_text *t, size_t i, uint64_t *key)
{
	const struct sentiment_token *token = &t->token[i];
	unsigned n = 0;

	if (token->valence != 0) {
		uint64_t class = sentiment_valence_key(token->valence);

		key[n++] = sentiment_pair_key((i == 0 ? 0 : token[-1].key) + 77, class);
		if (i > 1)
			key[n++] = sentiment_pair_key(token[-2].key + 177, class);
	}
	if (i > 0 && token[-1].valence != 0 && !token->own)
		key[n++] = sentiment_pair_key(sentiment_valence_key(token[-1].valence),
		    token->key + 99);
	return n;
}

#endif
