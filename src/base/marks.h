/*
 * Where fields and lines end: the offsets of all separators and newlines in a stretch of text, with
 * a word on whether a byte occurs that asks for a closer look (a quote, a backslash).  Offsets as a
 * list, not as masks, let the reader go straight to the Nth field of a record.
 *
 * As in base/scan, the best of AVX-512BW, AVX2 and SSE2 that the processor has is chosen when the
 * program runs, a portable path serves every other one, and all give the same.
 */
#ifndef BASE_MARKS_H
#define BASE_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MARKS_TEXT 4096		/* bytes of the longest stretch */

struct marks {
	unsigned	 n;			/* separators and newlines */
	unsigned	 lines;			/* newlines alone */
	bool		 flagged;		/* the byte occurs */
	uint16_t	 at[MARKS_TEXT + 64];	/* offsets of both, in order */
	uint16_t	 line[MARKS_TEXT + 64];	/* of the newlines: marks_find_lines' */
};

struct marks_path {
	const char *name;	/* "avx512", "avx2", "sse2" or "portable" */

	/*
	 * Fills MARKS for TEXT[0 .. len), len <= MARKS_TEXT; 64 bytes behind it (SCAN_PAD) may be
	 * read.  SEPARATOR, FLAG and newline are three different bytes.
	 */
	void (*find)(struct marks *, const char *text, size_t len, char separator, char flag);
};

/* Fills marks->line for the TEXT whose marks they are; most readers can do without. */
void marks_find_lines(struct marks *, const char *text);

/* The fastest for this processor.  Never fails. */
const struct marks_path *marks_best(void);

/* The Ith that this processor can run, slowest first, or NULL: for tests that compare them. */
const struct marks_path *marks_nth(size_t i);

#endif
