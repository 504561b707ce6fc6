/*
 * Whole numbers of several 64-bit words, the lowest first: two's complement where they have a sign.
 * Exact sums and products are kept in them; what does not fit wraps, so callers state their bounds.
 */
#ifndef BASE_WIDE_H
#define BASE_WIDE_H

#include <stddef.h>
#include <stdint.h>

__extension__ typedef __int128 wide_int;
__extension__ typedef unsigned __int128 wide_uint;


/* INTO += FROM, or -=, both of N words. */
void wide_add(uint64_t *into, const uint64_t *from, size_t n);
void wide_sub(uint64_t *into, const uint64_t *from, size_t n);

/* W += V * 2^SHIFT, or -=; what lies above word N is lost. */
void wide_add_at(uint64_t *w, size_t n, wide_uint v, unsigned shift);
void wide_sub_at(uint64_t *w, size_t n, wide_uint v, unsigned shift);

/* OUT[0 .. nx + ny) = X * Y, no signs; OUT overlaps neither. */
void wide_mul(uint64_t *out, const uint64_t *x, size_t nx, const uint64_t *y, size_t ny);

/* Makes W its magnitude; -1 if it was negative, else 1. */
int wide_abs(uint64_t *w, size_t n);

/*
 * The highest 127 bits or less of W, no sign, so that W = returned * 2^*exponent and a bit more;
 * the lowest bit is set if anything was cut off.
 */
wide_uint wide_top(const uint64_t *w, size_t n, int *exponent);

/*
 * NUM / DEN * 2^EXPONENT as a double; DEN is not 0, the answer not subnormal.  Rounded once, to
 * the nearest and ties to even, if DEN < 2^64; else it may be the one beside.
 */
double wide_ratio(wide_uint num, wide_uint den, int exponent);

/* Two words as one number, and back. */
static inline wide_int
wide_get(const uint64_t *w)
{
	return (wide_int)((wide_uint)w[1] << 64 | w[0]);
}

static inline void
wide_set(uint64_t *w, wide_int v)
{
	w[0] = (uint64_t)v;
	w[1] = (uint64_t)((wide_uint)v >> 64);
}

static inline wide_uint
wide_magnitude(wide_int v)
{
	return v < 0 ? -(wide_uint)v : (wide_uint)v;
}

#endif
