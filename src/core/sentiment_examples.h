/*
 * Texts with labels, kept as what can be learnt from: the keys of their words and pairs, and the
 * outcomes of the rules.
 */
#ifndef CORE_SENTIMENT_EXAMPLES_H
#define CORE_SENTIMENT_EXAMPLES_H

#include "core/sentiment_rules.h"

/* Bits of a key that tables do not look at: set in all keys here; in those of plain words. */
#define EXAMPLE_KEY (UINT64_C(1) << 17)
#define EXAMPLE_WORD (UINT64_C(1) << 16)
#define EXAMPLE_SINGLE (UINT64_C(1) << 18)	/* of a token alone, negated or not */

struct sentiment_example {
	uint64_t	 hash;			/* of the text */
	size_t		 first;			/* of its keys */
	uint32_t	 n;			/* keys */
	uint32_t	 tokens;
	uint32_t	 set;
	uint8_t		 label;
	bool		 listed;		/* a word has a valence */
	uint8_t		 outcomes;
	uint8_t		 outcome[SENTIMENT_OUTCOMES_MAX];
};

struct sentiment_examples {			/* zeroed: empty */
	struct sentiment_example	*at;
	size_t				 n, cap;
	struct buf			 keys;	/* uint64_t each */
};

/* Takes a text, split and judged by the rules; 0, or -1 (memory). */
int sentiment_examples_add(struct sentiment_examples *, const struct sentiment_text *,
    const struct sentiment_outcomes *, enum sentiment_label, unsigned set, uint64_t hash);

/* Appends those of FROM; 0, or -1 (memory): nothing has changed. */
int sentiment_examples_append(struct sentiment_examples *, const struct sentiment_examples *from);

/* Puts them in an order that does not depend on how they came, each once; 0, or -1 (memory). */
int sentiment_examples_sort(struct sentiment_examples *);

void sentiment_examples_free(struct sentiment_examples *);

static inline const uint64_t *
sentiment_example_keys(const struct sentiment_examples *e, const struct sentiment_example *x)
{
	return (const uint64_t *)(const void *)e->keys.data + x->first;
}

#endif
