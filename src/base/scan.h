/*
 * Finding separators fast: 64 bytes of text become one 64-bit mask whose bit i speaks of byte i,
 * and masks become the places where words begin and end.  The best of AVX-512BW, AVX2 and SSE2
 * that the processor has is chosen when the program runs; a portable path serves every other
 * processor.  All give the same answers.
 */
#ifndef BASE_SCAN_H
#define BASE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCAN_PAD 64		/* readable bytes that must lie behind any text given to scan_* */

#define SCAN_SLACK 32		/* elements behind the edges of a text that are written, too */

struct scan {
	const char *name;	/* "portable", "sse2", "avx2", "avx512" or "avx512vbmi2" */

	/*
	 * Sets masks[k] to the ASCII white space (bytes 9 to 13 and 32) of the 64 bytes at
	 * text + 64 * k, for k < n; true if one of the 64 * n bytes is NUL.
	 */
	bool (*spaces)(uint64_t *masks, const char *text, size_t n);

	/*
	 * Lists the edges of words in N masks of white space, up to 1000: the number of the byte
	 * where a word begins, that of the byte behind its last one, and so on in turns.  INSIDE
	 * says that a word was open before; its end comes first.  Returns how many, at most 64 * N;
	 * SCAN_SLACK more elements may be written.
	 */
	size_t (*edges)(uint16_t *edge, const uint64_t *masks, size_t n, bool inside);

	/* How many of LEN bytes are newlines. */
	size_t (*newlines)(const char *text, size_t len);
};

/* The fastest for this processor.  Never fails; thread-safe after the first call. */
const struct scan *scan_best(void);

/* The Ith that this processor can run, slowest first, or NULL: for tests that compare them. */
const struct scan *scan_nth(size_t i);

#endif
