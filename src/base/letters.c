/*
 * See letters.h.  The text is copied first and worked on in the copy, so that reading past its end
 * is harmless.
 */
#include "base/letters.h"

#include <string.h>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

/* Copies the text and puts blanks behind it, up to two masks more. */
static void
copy(const struct letters *l, const char *text, size_t len)
{
	if (len > 0)
		memcpy(l->lower, text, len);
	memset(l->lower + len, ' ', LETTERS_PAD + (64 - len % 64) % 64);
}

/* The mask behind the last one. */
static void
close_masks(const struct letters *l, size_t n)
{
	l->others[n] = UINT64_MAX;
	l->odd[n] = 0;
}

static inline unsigned char
lower_byte(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c == '`' ? '\'' : c;
}

static inline bool
is_other(unsigned char c)
{
	return !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '\'' || c >= 128);
}

/* What comes first of the next mask is not in lower case yet; the same letter it may be. */
static inline bool
is_odd(const char *p)
{
	unsigned char a = lower_byte((unsigned char)p[0]);

	return a >= 128 || (!is_other(a) && a == lower_byte((unsigned char)p[1]) &&
	    a == lower_byte((unsigned char)p[2]));
}

bool
letters_split_portable(const struct letters *l, const char *text, size_t len)
{
	size_t n = (len + 63) / 64;
	uint64_t any = 0;

	copy(l, text, len);
	for (size_t k = 0; k < n; k++) {
		char *p = l->lower + 64 * k;
		uint64_t others = 0, odd = 0;

		for (unsigned i = 0; i < 64; i++) {
			odd |= (uint64_t)is_odd(p + i) << i;
			p[i] = (char)lower_byte((unsigned char)p[i]);
			others |= (uint64_t)is_other((unsigned char)p[i]) << i;
		}
		l->others[k] = others;
		l->odd[k] = odd;
		any |= odd;
	}
	close_masks(l, n);
	return any != 0;
}

#if defined(__x86_64__)

static inline __m128i
within(__m128i bytes, char first, char last)
{
	__m128i off = _mm_sub_epi8(bytes, _mm_set1_epi8(first));

	return _mm_cmpeq_epi8(_mm_min_epu8(off, _mm_set1_epi8((char)(last - first))), off);
}

static inline __m128i
lower_bytes(const char *p)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i upper = _mm_and_si128(within(bytes, 'A', 'Z'), _mm_set1_epi8(0x20));
	__m128i ticks = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('`'));

	return _mm_xor_si128(_mm_or_si128(bytes, upper),
	    _mm_and_si128(ticks, _mm_set1_epi8('`' ^ '\'')));
}

static inline __m128i
word_bytes(__m128i lower)
{
	__m128i words = _mm_or_si128(within(lower, 'a', 'z'), within(lower, '0', '9'));

	words = _mm_or_si128(words, _mm_cmpeq_epi8(lower, _mm_set1_epi8('\'')));
	return _mm_or_si128(words, _mm_cmplt_epi8(lower, _mm_setzero_si128()));
}

/* Sixteen bytes: their part of the two masks. */
static inline void
split_16(char *p, uint64_t *others, uint64_t *odd, unsigned at)
{
	__m128i lower = lower_bytes(p), words = word_bytes(lower);
	__m128i same = _mm_and_si128(_mm_cmpeq_epi8(lower, lower_bytes(p + 1)),
	    _mm_cmpeq_epi8(lower, lower_bytes(p + 2)));
	unsigned high = (unsigned)_mm_movemask_epi8(lower);

	_mm_storeu_si128((__m128i *)(void *)p, lower);
	*others |= (uint64_t)(~(unsigned)_mm_movemask_epi8(words) & 0xffff) << at;
	*odd |= (uint64_t)(high | (unsigned)_mm_movemask_epi8(_mm_and_si128(same, words))) << at;
}

bool
letters_split(const struct letters *l, const char *text, size_t len)
{
	size_t n = (len + 63) / 64;
	uint64_t any = 0;

	copy(l, text, len);
	for (size_t k = 0; k < n; k++) {
		uint64_t others = 0, odd = 0;

		for (unsigned i = 0; i < 64; i += 16)
			split_16(l->lower + 64 * k + i, &others, &odd, i);
		l->others[k] = others;
		l->odd[k] = odd;
		any |= odd;
	}
	close_masks(l, n);
	return any != 0;
}

#else

bool
letters_split(const struct letters *l, const char *text, size_t len)
{
	return letters_split_portable(l, text, len);
}

#endif
