/*
 * Text that is a number: the grammar of JSON (RFC 8259), so no leading zeros, no plus sign, no
 * blanks, no hexadecimals, no infinity.
 */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

enum decimal {
	DECIMAL_NONE,		/* not a number, or none that is finite */
	DECIMAL_INT,		/* no fraction, no exponent, and an int64_t holds it */
	DECIMAL_DOUBLE,		/* the nearest double, ties to even */
};

/* Reads all of TEXT[0 .. len) into *I or *D; the other is left as it is. */
enum decimal decimal_parse(const char *text, size_t len, int64_t *i, double *d);

#endif
