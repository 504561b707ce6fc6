/*
 * Whole numbers of several words, see wide.h: the schoolbook methods, Knuth, The Art of Computer
 * Programming vol. 2, 4.3.1.
 */
#include "base/wide.h"

#include <math.h>
#include <stdbool.h>

void
wide_add(uint64_t *into, const uint64_t *from, size_t n)
{
	wide_uint carry = 0;

	for (size_t i = 0; i < n; i++) {
		carry += (wide_uint)into[i] + from[i];
		into[i] = (uint64_t)carry;
		carry >>= 64;
	}
}

void
wide_sub(uint64_t *into, const uint64_t *from, size_t n)
{
	bool borrow = false;

	for (size_t i = 0; i < n; i++) {
		wide_uint rest = (wide_uint)into[i] - from[i] - borrow;

		into[i] = (uint64_t)rest;
		borrow = (uint64_t)(rest >> 64) != 0;
	}
}

/* V * 2^SHIFT as three words, and the first word of a number that they lie in. */
static size_t
place(uint64_t word[3], wide_uint v, unsigned shift)
{
	unsigned bits = shift % 64;

	word[0] = (uint64_t)v << bits;
	word[1] = (uint64_t)((v << bits) >> 64);
	word[2] = bits == 0 ? 0 : (uint64_t)(v >> (128 - bits));
	return shift / 64;
}

void
wide_add_at(uint64_t *w, size_t n, wide_uint v, unsigned shift)
{
	uint64_t word[3];
	wide_uint carry = 0;
	size_t first = place(word, v, shift);

	for (size_t i = first; i < n && (i < first + 3 || carry != 0); i++) {
		carry += (wide_uint)w[i] + (i < first + 3 ? word[i - first] : 0);
		w[i] = (uint64_t)carry;
		carry >>= 64;
	}
}

void
wide_sub_at(uint64_t *w, size_t n, wide_uint v, unsigned shift)
{
	uint64_t word[3];
	bool borrow = false;
	size_t first = place(word, v, shift);

	for (size_t i = first; i < n && (i < first + 3 || borrow); i++) {
		wide_uint rest = (wide_uint)w[i] - (i < first + 3 ? word[i - first] : 0) - borrow;

		w[i] = (uint64_t)rest;
		borrow = (uint64_t)(rest >> 64) != 0;
	}
}

void
wide_mul(uint64_t *out, const uint64_t *x, size_t nx, const uint64_t *y, size_t ny)
{
	for (size_t i = 0; i < nx + ny; i++)
		out[i] = 0;
	for (size_t i = 0; i < nx; i++) {
		uint64_t carry = 0;

		for (size_t k = 0; k < ny; k++) {
			wide_uint sum = (wide_uint)x[i] * y[k] + out[i + k] + carry;

			out[i + k] = (uint64_t)sum;
			carry = (uint64_t)(sum >> 64);
		}
		out[i + ny] = carry;
	}
}

int
wide_abs(uint64_t *w, size_t n)
{
	bool carry = true;

	if (w[n - 1] >> 63 == 0)
		return 1;
	for (size_t i = 0; i < n; i++) {
		w[i] = ~w[i] + carry;
		carry = carry && w[i] == 0;
	}
	return -1;
}

static int
bit_length(wide_uint v)
{
	if (v == 0)
		return 0;
	if (v >> 64 != 0)
		return 128 - __builtin_clzll((uint64_t)(v >> 64));
	return 64 - __builtin_clzll((uint64_t)v);
}

/* V / 2^SHIFT, with the lowest bit set if anything was cut off. */
static wide_uint
shift_down(wide_uint v, unsigned shift)
{
	wide_uint kept = v >> shift;

	return kept | (kept << shift != v);
}

wide_uint
wide_top(const uint64_t *w, size_t n, int *exponent)
{
	wide_uint top;
	uint64_t below = 0;
	int bits;

	while (n > 0 && w[n - 1] == 0)
		n--;
	*exponent = 0;
	if (n < 2)
		return n == 0 ? 0 : w[0];
	top = (wide_uint)w[n - 1] << 64 | w[n - 2];
	*exponent = (int)(n - 2) * 64;
	bits = n < 3 ? 0 : 127 - bit_length(top);
	if (bits > 0) {
		top = top << bits | w[n - 3] >> (64 - bits);
		below = w[n - 3] << bits;
		*exponent -= bits;
	} else {
		below = n < 3 ? 0 : w[n - 3];
		if (bit_length(top) == 128) {
			top = shift_down(top, 1);
			*exponent += 1;
		}
	}
	for (size_t i = 0; i + 3 < n; i++)
		below |= w[i];
	return top | (below != 0);
}

/* V * 2^EXPONENT, where the lowest bit of V says that more follows: 55 bits, rounded once. */
static double
round_to_double(wide_uint v, int exponent)
{
	int excess = bit_length(v) - 55;

	if (excess <= 0)
		return ldexp((double)(uint64_t)v, exponent);
	return ldexp((double)(uint64_t)shift_down(v, (unsigned)excess), exponent + excess);
}

double
wide_ratio(wide_uint num, wide_uint den, int exponent)
{
	int cut = bit_length(den) - 64, up;
	wide_uint quotient;

	if (num == 0)
		return 0;
	if (cut > 0) {
		den >>= cut;
		exponent -= cut;
	}
	up = 128 - bit_length(num);
	num <<= up;
	quotient = num / den;
	if (quotient * den != num)
		quotient |= 1;
	return round_to_double(quotient, exponent - up);
}
