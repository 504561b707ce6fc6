/*
 * Numbers as bytes, the same on every machine: whole ones in LEB128 (seven bits a byte, the lowest
 * first; the DWARF standard, 7.6), words and doubles (IEEE 754) as eight bytes little-endian.
 */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Append a number; 0, or -1 when memory is short. */
int wire_put(struct buf *, uint64_t v);
int wire_put_word(struct buf *, uint64_t v);
int wire_put_double(struct buf *, double v);

/* Append bytes of any kind, behind their number. */
int wire_put_bytes(struct buf *, const char *bytes, size_t len);

/* Bytes that are read.  Once they are found damaged all that is read is 0. */
struct wire {
	const char	*at, *end;
	bool		 damaged;	/* or cut short */
};

uint64_t wire_get(struct wire *);
uint64_t wire_get_word(struct wire *);

/* A finite double. */
double wire_get_double(struct wire *);

/* Bytes of wire_put_bytes, where they lie; "" if damaged. */
const char *wire_get_bytes(struct wire *, size_t *len);

#endif
