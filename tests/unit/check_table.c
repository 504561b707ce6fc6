/*
 * Unit tests of src/format/table.c: alignment, widths of characters, what is escaped, wide cells,
 * blocks of lines, random bytes, no memory.
 */

#include <check.h>
#include <string.h>

#include "rows_util.h"

Suite *table_suite(void);

extern const struct format_class format_table;

START_TEST(alignment)
{
	struct value cells[] = {
		value_text("the", 3), value_int(12), value_text("7", 1), value_bool(true),
		value_text("a", 1), value_int(-3), value_text("10.25", 5), value_null(),
		value_text("", 0), value_null(), value_text("-1", 2), value_text("x", 1),
	};
	struct block b = { .cells = cells, .width = 4, .records = 3 };
	struct buf out = { 0 };
	struct schema s;

	schema_make(&s, "word,count,n,last", true);
	rows_write(&format_table, &s, &b, "12", true, &out);
	same_text(&out,
	    "time  word  count      n  last\n"
	    "12    the      12      7  true\n"
	    "12    a        -3  10.25  -\n"
	    "12              -     -1  x\n"
	    "\n", "with time");
	out.len = 0;
	s.column[2].bare = false;
	s.columns = 3;
	rows_write(&format_table, &s, &b, "", false, &out);
	same_text(&out,
	    "word  count  n\n"
	    "the      12  7\n"
	    "a        -3  10.25\n"
	    "          -  -1\n"
	    "\n", "text is to the left");
	rows_write_short_of_memory(&format_table, &s, &b);
	out.len = 0;
	b.records = 0;
	rows_write(&format_table, &s, &b, "12", true, &out);
	ck_assert_uint_eq(out.len, 0);
	buf_free(&out);
}
END_TEST

static const struct {
	const char *text;
	const char *shown;	/* padded to the width of the name, four columns */
} texts[] = {
	{ "ab", "ab  " },
	{ "\xc3\xa4", "\xc3\xa4   " },
	{ "\xe6\xbc\xa2", "\xe6\xbc\xa2  " },			/* a wide one */
	{ "e\xcc\x81", "e\xcc\x81   " },			/* a combining one */
	{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80  " },
	{ "\xff", "\xef\xbf\xbd   " },
	{ "\t", "\\t  " },
	{ "\r\n", "\\r\\n" },
	{ "\x1b", "\\x1b" },
	{ "\x7f", "\\x7f" },
	{ "\xc2\x9b", "\\x9b" },
	{ "\\", "\\   " },
};

START_TEST(characters)
{
	struct value cells[] = { value_text(texts[_i].text, strlen(texts[_i].text)), value_int(1) };
	struct block b = { .cells = cells, .width = 2, .records = 1 };
	struct buf out = { 0 }, want = { 0 };
	struct schema s;

	schema_make(&s, "name,n", false);
	rows_write(&format_table, &s, &b, "", false, &out);
	text_printf(&want, "name  n\n%s  1\n\n", texts[_i].shown);
	text_same(&out, &want, "cell");
	buf_free(&out);
	buf_free(&want);
}
END_TEST

START_TEST(wide_cells)
{
	char wide[100];
	struct value cells[] = { value_text(wide, 50), value_int(1), value_text("x", 1),
	    value_int(2) };
	struct block b = { .cells = cells, .width = 2, .records = 2 };
	struct buf out = { 0 }, want = { 0 };
	struct schema s;

	memset(wide, 'w', sizeof(wide));
	schema_make(&s, "a,n", false);
	rows_write(&format_table, &s, &b, "", false, &out);
	text_printf(&want, "%-48s  n\n%.50s  1\n%-48s  2\n\n", "a", wide, "x");
	text_same(&out, &want, "wide");
	buf_free(&out);
	buf_free(&want);
}
END_TEST

START_TEST(lines)
{
	struct block b = { .text = "a\tb\r\n\nc\n", .len = 8, .records = 3 };
	struct buf out = { 0 };
	struct schema s;

	schema_make(&s, "line", true);
	rows_write(&format_table, &s, &b, "", true, &out);
	same_text(&out, "line\na\\tb\n\nc\n\n", "lines");
	rows_write_short_of_memory(&format_table, &s, &b);
	buf_free(&out);
}
END_TEST

/* Whatever the bytes, each row is one line, without a byte that drives a terminal. */
START_TEST(random_bytes)
{
	char space[2][60];
	struct buf out = { 0 };
	struct schema s;

	schema_make(&s, "a,b", true);
	for (int round = 0; round < 3000; round++) {
		struct value cells[2];
		struct block b = { .cells = cells, .width = 2, .records = 1 };
		int newlines = 0;

		for (int i = 0; i < 2; i++) {
			size_t len = rand_below(60);

			rand_bytes(space[i], len);
			cells[i] = value_text(space[i], len);
		}
		out.len = 0;
		rows_write(&format_table, &s, &b, "1", false, &out);
		for (size_t i = 0; i < out.len; i++) {
			DEMAND(out.data[i] == '\n' || (unsigned char)out.data[i] >= ' ');
			newlines += out.data[i] == '\n';
		}
		DEMAND(newlines == 3);
	}
	buf_free(&out);
}
END_TEST

Suite *
table_suite(void)
{
	Suite *suite = suite_create("table");
	TCase *tc = case_add(suite, "table");

	tcase_add_test(tc, alignment);
	tcase_add_loop_test(tc, characters, 0, COUNT(texts));
	tcase_add_test(tc, wide_cells);
	tcase_add_test(tc, lines);
	tcase_add_test(tc, random_bytes);
	return suite;
}
