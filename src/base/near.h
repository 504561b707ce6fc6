/*
 * The nearest known word, for "did you mean".  Start with the word that was typed, try each word
 * that is known, read best.
 */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

#include <stddef.h>

#define NEAR_MAX 32		/* longer words are not compared */

struct near {
	const char	*word;
	size_t		 len;
	unsigned	 distance;	/* of best */
	const char	*best;		/* NULL: nothing is near enough */
};

void near_start(struct near *, const char *word, size_t len);

/*
 * KNOWN becomes the best if it is nearer than any before: at most 2 edits away and at most a third
 * of the longer word.  An edit inserts, deletes or replaces a byte or swaps two neighbours
 * (Damerau 1964, restricted edit distance).
 */
void near_try(struct near *, const char *known);

#endif
