/*
 * The numbers that most records hold, read inline: up to eight bytes, [-]digits[.digits].
 *
 * Eight bytes are looked at at a time (SWAR: SIMD within a register; Lemire, "Number Parsing at a
 * Gigabyte per Second", 2021).  base/number_parse reads all others with the same tools.
 */
#ifndef BASE_NUMBER_WORD_H
#define BASE_NUMBER_WORD_H

#include "base/load.h"
#include "base/number.h"

#include <string.h>

#define NUMBER_WORD 8			/* bytes that are looked at at a time */

extern const uint64_t number_pow10[20];
extern const double number_pow10_double[23];

/* One to seven bytes, the first lowest, by loads that overlap; zeros above them. */
static inline uint64_t
number_load_few(const char *text, size_t len)
{
	const unsigned char *byte = (const unsigned char *)text;
	uint32_t low, high;

	if (len < 4)
		return byte[0] | (uint64_t)byte[len / 2] << (len / 2 * 8) |
		    (uint64_t)byte[len - 1] << ((len - 1) * 8);
	memcpy(&low, text, sizeof(low));
	memcpy(&high, text + len - 4, sizeof(high));
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
	low = __builtin_bswap32(low);
	high = __builtin_bswap32(high);
#endif
	return low | (uint64_t)high << ((len - 4) * 8);
}

/*
 * The highest bit of each byte that is no digit.  (A carry out of a byte can only spoil those above
 * one of 0x80 and more.)
 */
static inline uint64_t
number_others(uint64_t word)
{
	uint64_t x = word ^ UINT64_C(0x3030303030303030);

	return ((x + UINT64_C(0x7676767676767676)) | x) & UINT64_C(0x8080808080808080);
}

/* The number of the lowest byte with a bit set, or 8. */
static inline unsigned
number_first_byte(uint64_t bits)
{
	return bits == 0 ? NUMBER_WORD : (unsigned)__builtin_ctzll(bits) / 8;
}

/* The value of eight digits, the first lowest; zero bytes are zeros. */
static inline uint64_t
number_eight_digits(uint64_t word)
{
	word = (word & UINT64_C(0x0f0f0f0f0f0f0f0f)) * 2561 >> 8;
	word = (word & UINT64_C(0x00ff00ff00ff00ff)) * 6553601 >> 16;
	return (word & UINT64_C(0x0000ffff0000ffff)) * UINT64_C(42949672960001) >> 32;
}

/* [-]value / 10^part */
struct number_word {
	uint64_t	value;			/* below 10^8 */
	unsigned	part;			/* digits behind the point; 0: there is none */
	unsigned	minus;			/* 0 or 1 */
};

/* LEN is 1 to NUMBER_WORD.  False if it is not that simple: it may be a number all the same. */
static inline bool
number_read_word(const char *text, size_t len, struct number_word *w)
{
	uint64_t word = len == NUMBER_WORD ? load_word(text) : number_load_few(text, len);
	uint64_t others, low;
	unsigned whole;

	w->part = 0;
	w->minus = (word & 0xff) == '-';
	word >>= 8 * w->minus;
	len -= w->minus;
	others = number_others(word);
	whole = number_first_byte(others);
	if (whole == 0)
		return false;
	if (whole < len) {
		/* take the point out: what lies above it moves down by a byte */
		w->part = (unsigned)len - whole - 1;
		if ((word >> (8 * whole) & 0xff) != '.' || w->part == 0 ||
		    number_first_byte(others & (others - 1)) != len)
			return false;
		low = (UINT64_C(1) << (8 * whole)) - 1;
		word = (word & low) | (word >> 8 & ~low);
		len--;
	}
	w->value = number_eight_digits(word << (64 - 8 * len));
	return true;
}

/* number_parse of such a number; false as above, with *N as it was. */
static inline bool
number_parse_word(const char *text, size_t len, struct number *n)
{
	struct number_word w;

	if (!number_read_word(text, len, &w))
		return false;
	n->nano = (int64_t)(w.value * number_pow10[9 - w.part]) * (w.minus ? -1 : 1);
	n->d = (double)w.value / number_pow10_double[w.part];
	n->d = w.minus && w.value != 0 ? -n->d : n->d;
	n->exact = true;
	return true;
}

#endif
