/*
 * Offsets of separators, see marks.h.  64 bytes become three masks, and the masks become offsets.
 * Offsets are written four at a time, more than there are, and the surplus is overwritten by the
 * next: a loop over exactly as many as there are would be mispredicted at each end.
 */
#include "base/marks.h"

#include "base/load.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define ONES 0x0101010101010101U
#define LOWS (0x7f * ONES)

struct masks {			/* of 64 bytes: bit i speaks of byte i */
	uint64_t	separators, newlines, flags;
};

/* Bits LEN and up of a mask over fewer than 64 bytes are not ours. */
static inline uint64_t
first_bits(size_t len)
{
	return len >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << len) - 1;
}

static inline __attribute__((always_inline)) unsigned
write_offsets(uint16_t *out, uint64_t mask, unsigned base)
{
	unsigned n = (unsigned)__builtin_popcountll(mask);

	for (unsigned i = 0; i < n; i += 4) {
		for (unsigned k = 0; k < 4; k++) {
			/* Without bits left it writes some offset that nobody will look at. */
			out[i + k] = (uint16_t)(base +
			    (unsigned)__builtin_ctzll(mask | (uint64_t)1 << 63));
			mask &= mask - 1;
		}
	}
	return n;
}

/* The one loop of all paths; MASKS_OF is made part of it, for the instruction set of its caller. */
static inline __attribute__((always_inline)) void
find_with(struct marks *m, const char *text, size_t len, char separator, char flag,
    struct masks (*masks_of)(const char *, char, char))
{
	uint64_t flags = 0;
	unsigned n = 0, lines = 0;

	for (size_t at = 0; at < len; at += 64) {
		struct masks masks = masks_of(text + at, separator, flag);
		uint64_t ours = first_bits(len - at);

		masks.newlines &= ours;
		flags |= masks.flags & ours;
		n += write_offsets(m->at + n, (masks.separators & ours) | masks.newlines,
		    (unsigned)at);
		lines += (unsigned)__builtin_popcountll(masks.newlines);
	}
	m->n = n;
	m->lines = lines;
	m->flagged = flags != 0;
}

void
marks_find_lines(struct marks *m, const char *text)
{
	unsigned lines = 0;

	/* each offset is written; the next overwrites those of separators */
	for (unsigned i = 0; i < m->n; i++) {
		m->line[lines] = m->at[i];
		lines += text[m->at[i]] == '\n';
	}
}

/* One bit for each of eight bytes: those that are BYTE. */
static inline uint64_t
equal_bits(uint64_t word, char byte)
{
	uint64_t zeros = word ^ ((unsigned char)byte * ONES);
	uint64_t highs = ~(((zeros & LOWS) + LOWS) | zeros | LOWS);

	return ((highs >> 7) * 0x0102040810204080U) >> 56;
}

static inline __attribute__((always_inline)) struct masks
portable_masks(const char *text, char separator, char flag)
{
	struct masks m = { 0 };

	for (unsigned i = 0; i < 8; i++) {
		uint64_t word = load_word(text + 8 * i);

		m.separators |= equal_bits(word, separator) << (8 * i);
		m.newlines |= equal_bits(word, '\n') << (8 * i);
		m.flags |= equal_bits(word, flag) << (8 * i);
	}
	return m;
}

static void
portable_find(struct marks *m, const char *text, size_t len, char separator, char flag)
{
	find_with(m, text, len, separator, flag, portable_masks);
}

static const struct marks_path portable = { "portable", portable_find };

#if defined(__x86_64__)

static inline __attribute__((always_inline)) uint64_t
sse2_bits(__m128i bytes, char byte)
{
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte)));
}

static inline __attribute__((always_inline)) struct masks
sse2_masks(const char *text, char separator, char flag)
{
	struct masks m = { 0 };

	for (unsigned i = 0; i < 4; i++) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(text + 16 * i));

		m.separators |= sse2_bits(bytes, separator) << (16 * i);
		m.newlines |= sse2_bits(bytes, '\n') << (16 * i);
		m.flags |= sse2_bits(bytes, flag) << (16 * i);
	}
	return m;
}

static void
sse2_find(struct marks *m, const char *text, size_t len, char separator, char flag)
{
	find_with(m, text, len, separator, flag, sse2_masks);
}

static const struct marks_path sse2 = { "sse2", sse2_find };

#define AVX2 __attribute__((target("avx2,popcnt,bmi")))

AVX2 static inline __attribute__((always_inline)) uint64_t
avx2_bits(__m256i low, __m256i high, char byte)
{
	__m256i want = _mm256_set1_epi8(byte);

	return (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, want)) |
	    (uint64_t)(unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, want)) << 32;
}

AVX2 static inline __attribute__((always_inline)) struct masks
avx2_masks(const char *text, char separator, char flag)
{
	__m256i low = _mm256_loadu_si256((const __m256i *)(const void *)text);
	__m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(text + 32));

	return (struct masks){
		.separators = avx2_bits(low, high, separator),
		.newlines = avx2_bits(low, high, '\n'),
		.flags = avx2_bits(low, high, flag),
	};
}

AVX2 static void
avx2_find(struct marks *m, const char *text, size_t len, char separator, char flag)
{
	find_with(m, text, len, separator, flag, avx2_masks);
}

static const struct marks_path avx2 = { "avx2", avx2_find };

#define AVX512 __attribute__((target("avx512f,avx512bw,popcnt,bmi")))

AVX512 static inline __attribute__((always_inline)) struct masks
avx512_masks(const char *text, char separator, char flag)
{
	__m512i bytes = _mm512_loadu_si512(text);

	return (struct masks){
		.separators = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(separator)),
		.newlines = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\n')),
		.flags = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(flag)),
	};
}

AVX512 static void
avx512_find(struct marks *m, const char *text, size_t len, char separator, char flag)
{
	find_with(m, text, len, separator, flag, avx512_masks);
}

static const struct marks_path avx512 = { "avx512", avx512_find };

const struct marks_path *
marks_nth(size_t i)
{
	const struct marks_path *usable[4] = { &portable, &sse2 };
	size_t n = 2;

	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"))
		usable[n++] = &avx2;
	if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("bmi"))
		usable[n++] = &avx512;
	return i < n ? usable[i] : NULL;
}

#else

const struct marks_path *
marks_nth(size_t i)
{
	return i == 0 ? &portable : NULL;
}

#endif

const struct marks_path *
marks_best(void)
{
	const struct marks_path *best = NULL, *next;

	for (size_t i = 0; (next = marks_nth(i)) != NULL; i++)
		best = next;
	return best;
}
