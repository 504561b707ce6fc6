/*
 * Unit tests of src/base/marks.c: each path that this processor has against a loop over bytes, at
 * all alignments and lengths, for all byte values at all places, and with nothing but marks.
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/marks.h"
#include "base/scan.h"
#include "util.h"

Suite *marks_suite(void);

static struct marks marks;

static void
check_find(const struct marks_path *path, const char *text, size_t len, char separator, char flag)
{
	unsigned n = 0, lines = 0;
	bool flagged = false;

	path->find(&marks, text, len, separator, flag);
	marks_find_lines(&marks, text);
	for (size_t i = 0; i < len; i++) {
		flagged |= text[i] == flag;
		if (text[i] == separator || text[i] == '\n')
			if (n >= marks.n || marks.at[n++] != i)
				ck_abort_msg("%s: mark at %zu", path->name, i);
		if (text[i] == '\n')
			if (lines >= marks.lines || marks.line[lines++] != i)
				ck_abort_msg("%s: newline at %zu", path->name, i);
	}
	DEMAND(marks.n == n && marks.lines == lines && marks.flagged == flagged);
}

static void
random_text(char *text, size_t len, int style)
{
	static const char near[] = "\n,\"\t\\\v\b+-!#[]\x8a\xac\xa2\xdc";

	rand_bytes(text, len);
	for (size_t i = 0; style != 0 && i < len; i++)
		if (style == 2 || rand_below(4) == 0)
			text[i] = near[rand_below(sizeof(near) - 1)];
}

START_TEST(as_the_byte_loop)
{
	char space[64 + 300 + SCAN_PAD];
	const struct marks_path *path = marks_nth((size_t)_i);

	if (path == NULL)
		return;
	for (int round = 0; round < 6; round++) {
		for (size_t align = 0; align < 64; align++) {
			random_text(space, sizeof(space), round % 3);
			for (size_t len = 0; len < 300; len += 1 + len / 64) {
				check_find(path, space + align, len, ',', '"');
				check_find(path, space + align, len, '\t', '\\');
			}
		}
	}
}
END_TEST

START_TEST(every_byte_at_every_place)
{
	char space[64 + SCAN_PAD];
	const struct marks_path *path = marks_nth((size_t)_i);

	if (path == NULL)
		return;
	memset(space, 'x', sizeof(space));
	for (int byte = 0; byte < 256; byte++) {
		for (size_t at = 0; at < 64; at++) {
			space[at] = (char)byte;
			check_find(path, space, 64, ',', '"');
			check_find(path, space, at, ',', '"');
			space[at] = 'x';
		}
	}
}
END_TEST

START_TEST(every_pair)
{
	char space[64 + SCAN_PAD];
	const struct marks_path *path = marks_nth((size_t)_i);

	if (path == NULL)
		return;
	memset(space, 'x', sizeof(space));
	for (int pair = 0; pair < 65536; pair++) {
		space[3] = (char)pair;
		space[4] = (char)(pair >> 8);
		check_find(path, space, 11, ',', '"');
	}
}
END_TEST

/* The longest stretch, with as many marks as bytes. */
START_TEST(nothing_but_marks)
{
	static const char all[] = "\n,", bytes[] = "\n,\"x";
	char *space = malloc(MARKS_TEXT + SCAN_PAD);
	const struct marks_path *path = marks_nth((size_t)_i);

	for (int round = 0; path != NULL && round < 8; round++) {
		memset(space, bytes[round % 4], MARKS_TEXT + SCAN_PAD);
		for (size_t i = 0; round >= 4 && i < MARKS_TEXT; i++)
			space[i] = all[rand_below(2)];
		check_find(path, space, MARKS_TEXT, ',', '"');
		check_find(path, space, MARKS_TEXT - 1, ',', '"');
	}
	free(space);
}
END_TEST

START_TEST(table)
{
	const struct marks_path *last = NULL, *next;
	size_t n = 0;

	for (; (next = marks_nth(n)) != NULL; n++)
		last = next;
	ck_assert_uint_ge(n, 1);
	ck_assert_ptr_eq(marks_best(), last);
	ck_assert_str_eq(marks_nth(0)->name, "portable");
}
END_TEST

Suite *
marks_suite(void)
{
	Suite *suite = suite_create("marks");
	TCase *tc = case_add(suite, "paths");

	tcase_add_loop_test(tc, as_the_byte_loop, 0, 4);
	tcase_add_loop_test(tc, every_byte_at_every_place, 0, 4);
	tcase_add_loop_test(tc, every_pair, 0, 4);
	tcase_add_loop_test(tc, nothing_but_marks, 0, 4);
	tcase_add_test(tc, table);
	return suite;
}
