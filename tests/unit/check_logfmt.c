/*
 * Unit tests of src/format/logfmt.c: pairs, quotes and escapes, bad records; writing; random rows
 * written and read back; no memory.
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "rows_util.h"

Suite *logfmt_suite(void);

extern const struct format_class format_logfmt;

#define S(literal) (literal), sizeof(literal) - 1

static const struct {
	const char *names, *text, *cells;	/* cells: NULL: no row */
	const char *why;
} pairs[] = {
	{ "a,b", "a=1 b=x", "'1'|'x'", "" },
	{ "a,b", "  b=x\t a=1 \r", "'1'|'x'", "" },
	{ "a,b", "a= c=1", "''|~", "" },
	{ "a,b", "a b=\"\"", "true|''", "" },
	{ "a", "hello world a", "true", "" },
	{ "a", "a=1 a=2 a=3", "'3'", "" },
	{ "a", "a=1 a", "true", "" },
	{ "a", "aa=1 A=2", "~", "" },
	{ "a", "a=\"x y = z\"", "'x y = z'", "" },
	{ "a,b", "a=\"say \\\"hi\\\"\" b=\"\\n\\t\\r\\\\\"", "'say \"hi\"'|'\n\t\r\\'", "" },
	{ "a", "a=\"C:\\dir \\x\"", "'C:\\dir \\x'", "" },
	{ "a", "a=\"\\u00e4\\ud83d\\ude00\"", "'\xc3\xa4\xf0\x9f\x98\x80'", "" },
	{ "a", "a=\"\\u00g4\\u12\\ud83d\"", "'\\u00g4\\u12\xef\xbf\xbd'", "" },
	{ "a,b", "a=x\"y b=http://h/?q=1", "'x\"y'|'http://h/?q=1'", "" },
	{ "a,b", "a=\\n b=c:\\", "'\\n'|'c:\\'", "" },
	{ "a.b", "a.b=1", "'1'", "" },
	{ "a", "\"quoted key\" a=1", "'1'", "" },
	{ "", "a=1", "", "" },
	{ "a", "", NULL, "" },
	{ "a", " \t\r", NULL, "" },
	{ "a", "a=\"x", NULL, "column 3: a quote that does not end" },
	{ "a", "a=\"x\\\"", NULL, "column 3: a quote that does not end" },
	{ "a", "a=\"x\\", NULL, "column 3: a quote that does not end" },
	{ "a", "b=1 a=\"x\"y", NULL, "column 10: text behind a closing quote" },
	{ "a", "a=1 =2", NULL, "column 5: a value without a key" },
};

START_TEST(rows)
{
	struct buf text = { 0 }, shown = { 0 }, want = { 0 };
	struct bad bad = { 0 };
	struct layout layout;
	size_t len = strlen(pairs[_i].text);

	layout_make(&layout, 0, pairs[_i].names);
	text_printf(&text, "%s\n", pairs[_i].text);
	ck_assert_int_eq(rows_read(&format_logfmt, &layout, text.data, text.len, 2, &shown, &bad),
	    0);
	ck_assert_str_eq(bad.why, pairs[_i].why);
	ck_assert_uint_eq(bad.n, *pairs[_i].why != '\0');
	if (len > 0 && text.data[len - 1] == '\r')
		len--;
	if (pairs[_i].cells != NULL)
		text_printf(&want, "'%.*s'%s%s\n", (int)len, text.data,
		    *pairs[_i].cells != '\0' ? "|" : "", pairs[_i].cells);
	text_same(&shown, &want, "cells");
	buf_free(&text);
	buf_free(&shown);
	buf_free(&want);
}
END_TEST

START_TEST(writing)
{
	struct value cells[] = {
		value_text("x", 1), value_int(-7), value_text("a b", 3), value_double(0.5),
		value_text("", 0), value_bool(true), value_text("\"\\\n", 3), value_null(),
	};
	struct block b = { .cells = cells, .width = 2, .records = 4 };
	struct block lines = { .text = "a=1\n", .len = 4, .records = 1 };
	struct schema s;
	struct buf out = { 0 };

	schema_make(&s, "k,the count", false);
	rows_write(&format_logfmt, &s, &b, "12", true, &out);
	same_text(&out, "time=12 k=x the_count=-7\ntime=12 k=\"a b\" the_count=0.5\n"
	    "time=12 k=\"\" the_count=true\ntime=12 k=\"\\\"\\\\\\n\"\n", "with time");
	out.len = 0;
	s.columns = 1;
	rows_write(&format_logfmt, &s, &lines, "", false, &out);
	same_text(&out, "k=\"a=1\"\n", "lines");
	rows_write_short_of_memory(&format_logfmt, &s, &b);
	buf_free(&out);
}
END_TEST

START_TEST(round_trips)
{
	static const char bytes[] = "\"\\ =\n\txyzu0\r";
	char space[3][16];
	struct buf text = { 0 }, shown = { 0 }, want = { 0 };

	for (int round = 0; round < 5000; round++) {
		struct value row[4];
		struct block b = { .cells = row + 1, .width = 3, .records = 1 };
		struct bad bad = { 0 };
		struct schema s;
		struct layout layout;

		for (int i = 0; i < 3; i++) {
			size_t len = rand_below(16);

			rand_bytes(space[i], len);
			for (size_t k = 0; round % 3 > 0 && k < len; k++)
				space[i][k] = bytes[rand_below(sizeof(bytes) - 1)];
			row[i + 1] = i > 0 && rand_below(4) == 0 ? value_null() :
			    value_text(space[i], len);
		}
		schema_make(&s, "a,b.c,d", true);
		layout_make(&layout, 0, "a,b.c,d");
		text.len = shown.len = want.len = 0;
		rows_write(&format_logfmt, &s, &b, "", false, &text);
		row[0] = value_text(text.data, text.len - 1);
		show_row(&want, row, 4);
		ck_assert_int_eq(rows_read(&format_logfmt, &layout, text.data, text.len, 3, &shown,
		    &bad), 0);
		ck_assert_str_eq(bad.why, "");
		text_same(&shown, &want, "read back");
	}
	buf_free(&text);
	buf_free(&shown);
	buf_free(&want);
}
END_TEST

START_TEST(no_memory)
{
	struct layout layout;

	layout_make(&layout, 0, "a,b");
	rows_read_short_of_memory(&format_logfmt, &layout, S("a=\"\\n\" b\na=\"\nb=\"\\u0041\"\n"));
}
END_TEST

Suite *
logfmt_suite(void)
{
	Suite *suite = suite_create("logfmt");
	TCase *tc = case_add(suite, "logfmt");

	tcase_add_loop_test(tc, rows, 0, COUNT(pairs));
	tcase_add_test(tc, writing);
	tcase_add_test(tc, round_trips);
	tcase_add_test(tc, no_memory);
	return suite;
}
