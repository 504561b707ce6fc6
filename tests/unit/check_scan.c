/*
 * Unit tests of src/base/scan.c: each path that this processor has against a loop over bytes, at
 * all alignments and lengths, and for all byte values at all places.
 */

#include <check.h>
#include <string.h>

#include "base/scan.h"
#include "util.h"

Suite *scan_suite(void);

#define ALIGN 64
#define LENGTH 301
#define MASKS ((LENGTH + 63) / 64)

static bool
is_space(char c)
{
	return c == ' ' || (c >= 9 && c <= 13);
}

static void
check_spaces(const struct scan *scan, const char *text, size_t n)
{
	uint64_t masks[MASKS + 1], guard = UINT64_C(0x5a5a5a5a5a5a5a5a);
	bool nul = scan->spaces((memset(masks, 0x5a, sizeof(masks)), masks), text, n), want = false;

	for (size_t i = 0; i < 64 * n; i++) {
		want |= text[i] == '\0';
		if ((masks[i / 64] >> i % 64 & 1) != is_space(text[i]))
			ck_abort_msg("%s: byte %d at %zu", scan->name, (unsigned char)text[i], i);
	}
	if (nul != want)
		ck_abort_msg("%s: NUL %s", scan->name, nul ? "seen" : "missed");
	DEMAND(masks[n] == guard);
}

static void
check_newlines(const struct scan *scan, const char *text, size_t len)
{
	size_t want = 0;

	for (size_t i = 0; i < len; i++)
		want += text[i] == '\n';
	if (scan->newlines(text, len) != want)
		ck_abort_msg("%s: %zu newlines in %zu bytes, want %zu", scan->name,
		    scan->newlines(text, len), len, want);
}

static void
random_text(char *text, size_t len, int style)
{
	static const char near_spaces[] = "\b\t\n\v\f\r\x0e\x1f !\x89\x8a\xa0x";

	rand_bytes(text, len);
	for (size_t i = 0; style != 0 && i < len; i++)
		if (style == 2 || rand_below(4) == 0)
			text[i] = near_spaces[rand_below(sizeof(near_spaces) - 1)];
}

START_TEST(as_the_byte_loop)
{
	char space[ALIGN + LENGTH + 2 * SCAN_PAD];
	const struct scan *scan = scan_nth((size_t)_i);

	if (scan == NULL)
		return;
	for (int round = 0; round < 6; round++) {
		for (size_t align = 0; align < ALIGN; align++) {
			random_text(space, sizeof(space), round % 3);
			for (size_t len = 0; len < LENGTH; len += 1 + len / 64)
				check_newlines(scan, space + align, len);
			for (size_t n = 0; n <= LENGTH / 64; n++)
				check_spaces(scan, space + align, n);
		}
	}
}
END_TEST

START_TEST(every_byte_at_every_place)
{
	char space[64 + 2 * SCAN_PAD];
	const struct scan *scan = scan_nth((size_t)_i);

	if (scan == NULL)
		return;
	for (int byte = 0; byte < 256; byte++) {
		memset(space, 'x', sizeof(space));
		for (size_t at = 0; at < 64; at++) {
			space[1 + at] = (char)byte;
			check_spaces(scan, space + 1, 1);
			check_newlines(scan, space + 1, 64);
			check_newlines(scan, space + 1, at);
			space[1 + at] = 'x';
		}
	}
}
END_TEST

/* A byte next to a newline, space or NUL in the same word must not carry over. */
START_TEST(every_pair)
{
	char space[64 + SCAN_PAD];
	const struct scan *scan = scan_nth((size_t)_i);

	if (scan == NULL)
		return;
	memset(space, 'x', sizeof(space));
	for (int pair = 0; pair < 65536; pair++) {
		space[3] = (char)pair;
		space[4] = (char)(pair >> 8);
		check_newlines(scan, space, 11);
		if (pair % 3 == _i % 3)
			check_spaces(scan, space, 1);
	}
}
END_TEST

START_TEST(table)
{
	const struct scan *last = NULL, *next;
	size_t n = 0;

	for (; (next = scan_nth(n)) != NULL; n++)
		last = next;
	ck_assert_uint_ge(n, 1);
	ck_assert_ptr_eq(scan_best(), last);
	ck_assert_str_eq(scan_nth(0)->name, "portable");
}
END_TEST

Suite *
scan_suite(void)
{
	Suite *suite = suite_create("scan");
	TCase *tc = case_add(suite, "paths");

	tcase_add_loop_test(tc, as_the_byte_loop, 0, 4);
	tcase_add_loop_test(tc, every_byte_at_every_place, 0, 4);
	tcase_add_loop_test(tc, every_pair, 0, 4);
	tcase_add_test(tc, table);
	return suite;
}
