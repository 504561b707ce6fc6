/*
 * UTF-8 (RFC 3629): decoding, encoding, lower case, punctuation and width, for text that may be
 * broken.
 *
 * Slices are a pointer and a length, never NUL-terminated. A byte that is not part of a well-formed
 * sequence stands for itself: it is passed on unchanged and has no properties. Properties come from
 * the Unicode version named in utf8_tables.h and do not depend on the locale.
 */

#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_INVALID UINT32_MAX	/* stands for a byte that is not UTF-8; never a code point */
#define UTF8_BYTES 4		/* longest sequence of one code point */

/*
 * Room for utf8_fold of len bytes. The only code points that grow are U+023A and U+023E, from two
 * bytes to three (scripts/gen-utf8 checks that).
 */
#define UTF8_FOLD_MAX(len) ((len) + (len) / 2)

/*
 * Decodes the first code point of s into *cp and returns its length in bytes, 1 to 4; len must be
 * at least 1. If no well-formed sequence starts there (overlong, surrogate, above U+10FFFF, cut
 * short), *cp is UTF8_INVALID and the result 1.
 */
size_t utf8_decode(const unsigned char *s, size_t len, uint32_t *cp);

/*
 * Writes cp in 1 to UTF8_BYTES bytes, no NUL, and returns how many. What cannot be encoded (a
 * surrogate, above U+10FFFF) is written as U+FFFD.
 */
size_t utf8_encode(char *out, uint32_t cp);

/*
 * Returns the simple lower-case mapping of cp (UnicodeData.txt, field 13), or cp itself if it has
 * none or is not a code point.
 */
uint32_t utf8_lower(uint32_t cp);

/*
 * Writes s in lower case, code point by code point, and returns the number of bytes, at most
 * UTF8_FOLD_MAX(len). out and s must not overlap.
 */
size_t utf8_fold(char *out, const char *s, size_t len);

/*
 * Whether cp is punctuation: in ASCII what ispunct holds for in the C locale (so $ + < = > ^ ` | ~
 * too), beyond it the general categories Pc, Pd, Ps, Pe, Pi, Pf and Po.
 */
bool utf8_is_punct(uint32_t cp);

/* Narrows the slice *s, *len to drop punctuation from both ends; it may become empty. */
void utf8_strip(const char **s, size_t *len);

/* Characters of a slice; each byte that is part of none counts as one. */
size_t utf8_count(const char *s, size_t len);

/*
 * Columns of a terminal that a slice without control characters takes (Unicode Standard Annex 11):
 * two for what is East Asian Wide, as most emoji are, none for combining marks, else one; each byte
 * that is part of no character takes one.
 */
size_t utf8_columns(const char *s, size_t len);

#endif
