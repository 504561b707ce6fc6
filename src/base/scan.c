/*
 * Separator masks, see scan.h.  The vector paths differ only in how 64 bytes are compared; each is
 * compiled for its own instruction set and called through a table, so that the binary runs on
 * any x86-64.  The portable path does eight bytes at a time in a 64-bit word.
 */
#include "base/scan.h"

#include "base/load.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define ONES 0x0101010101010101U
#define LOWS (0x7f * ONES)
#define HIGHS (0x80 * ONES)

/* The high bit of each byte that is zero; exact, no carry crosses bytes. */
static inline uint64_t
zero_bytes(uint64_t word)
{
	return ~(((word & LOWS) + LOWS) | word | LOWS);
}

static inline uint64_t
space_bytes(uint64_t word)
{
	uint64_t low = word & LOWS;
	uint64_t from_9 = low + (0x80 - 9) * ONES;
	uint64_t from_14 = low + (0x80 - 14) * ONES;

	return zero_bytes(word ^ (' ' * ONES)) | (from_9 & ~from_14 & ~word & HIGHS);
}

/* Gathers the high bits of eight bytes into one byte. */
static inline uint64_t
gather(uint64_t highs)
{
	return ((highs >> 7) * 0x0102040810204080U) >> 56;
}

static bool
portable_spaces(uint64_t *masks, const char *text, size_t n)
{
	uint64_t zeros = 0;

	for (size_t k = 0; k < n; k++, text += 64) {
		uint64_t mask = 0;

		for (unsigned i = 0; i < 8; i++) {
			uint64_t word = load_word(text + 8 * i);

			zeros |= zero_bytes(word);
			mask |= gather(space_bytes(word)) << (8 * i);
		}
		masks[k] = mask;
	}
	return zeros != 0;
}

/* The bytes that are white space where the one before is not, or the other way round. */
static inline uint64_t
edge_bits(uint64_t spaces, uint64_t *before)
{
	uint64_t edges = spaces ^ (spaces << 1 | *before);

	*before = spaces >> 63;
	return edges;
}

/* The numbers of the bits that are set in four, and how many there are. */
static const uint16_t set_bits[16][4] = {
	{ 0 }, { 0 }, { 1 }, { 0, 1 }, { 2 }, { 0, 2 }, { 1, 2 }, { 0, 1, 2 },
	{ 3 }, { 0, 3 }, { 1, 3 }, { 0, 1, 3 }, { 2, 3 }, { 0, 2, 3 }, { 1, 2, 3 }, { 0, 1, 2, 3 },
};
static const unsigned char set_count[16] = { 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4 };

/*
 * Four bits at a time by a table, four elements written whether needed or not: no branches (as
 * CRoaring unpacks its bit sets: Lemire et al., "Roaring Bitmaps", 2018).
 */
static size_t
portable_edges(uint16_t *edge, const uint64_t *masks, size_t n, bool inside)
{
	uint64_t before = !inside, at = 0;
	uint16_t *next = edge;

	for (size_t k = 0; k < n; k++) {
		uint64_t bits = edge_bits(masks[k], &before);

		for (unsigned i = 0; i < 16; i++, bits >>= 4) {
			uint64_t four;

			memcpy(&four, set_bits[bits & 15], sizeof(four));
			four += at;
			memcpy(next, &four, sizeof(four));
			next += set_count[bits & 15];
			at += UINT64_C(0x0004000400040004);
		}
	}
	return (size_t)(next - edge);
}

static size_t
portable_newlines(const char *text, size_t len)
{
	size_t count = 0, i = 0;

	for (; i + 8 <= len; i += 8) {
		uint64_t hits = zero_bytes(load_word(text + i) ^ ('\n' * ONES)) >> 7;

		count += (hits * ONES) >> 56;
	}
	for (; i < len; i++)
		count += text[i] == '\n';
	return count;
}

static const struct scan portable = {
	.name = "portable",
	.spaces = portable_spaces,
	.edges = portable_edges,
	.newlines = portable_newlines,
};

#if defined(__x86_64__)

/* Bits LEN and up of a mask over fewer than 64 bytes are not ours. */
static inline uint64_t
first_bits(size_t len)
{
	return ((uint64_t)1 << len) - 1;
}

static inline __m128i
sse2_load(const char *text)
{
	return _mm_loadu_si128((const __m128i *)(const void *)text);
}

static inline uint64_t
sse2_space_bits(__m128i bytes)
{
	__m128i off = _mm_sub_epi8(bytes, _mm_set1_epi8(9));
	__m128i range = _mm_cmpeq_epi8(_mm_min_epu8(off, _mm_set1_epi8(4)), off);
	__m128i space = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(' '));

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(range, space));
}

static bool
sse2_spaces(uint64_t *masks, const char *text, size_t n)
{
	__m128i zeros = _mm_setzero_si128();

	for (size_t k = 0; k < n; k++, text += 64) {
		uint64_t mask = 0;

		for (unsigned i = 0; i < 4; i++) {
			__m128i bytes = sse2_load(text + 16 * i);

			zeros = _mm_or_si128(zeros, _mm_cmpeq_epi8(bytes, _mm_setzero_si128()));
			mask |= sse2_space_bits(bytes) << (16 * i);
		}
		masks[k] = mask;
	}
	return _mm_movemask_epi8(zeros) != 0;
}

static uint64_t
sse2_newline_bits(const char *text)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < 4; i++) {
		__m128i hits = _mm_cmpeq_epi8(sse2_load(text + 16 * i), _mm_set1_epi8('\n'));

		mask |= (uint64_t)(unsigned)_mm_movemask_epi8(hits) << (16 * i);
	}
	return mask;
}

static size_t
sse2_newlines(const char *text, size_t len)
{
	size_t count = 0;

	for (; len >= 64; len -= 64, text += 64)
		count += (size_t)__builtin_popcountll(sse2_newline_bits(text));
	if (len > 0)
		count += (size_t)__builtin_popcountll(sse2_newline_bits(text) & first_bits(len));
	return count;
}

static const struct scan sse2 = {
	.name = "sse2",
	.spaces = sse2_spaces,
	.edges = portable_edges,
	.newlines = sse2_newlines,
};

#define AVX2 __attribute__((target("avx2,popcnt")))

AVX2 static inline __m256i
avx2_load(const char *text)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)text);
}

AVX2 static inline uint64_t
avx2_space_bits(__m256i bytes)
{
	__m256i off = _mm256_sub_epi8(bytes, _mm256_set1_epi8(9));
	__m256i range = _mm256_cmpeq_epi8(_mm256_min_epu8(off, _mm256_set1_epi8(4)), off);
	__m256i space = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(' '));

	return (unsigned)_mm256_movemask_epi8(_mm256_or_si256(range, space));
}

AVX2 static bool
avx2_spaces(uint64_t *masks, const char *text, size_t n)
{
	__m256i zero = _mm256_setzero_si256();
	__m256i zeros = zero;

	for (size_t k = 0; k < n; k++, text += 64) {
		__m256i low = avx2_load(text), high = avx2_load(text + 32);

		/* The smaller of two bytes is zero if either is. */
		zeros = _mm256_or_si256(zeros,
		    _mm256_cmpeq_epi8(_mm256_min_epu8(low, high), zero));
		masks[k] = avx2_space_bits(low) | avx2_space_bits(high) << 32;
	}
	return _mm256_movemask_epi8(zeros) != 0;
}

AVX2 static uint64_t
avx2_newline_bits(const char *text)
{
	__m256i newline = _mm256_set1_epi8('\n');
	__m256i low = _mm256_cmpeq_epi8(avx2_load(text), newline);
	__m256i high = _mm256_cmpeq_epi8(avx2_load(text + 32), newline);

	return (unsigned)_mm256_movemask_epi8(low) |
	    (uint64_t)(unsigned)_mm256_movemask_epi8(high) << 32;
}

AVX2 static size_t
avx2_newlines(const char *text, size_t len)
{
	size_t count = 0;

	for (; len >= 64; len -= 64, text += 64)
		count += (size_t)__builtin_popcountll(avx2_newline_bits(text));
	if (len > 0)
		count += (size_t)__builtin_popcountll(avx2_newline_bits(text) & first_bits(len));
	return count;
}

static const struct scan avx2 = {
	.name = "avx2",
	.spaces = avx2_spaces,
	.edges = portable_edges,
	.newlines = avx2_newlines,
};

#define AVX512 __attribute__((target("avx512f,avx512bw,popcnt")))

AVX512 static bool
avx512_spaces(uint64_t *masks, const char *text, size_t n)
{
	const __m512i nine = _mm512_set1_epi8(9), four = _mm512_set1_epi8(4);
	const __m512i blank = _mm512_set1_epi8(' ');
	uint64_t zeros = 0;

	for (size_t k = 0; k < n; k++, text += 64) {
		__m512i bytes = _mm512_loadu_si512(text);

		zeros |= _mm512_testn_epi8_mask(bytes, bytes);
		masks[k] = _mm512_cmple_epu8_mask(_mm512_sub_epi8(bytes, nine), four) |
		    _mm512_cmpeq_epi8_mask(bytes, blank);
	}
	return zeros != 0;
}

AVX512 static size_t
avx512_newlines(const char *text, size_t len)
{
	const __m512i newline = _mm512_set1_epi8('\n');
	size_t count = 0;

	for (; len >= 64; len -= 64, text += 64)
		count += (size_t)__builtin_popcountll(
		    _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(text), newline));
	if (len > 0)
		count += (size_t)__builtin_popcountll(first_bits(len) &
		    _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(text), newline));
	return count;
}

static const struct scan avx512 = {
	.name = "avx512",
	.spaces = avx512_spaces,
	.edges = portable_edges,
	.newlines = avx512_newlines,
};

#define VBMI2 __attribute__((target("avx512f,avx512bw,avx512vbmi2,popcnt")))

/* Thirty-two bits at a time: the numbers of those that are set, moved together. */
VBMI2 static size_t
vbmi2_edges(uint16_t *edge, const uint64_t *masks, size_t n, bool inside)
{
	const __m512i step = _mm512_set1_epi16(32);
	__m512i at = _mm512_set_epi16(31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17,
	    16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
	uint64_t before = !inside;
	uint16_t *next = edge;

	for (size_t k = 0; k < n; k++) {
		uint64_t bits = edge_bits(masks[k], &before);

		for (unsigned half = 0; half < 2; half++, bits >>= 32) {
			__mmask32 set = (__mmask32)bits;

			_mm512_storeu_si512(next, _mm512_maskz_compress_epi16(set, at));
			next += _mm_popcnt_u32(set);
			at = _mm512_add_epi16(at, step);
		}
	}
	return (size_t)(next - edge);
}

static const struct scan vbmi2 = {
	.name = "avx512vbmi2",
	.spaces = avx512_spaces,
	.edges = vbmi2_edges,
	.newlines = avx512_newlines,
};

const struct scan *
scan_nth(size_t i)
{
	const struct scan *usable[5] = { &portable, &sse2 };
	size_t n = 2;

	if (__builtin_cpu_supports("avx2"))
		usable[n++] = &avx2;
	if (__builtin_cpu_supports("avx512bw"))
		usable[n++] = &avx512;
	if (__builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512bw"))
		usable[n++] = &vbmi2;
	return i < n ? usable[i] : NULL;
}

#else

const struct scan *
scan_nth(size_t i)
{
	return i == 0 ? &portable : NULL;
}

#endif

const struct scan *
scan_best(void)
{
	const struct scan *best = NULL, *next;

	for (size_t i = 0; (next = scan_nth(i)) != NULL; i++)
		best = next;
	return best;
}
