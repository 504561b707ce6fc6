/*
 * Unit tests of src/base/scan.c: each path that this processor has against a loop over bytes, at
 * all alignments and lengths, and for all byte values at all places.
 */

#include <check.h>
#include <string.h>

#include "base/scan.h"
#include "util.h"

Suite *scan_suite(void);

#define PATHS 5
#define ALIGN 64
#define LENGTH 301
#define MASKS ((LENGTH + 63) / 64)
#define EDGE_MASKS 1000

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

static bool
bit(const uint64_t *masks, size_t i)
{
	return (masks[i / 64] >> i % 64 & 1) != 0;
}

static void
check_edges(const struct scan *scan, const uint64_t *masks, size_t n, bool inside)
{
	uint16_t edges[64 * EDGE_MASKS + SCAN_SLACK + 1];
	size_t count, want = 0;
	bool space = !inside;

	memset(edges, 0x5a, sizeof(edges));
	count = scan->edges(edges, masks, n, inside);
	for (size_t i = 0; i < 64 * n; i++) {
		if (bit(masks, i) == space)
			continue;
		space = !space;
		if (want >= count || edges[want++] != i)
			ck_abort_msg("%s: edge at %zu of %zu masks", scan->name, i, n);
	}
	if (count != want)
		ck_abort_msg("%s: %zu edges, want %zu", scan->name, count, want);
	for (size_t i = want + SCAN_SLACK; i < COUNT(edges); i++)
		DEMAND(edges[i] == 0x5a5a);
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

/* Masks of all densities; sixty-four edges in one mask, and none in a thousand. */
START_TEST(edges)
{
	static const uint64_t alike[] = {
		0, UINT64_MAX, UINT64_C(0x5555555555555555), UINT64_C(0xaaaaaaaaaaaaaaaa),
	};
	static uint64_t masks[EDGE_MASKS];
	const struct scan *scan = scan_nth((size_t)_i);

	if (scan == NULL)
		return;
	for (size_t k = 0; k < COUNT(alike); k++) {
		for (size_t i = 0; i < EDGE_MASKS; i++)
			masks[i] = alike[k];
		for (size_t n = 0; n <= EDGE_MASKS; n += 1 + n * n / 4)
			for (int inside = 0; inside < 2; inside++)
				check_edges(scan, masks, n, inside != 0);
		check_edges(scan, masks, EDGE_MASKS, true);
	}
	for (unsigned round = 0; round < 600; round++) {
		rand_bytes((char *)masks, sizeof(masks));
		for (size_t i = 0; i < EDGE_MASKS - 2; i++)
			for (unsigned k = 0; k < round % 3; k++)
				masks[i] &= masks[i + k];
		for (size_t i = 0; round % 2 != 0 && i < EDGE_MASKS; i++)
			masks[i] = ~masks[i];
		check_edges(scan, masks, rand_below(EDGE_MASKS + 1), round % 4 < 2);
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

	tcase_add_loop_test(tc, as_the_byte_loop, 0, PATHS);
	tcase_add_loop_test(tc, every_byte_at_every_place, 0, PATHS);
	tcase_add_loop_test(tc, every_pair, 0, PATHS);
	tcase_add_loop_test(tc, edges, 0, PATHS);
	tcase_add_test(tc, table);
	return suite;
}
