/*
 * Lower case and the places of letters, 64 bytes of text at a time: what text must go through
 * before its words are looked up.  SSE2 where there is x86-64, plain C elsewhere; both give the
 * same answers.
 */
#ifndef BASE_LETTERS_H
#define BASE_LETTERS_H

#include "base/scan.h"

#define LETTERS_PAD 64		/* bytes behind a text that are written and read, too */

struct letters {
	char		*lower;	/* the text with A to Z in lower case and ` as ', then blanks */
	uint64_t	*others;/* bit i: byte i is no letter, digit, apostrophe; nor from 128 on */
	uint64_t	*odd;	/* bit i: from 128 on, or the first of three that are the same */
};

/*
 * Fills all three for text[0 .. len): (len + 63) / 64 masks, of which the bits behind the end are
 * set in others and not in odd, and one more of each; LETTERS_PAD bytes of blanks behind the
 * text.  True if a bit of odd is set.
 */
bool letters_split(const struct letters *, const char *text, size_t len);

/* The same without vector instructions: for tests that compare them. */
bool letters_split_portable(const struct letters *, const char *text, size_t len);

#endif
