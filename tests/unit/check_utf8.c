/*
 * Unit tests of src/base/utf8.c: every code point and every string of one to three bytes against
 * the table of well-formed sequences in the Unicode standard, and strings of random pieces.
 */

#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

Suite *utf8_suite(void);

#define CODE_POINTS 0x110000u
#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static uint64_t random_state = UINT64_C(0x9e3779b97f4a7c15);

/* Marsaglia's xorshift64. */
static uint64_t
random_below(uint64_t bound)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % bound;
}

static bool
is_surrogate(uint32_t cp)
{
	return cp >= 0xd800 && cp <= 0xdfff;
}

/* The Unicode standard, table 3-7: the bytes that a well-formed sequence may consist of. */
static const struct {
	size_t len;
	unsigned char first[2], second[2];
} well_formed[] = {
	{ 1, { 0x00, 0x7f }, { 0x00, 0x00 } },
	{ 2, { 0xc2, 0xdf }, { 0x80, 0xbf } },
	{ 3, { 0xe0, 0xe0 }, { 0xa0, 0xbf } },
	{ 3, { 0xe1, 0xec }, { 0x80, 0xbf } },
	{ 3, { 0xed, 0xed }, { 0x80, 0x9f } },
	{ 3, { 0xee, 0xef }, { 0x80, 0xbf } },
	{ 4, { 0xf0, 0xf0 }, { 0x90, 0xbf } },
	{ 4, { 0xf1, 0xf3 }, { 0x80, 0xbf } },
	{ 4, { 0xf4, 0xf4 }, { 0x80, 0x8f } },
};

/* Length of the well-formed sequence at s, or 0. */
static size_t
model_len(const unsigned char *s, size_t len)
{
	size_t row, i, need;

	for (row = 0; row < (size_t)COUNT(well_formed); row++)
		if (s[0] >= well_formed[row].first[0] && s[0] <= well_formed[row].first[1])
			break;
	if (row == (size_t)COUNT(well_formed))
		return 0;
	need = well_formed[row].len;
	if (need > len)
		return 0;
	if (need > 1 && (s[1] < well_formed[row].second[0] || s[1] > well_formed[row].second[1]))
		return 0;
	for (i = 2; i < need; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return need;
}

/* Decodes s and compares with the model and, where it is well-formed, with the encoder. */
static void
expect_decode(const unsigned char *s, size_t len)
{
	size_t want = model_len(s, len), got;
	uint32_t cp;
	char again[UTF8_BYTES];

	got = utf8_decode(s, len, &cp);
	if (want == 0) {
		if (got != 1 || cp != UTF8_INVALID)
			ck_abort_msg("%02x... is not UTF-8 but reads as U+%04X", s[0], cp);
	} else if (got != want || utf8_encode(again, cp) != got || memcmp(again, s, got) != 0) {
		ck_abort_msg("%02x... reads as U+%04X, %zu bytes", s[0], cp, got);
	}
}

START_TEST(decode_short_strings)
{
	size_t len = (size_t)_i;
	unsigned char *s = malloc(len);
	uint32_t n;

	ck_assert_ptr_nonnull(s);
	for (n = 0; n < UINT32_C(1) << (8 * len); n++) {
		s[0] = (unsigned char)n;
		if (len > 1)
			s[1] = (unsigned char)(n >> 8);
		if (len > 2)
			s[2] = (unsigned char)(n >> 16);
		expect_decode(s, len);
	}
	free(s);
}
END_TEST

START_TEST(decode_four_bytes)
{
	static const unsigned char edges[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90, 0xbf, 0xc0, 0xff };
	unsigned char *s = malloc(4);
	unsigned first, second, i;

	ck_assert_ptr_nonnull(s);
	for (first = 0; first < 256; first++) {
		for (second = 0; second < 256; second++) {
			for (i = 0; i < 64; i++) {
				s[0] = (unsigned char)first;
				s[1] = (unsigned char)second;
				s[2] = edges[i / 8];
				s[3] = edges[i % 8];
				expect_decode(s, 4);
			}
		}
	}
	free(s);
}
END_TEST

START_TEST(every_code_point_round_trips)
{
	char s[UTF8_BYTES];
	uint32_t cp, back;

	for (cp = 0; cp < CODE_POINTS; cp++) {
		size_t len = utf8_encode(s, cp), want = cp < 0x80 ? 1 : cp < 0x800 ? 2 : 3;
		uint32_t expected = is_surrogate(cp) ? 0xfffd : cp;

		want += cp >= 0x10000;
		if (len != want || utf8_decode((unsigned char *)s, len, &back) != len ||
		    back != expected)
			ck_abort_msg("U+%04X does not read back", cp);
	}
	ck_assert_uint_eq(utf8_encode(s, CODE_POINTS), 3);
	ck_assert_mem_eq(s, "\xef\xbf\xbd", 3);
	ck_assert_uint_eq(utf8_encode(s, UTF8_INVALID), 3);
}
END_TEST

START_TEST(lower_invariants)
{
	char from[UTF8_BYTES], to[UTF8_BYTES];
	unsigned mapped = 0;
	uint32_t cp;

	for (cp = 0; cp < CODE_POINTS; cp++) {
		uint32_t lower = utf8_lower(cp);
		size_t from_len = utf8_encode(from, cp), to_len = utf8_encode(to, lower);

		mapped += lower != cp;
		if (utf8_lower(lower) != lower)
			ck_abort_msg("U+%04X: lower case is not final", cp);
		if (cp < 0x80 && lower != (uint32_t)tolower((int)cp))
			ck_abort_msg("U+%04X: not as tolower", cp);
		if (is_surrogate(cp) ? lower != cp : is_surrogate(lower))
			ck_abort_msg("U+%04X: surrogate", cp);
		if (to_len > UTF8_FOLD_MAX(from_len) ||
		    (to_len > from_len && cp != 0x23a && cp != 0x23e))
			ck_abort_msg("U+%04X grows", cp);
	}
	ck_assert_uint_gt(mapped, 1400);
	ck_assert_uint_eq(utf8_lower(UTF8_INVALID), UTF8_INVALID);
}
END_TEST

static const uint32_t lower_cases[][2] = {
	{ 'A', 'a' }, { 'Z', 'z' }, { '@', '@' }, { '[', '[' },
	{ 0xc4, 0xe4 }, { 0xd7, 0xd7 }, { 0xdf, 0xdf }, { 0x100, 0x101 }, { 0x101, 0x101 },
	{ 0x12f, 0x12f }, { 0x130, 'i' }, { 0x131, 0x131 }, { 0x178, 0xff }, { 0x1c5, 0x1c6 },
	{ 0x23a, 0x2c65 }, { 0x23e, 0x2c66 }, { 0x3a3, 0x3c3 }, { 0x416, 0x436 },
	{ 0x13a0, 0xab70 }, { 0x1e9e, 0xdf }, { 0x2126, 0x3c9 }, { 0x212a, 'k' },
	{ 0x4e2d, 0x4e2d }, { 0xff21, 0xff41 }, { 0x10400, 0x10428 }, { 0x1e921, 0x1e943 },
};

START_TEST(lower_known)
{
	ck_assert_uint_eq(utf8_lower(lower_cases[_i][0]), lower_cases[_i][1]);
}
END_TEST

/* Folds a copy without a NUL, into a block of exactly the room that is promised to do. */
static char *
fold_copy(const char *s, size_t len, size_t *out_len)
{
	char *in = malloc(len + 1), *out = malloc(UTF8_FOLD_MAX(len) + 1);

	ck_assert(in != NULL && out != NULL);
	in = realloc(in, len > 0 ? len : 1);
	out = realloc(out, len > 0 ? UTF8_FOLD_MAX(len) : 1);
	ck_assert(in != NULL && out != NULL);
	memcpy(in, s, len);
	*out_len = utf8_fold(out, in, len);
	free(in);
	return out;
}

static const struct {
	const char *in;
	const char *out;
} fold_cases[] = {
	{ "", "" },
	{ "a", "a" },
	{ "Hello, World", "hello, world" },
	{ "@AZ[`az{0189\t\x7f", "@az[`az{0189\t\x7f" },
	{ "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz" },
	{ "STRA\xc3\x9f" "E \xc3\x84\xc3\x96", "stra\xc3\x9f" "e \xc3\xa4\xc3\xb6" },
	{ "\xc8\xba\xc8\xbe\xc8\xba", "\xe2\xb1\xa5\xe2\xb1\xa6\xe2\xb1\xa5" },
	{ "\xc4\xb0X", "ix" },
	{ "\xff" "A\xc3", "\xff" "a\xc3" },
	{ "ABCDEFG\xed\xa0\x80H", "abcdefg\xed\xa0\x80h" },
	{ "ABCDEFGHI\xc0\xafJKLMNOPQRS", "abcdefghi\xc0\xafjklmnopqrs" },
	{ "\xf0\x90\x90\x80", "\xf0\x90\x90\xa8" },
};

START_TEST(fold_known)
{
	size_t len;
	char *got = fold_copy(fold_cases[_i].in, strlen(fold_cases[_i].in), &len);

	ck_assert_uint_eq(len, strlen(fold_cases[_i].out));
	ck_assert(memcmp(got, fold_cases[_i].out, len) == 0);
	free(got);
}
END_TEST

/* Each ASCII byte in each place of the eight that are folded at once. */
START_TEST(fold_every_lane)
{
	unsigned byte, at;
	size_t len;

	for (byte = 0; byte < 0x80; byte++) {
		for (at = 0; at < 9; at++) {
			char s[9] = "\x7f@Z[`Az{", *got;

			s[at] = (char)byte;
			got = fold_copy(s, sizeof(s), &len);
			ck_assert_uint_eq(len, sizeof(s));
			ck_assert_int_eq(got[at], tolower((int)byte));
			ck_assert_int_eq(got[at == 2 ? 5 : 2], at == 2 ? 'a' : 'z');
			free(got);
		}
	}
}
END_TEST

/* Makes a string of ASCII runs, whole code points and stray bytes; returns its length. */
static size_t
random_string(char *s, size_t room)
{
	size_t len = 0, pieces = random_below(8);

	for (; pieces > 0 && len + 16 <= room; pieces--) {
		size_t run = random_below(12);

		switch (random_below(4)) {
		case 0:
			while (run-- > 0)
				s[len++] = (char)random_below(0x80);
			break;
		case 1:
			len += utf8_encode(s + len, (uint32_t)random_below(CODE_POINTS));
			break;
		case 2:
			len += utf8_encode(s + len, 0x80 + (uint32_t)random_below(0x2200));
			break;
		default:
			s[len++] = (char)(0x80 + random_below(0x80));
			break;
		}
	}
	return len;
}

START_TEST(fold_random)
{
	char s[128], want[256];
	int i;

	for (i = 0; i < 200000; i++) {
		size_t len = random_string(s, sizeof(s)), got_len, want_len = 0, at, step;
		char *got = fold_copy(s, len, &got_len);
		uint32_t cp;

		for (at = 0; at < len; at += step) {
			step = utf8_decode((unsigned char *)s + at, len - at, &cp);
			if (cp == UTF8_INVALID)
				want[want_len++] = s[at];
			else
				want_len += utf8_encode(want + want_len, utf8_lower(cp));
		}
		if (got_len != want_len || memcmp(got, want, got_len) != 0)
			ck_abort_msg("round %d: folded otherwise", i);
		free(got);
	}
}
END_TEST

START_TEST(punct_ascii)
{
	uint32_t cp;

	for (cp = 0; cp < 0x80; cp++)
		ck_assert_msg(utf8_is_punct(cp) == (ispunct((int)cp) != 0), "U+%04X", cp);
}
END_TEST

START_TEST(punct_known)
{
	static const uint32_t yes[] = {
		0xa1, 0xa7, 0xab, 0xb6, 0xb7, 0xbb, 0xbf, 0x37e, 0x5be, 0x60c, 0x2010, 0x2014,
		0x2018, 0x201c, 0x201d, 0x2026, 0x203f, 0x3001, 0x3002, 0xff01, 0x10100,
	};
	static const uint32_t no[] = {
		0x80, 0xa0, 0xa2, 0xa9, 0xaa, 0xb1, 0xc0, 0xd7, 0x3b1, 0x2044, 0x20ac, 0x2212,
		0x4e2d, 0xd800, 0x1f600, 0x10ffff, UTF8_INVALID,
	};
	unsigned count = 0;
	uint32_t cp;
	int i;

	for (i = 0; i < COUNT(yes); i++)
		ck_assert_msg(utf8_is_punct(yes[i]), "U+%04X", yes[i]);
	for (i = 0; i < COUNT(no); i++)
		ck_assert_msg(!utf8_is_punct(no[i]), "U+%04X", no[i]);
	for (cp = 0; cp < CODE_POINTS; cp++) {
		count += utf8_is_punct(cp);
		if (utf8_is_punct(cp) && utf8_lower(cp) != cp)
			ck_abort_msg("U+%04X is punctuation and has a lower case", cp);
	}
	ck_assert_uint_gt(count, 800);
	ck_assert_uint_lt(count, 1200);
}
END_TEST

static const struct {
	const char *in;
	const char *out;
} strip_cases[] = {
	{ "", "" },
	{ "word", "word" },
	{ "\"word,\"", "word" },
	{ "...", "" },
	{ "!", "" },
	{ "don't", "don't" },
	{ "(a-b)", "a-b" },
	{ "\xe2\x80\x9cword\xe2\x80\x9d", "word" },
	{ "\xc2\xbf" "Qu\xc3\xa9?!", "Qu\xc3\xa9" },
	{ "\xe2\x80\xa6", "" },
	{ "\xf0\x90\x84\x80x\xf0\x90\x84\x80", "x" },
	{ "caf\xc3\xa9", "caf\xc3\xa9" },
	{ "!\xff!", "\xff" },
	{ "!\xc2!", "\xc2" },
	{ "!x\x80\xa6!", "x\x80\xa6" },
	{ "x\xe2\x80\xa6\xa6", "x\xe2\x80\xa6\xa6" },
	{ "\x80\x80\x80\x80\x80", "\x80\x80\x80\x80\x80" },
	{ " !", " " },
};

START_TEST(strip_known)
{
	const char *s = strip_cases[_i].in;
	size_t len = strlen(s);

	utf8_strip(&s, &len);
	ck_assert_uint_eq(len, strlen(strip_cases[_i].out));
	ck_assert(memcmp(s, strip_cases[_i].out, len) == 0);
}
END_TEST

/* Strips by decoding forward only: keeps from the first to the last that is not punctuation. */
START_TEST(strip_random)
{
	char s[128];
	int i;

	for (i = 0; i < 500000; i++) {
		size_t len = random_string(s, sizeof(s)), at, step, from = 0, to = 0, got_len = len;
		const char *got = s;
		bool seen = false;
		uint32_t cp;

		for (at = 0; at < len; at += step) {
			step = utf8_decode((unsigned char *)s + at, len - at, &cp);
			if (utf8_is_punct(cp))
				continue;
			if (!seen)
				from = at;
			seen = true;
			to = at + step;
		}
		utf8_strip(&got, &got_len);
		if (got_len != to - from || (seen && got != s + from))
			ck_abort_msg("round %d: stripped otherwise", i);
	}
}
END_TEST

static const struct {
	const char *text;
	size_t columns;
} column_cases[] = {
	{ "", 0 },
	{ "word", 4 },
	{ "\xc3\xa9t\xc3\xa9", 3 },
	{ "e\xcc\x81", 1 },				/* e, combining acute */
	{ "\xe6\x97\xa5\xe6\x9c\xac", 4 },		/* ideographs */
	{ "\xed\x95\x9c", 2 },				/* a Hangul syllable */
	{ "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", 2 },	/* the same from its parts */
	{ "\xef\xbc\xa1", 2 },				/* full-width A */
	{ "\xef\xbd\xb1", 1 },				/* half-width katakana */
	{ "\xf0\x9f\x99\x82", 2 },			/* an emoji */
	{ "\xf0\x9f\xab\xa8", 2 },			/* one of Unicode 15 */
	{ "\xf0\xa0\x80\x80", 2 },			/* an ideograph of plane 2 */
	{ "a\xe2\x80\x8b" "b", 2 },			/* zero-width space */
	{ "\xc2\xad", 1 },				/* soft hyphen */
	{ "\xcd\xb8", 1 },				/* not assigned */
	{ "\xe6\x97", 2 },				/* bytes of no character */
	{ "\xff\xc0\x80", 3 },
};

START_TEST(columns_known)
{
	const char *s = column_cases[_i].text;

	ck_assert_uint_eq(utf8_columns(s, strlen(s)), column_cases[_i].columns);
}
END_TEST

Suite *
utf8_suite(void)
{
	Suite *suite = suite_create("utf8");
	TCase *code = tcase_create("code"), *text = tcase_create("text");

	tcase_add_loop_test(code, decode_short_strings, 1, 4);
	tcase_add_test(code, decode_four_bytes);
	tcase_add_test(code, every_code_point_round_trips);
	tcase_set_timeout(code, 60);
	suite_add_tcase(suite, code);
	tcase_add_test(text, lower_invariants);
	tcase_add_loop_test(text, lower_known, 0, COUNT(lower_cases));
	tcase_add_loop_test(text, fold_known, 0, COUNT(fold_cases));
	tcase_add_test(text, fold_every_lane);
	tcase_add_test(text, fold_random);
	tcase_add_test(text, punct_ascii);
	tcase_add_test(text, punct_known);
	tcase_add_loop_test(text, strip_known, 0, COUNT(strip_cases));
	tcase_add_test(text, strip_random);
	tcase_add_loop_test(text, columns_known, 0, COUNT(column_cases));
	tcase_set_timeout(text, 60);
	suite_add_tcase(suite, text);
	return suite;
}
