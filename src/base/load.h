/* Loading bytes as numbers, wherever they lie. */
#ifndef BASE_LOAD_H
#define BASE_LOAD_H

#include <stdint.h>
#include <string.h>

/* Eight bytes with the first in the lowest bits, whatever the byte order of the machine. */
static inline uint64_t
load_word(const char *text)
{
	uint64_t word;

	memcpy(&word, text, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

#endif
