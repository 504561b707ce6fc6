/*
 * Unit tests of src/format/json*.c: kinds, paths, bad records, big integers, blank lines; writing
 * numbers, strings and open records; random tables written and read back; no memory.
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "format/json_text.h"
#include "rows_util.h"

Suite *json_suite(void);

extern const struct format_class format_json;

#define S(literal) (literal), sizeof(literal) - 1

/* ---- reading: the cells behind the record ---- */

static const struct {
	const char *names, *text, *cells;
} fields[] = {
	{ "a,b", "{\"a\":1,\"b\":\"x\"}", "1|'x'" },
	{ "a,b", " { \"b\" : 2.5 , \"a\" : -7 }\t\r", "-7|2.5d" },
	{ "a,b", "{\"a\":true,\"b\":false}", "true|false" },
	{ "a,b", "{\"a\":null}", "~|~" },
	{ "a,b", "{}", "~|~" },
	{ "a", "{\"a\":1,\"a\":2}", "2" },
	{ "a", "{\"a\":1.0}", "1d" },
	{ "a", "{\"a\":1e3}", "1000d" },
	{ "a", "{\"a\":9223372036854775807}", "9223372036854775807" },
	{ "a", "{\"a\":-9223372036854775808}", "-9223372036854775808" },
	{ "a,b", "{\"a\":9223372036854775808,\"b\":3}", "9.2233720368547758e+18d|3" },
	{ "a,b", "{\"a\":-9223372036854775809,\"b\":[1,2.5]}",
	    "-9.2233720368547758e+18d|'[1,2.5]'" },
	{ "a,b", "{\"a\":123456789012345678901,\"b\":\"99999999999999999999\\\"\"}",
	    "1.2345678901234568e+20d|'99999999999999999999\"'" },
	{ "a,b", "{\"a\":99999999999999999999,\"b\":1e-12}", "1e+20d|9.9999999999999998e-13d" },
	{ "a", "{\"a\":\"\\u00e4\\n\\\"\\/\\ud83d\\ude00\"}", "'\xc3\xa4\n\"/\xf0\x9f\x98\x80'" },
	{ "a", "{\"a\":\"\"}", "''" },
	{ "a.b", "{\"a\":{\"b\":1}}", "1" },
	{ "a.b", "{\"a\":{\"b\":1},\"a.b\":2}", "2" },
	{ "a.b.c", "{\"a\":{\"b.c\":3}}", "3" },
	{ "a.b.c", "{\"a\":{\"b\":{\"c\":4}}}", "4" },
	{ "a.0,a.1,a.2,a.00,a.x,a.", "{\"a\":[5,{\"x\":6}]}", "5|'{\"x\":6}'|~|~|~|~" },
	{ "a.1.x", "{\"a\":[5,{\"x\":6}]}", "6" },
	{ "a.b", "{\"a\":7}", "~" },
	{ "a,b", "{\"a\":[],\"b\":{}}", "'[]'|'{}'" },
	{ "a", "{\"a\":{ \"z\" : [1, null, true, false, 0.1, \"x\\ty\"], \"b\":{}}}",
	    "'{\"z\":[1,null,true,false,0.1,\"x\\ty\"],\"b\":{}}'" },
	{ "", "{\"a\":1}", "" },
};

START_TEST(kinds_and_paths)
{
	struct buf text = { 0 }, shown = { 0 }, want = { 0 };
	struct bad bad = { 0 };
	struct layout layout;
	size_t len = strlen(fields[_i].text);

	layout_make(&layout, 0, fields[_i].names);
	text_printf(&text, "%s\n", fields[_i].text);
	ck_assert_int_eq(rows_read(&format_json, &layout, text.data, text.len, 2, &shown, &bad), 0);
	ck_assert_str_eq(bad.why, "");
	if (text.data[len - 1] == '\r')
		len--;
	text_printf(&want, "'%.*s'%s%s\n", (int)len, text.data,
	    *fields[_i].cells != '\0' ? "|" : "",
	    fields[_i].cells);
	text_same(&shown, &want, "cells");
	buf_free(&text);
	buf_free(&shown);
	buf_free(&want);
}
END_TEST

static const struct {
	const char *text;
	size_t len;
	const char *why;
} wrong[] = {
	{ S("3"), "column 1: '[' or '{' expected near '3'" },
	{ S("[1]"), "an array, not an object" },
	{ S("\"x\""), "column 3: '[' or '{' expected near '\"x\"'" },
	{ S("{\"a\":1"), "column 6: '}' expected near end of file" },
	{ S("{\"a\":1}}"), "column 8: end of file expected near '}'" },
	{ S("{a:1}"), "column 2: string or '}' expected near 'a'" },
	{ S("{\"a\":01}"), "column 6: invalid token near '0'" },
	{ S("{\"a\":1e999}"), "column 10: real number overflow near '1e999'" },
	{ S("{\"a\":\"\xff\"}"), "column 6: unable to decode byte 0xff near '\"'" },
	{ S("{\"a\":\"\0\"}"), "column 7: a NUL byte" },
	{ S("{\"a\":1\0}"), "column 7: a NUL byte" },	/* jansson would take it */
	{ S("\0"), "column 1: a NUL byte" },
	{ S("{\"a\\u0000\":1}"), NULL },
	{ S("{\"a\":99999999999999999999,}"), NULL },
};

/* A bad record is counted and kept, and the one behind it is read. */
START_TEST(bad_records)
{
	struct buf text = { 0 }, shown = { 0 }, kept = { 0 };
	struct bad bad = { .keep = true };
	struct layout layout;

	layout_make(&layout, 0, "x");
	text_add(&text, wrong[_i].text, wrong[_i].len);
	text_add(&text, "\n", 1);
	text_add(&kept, text.data, text.len);
	text_printf(&text, "\n \t\r\n{\"x\":1}\n");
	ck_assert_int_eq(rows_read(&format_json, &layout, text.data, text.len, 2, &shown, &bad), 0);
	same_text(&shown, "'{\"x\":1}'|1\n", "rows");
	ck_assert_uint_eq(bad.n, 1);
	ck_assert_uint_ge(strlen(bad.why), 1);
	if (wrong[_i].why != NULL)
		ck_assert_str_eq(bad.why, wrong[_i].why);
	text_same(&bad.text, &kept, "kept");
	bad_free(&bad);
	buf_free(&text);
	buf_free(&shown);
	buf_free(&kept);
}
END_TEST

START_TEST(nul_in_a_string)
{
	static const char text[] = "{\"a\":\"x\\u0000y\"}\n";
	struct buf shown = { 0 };
	struct bad bad = { 0 };
	struct layout layout;

	layout_make(&layout, 0, "a");
	ck_assert_int_eq(rows_read(&format_json, &layout, S(text), 2, &shown, &bad), 0);
	ck_assert_uint_ge(shown.len, 7);
	ck_assert_mem_eq(shown.data + shown.len - 6, "'x\0y'\n", 6);
	buf_free(&shown);
}
END_TEST

/* Nesting beyond what the parser takes is bad, in a small stack, too. */
START_TEST(deep)
{
	enum { DEPTH = 100000 };
	struct buf text = { 0 };
	struct bad bad = { 0 };
	struct layout layout;
	struct json_members m;

	layout_make(&layout, 0, "a");
	text_printf(&text, "{\"a\":");
	for (int i = 0; i < DEPTH; i++)
		text_add(&text, "[", 1);
	for (int i = 0; i < DEPTH; i++)
		text_add(&text, "]", 1);
	text_printf(&text, "}\n");
	ck_assert_int_eq(rows_read(&format_json, &layout, text.data, text.len, 2, NULL, &bad), 0);
	ck_assert_uint_eq(bad.n, 1);
	ck_assert(!json_text_is_object(text.data, text.len - 1, &m));
	buf_free(&text);
}
END_TEST

/* ---- text ---- */

static const char *const numbers[] = {
	"0", "-0", "1", "-12", "1.5", "0.25", "1e5", "1E-5", "2.5e+10", "123456789012345678901234",
};
static const char *const no_numbers[] = {
	"", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "0x10", "1 ", " 1", "1,5", "NaN",
	"inf",
	"1-", "1e5.5", "--1",
};

START_TEST(number_text)
{
	for (int i = 0; i < COUNT(numbers); i++)
		ck_assert(json_text_is_number(numbers[i], strlen(numbers[i])));
	for (int i = 0; i < COUNT(no_numbers); i++)
		ck_assert(!json_text_is_number(no_numbers[i], strlen(no_numbers[i])));
}
END_TEST

static const struct {
	const char *text, *members;	/* NULL: no object */
	bool time;
} objects[] = {
	{ "{}", "", false },
	{ " { \t} ", "", false },
	{ "{\"a\":1}", "\"a\":1", false },
	{ "{ \"a\" : [ 1 , {} , [] , \"x\\u00e4\\n\" ] , \"b\" : null }\r",
	    "\"a\" : [ 1 , {} , [] , \"x\\u00e4\\n\" ] , \"b\" : null", false },
	{ "{\"time\":1}", "\"time\":1", true },
	{ "{\"a\":{\"time\":1}}", "\"a\":{\"time\":1}", false },
	{ "{\"a\":-1.5e3,\"b\":true,\"time\":\"\xc3\xa4\"}",
	    "\"a\":-1.5e3,\"b\":true,\"time\":\"\xc3\xa4\"", true },
	{ "", NULL, false }, { "{", NULL, false }, { "[]", NULL, false }, { "1", NULL, false },
	{ "{}}", NULL, false }, { "{} {}", NULL, false }, { "{\"a\"}", NULL, false },
	{ "{\"a\":}", NULL, false }, { "{\"a\":1,}", NULL, false }, { "{,}", NULL, false },
	{ "{\"a\":[1,]}", NULL, false }, { "{\"a\":[}", NULL, false }, { "{a:1}", NULL, false },
	{ "{\"a\":\"\\x\"}", NULL, false }, { "{\"a\":\"\\u12g4\"}", NULL, false },
	{ "{\"a\":\"\t\"}", NULL, false }, { "{\"a\":\"\xff\"}", NULL, false },
	{ "{\"a\":tru}", NULL, false }, { "{\"a\":\"}", NULL, false },
	{ "{\"a\":01}", NULL, false },
	{ "{\"a\":\n1}", NULL, false }, { "{\"a\":\"\\", NULL, false }, { "{\"a\":1", NULL, false },
	{ "{a=1}", NULL, false },
};

START_TEST(object_text)
{
	struct json_members m;
	size_t len = strlen(objects[_i].text);
	char *exact = malloc(len + 1);
	bool is;

	memcpy(exact, objects[_i].text, len);
	is = json_text_is_object(exact, len, &m);
	ck_assert_int_eq(is, objects[_i].members != NULL);
	if (is) {
		ck_assert_uint_eq(m.len, strlen(objects[_i].members));
		ck_assert_mem_eq(m.text, objects[_i].members, m.len);
		ck_assert_int_eq(m.time, objects[_i].time);
	}
	free(exact);
}
END_TEST

/* ---- writing ---- */

START_TEST(writing)
{
	struct value row[] = {
		value_text("a", 1), value_int(-7), value_double(0.1), value_bool(true),
		value_null(),
		value_text("\"\\\n\t\x01/\x7f", 7), value_text("a\xff\xc3", 3), value_text("7", 1),
		value_text("\xc3\xa4\xf0\x9f\x98\x80\xed\xa0\x80", 9),
	};
	struct block b = { .cells = row, .width = 9, .records = 1 };
	struct buf out = { 0 };
	struct schema s;

	schema_make(&s, "word,i,d,b,n,t,u,7,v", false);
	rows_write(&format_json, &s, &b, "2026-11-22T23:10:00.000Z", true, &out);
	same_text(&out, "{\"time\":\"2026-11-22T23:10:00.000Z\",\"word\":\"a\",\"i\":-7,\"d\":0.1,"
	    "\"b\":true,\"n\":null,\"t\":\"\\\"\\\\\\n\\t\\u0001/\x7f\","
	    "\"u\":\"a\xef\xbf\xbd\xef\xbf\xbd\","
	    "\"7\":\"7\",\"v\":\"\xc3\xa4\xf0\x9f\x98\x80\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}\n",
	    "typed");
	out.len = 0;
	s.columns = 1;
	s.column[0] = (struct column){ .name = "a\"b", .slot = 7, .bare = true };
	rows_write(&format_json, &s, &b, "12.5", true, &out);
	same_text(&out, "{\"time\":12.5,\"a\\\"b\":7}\n", "bare");
	out.len = 0;
	s.column[0].name = "time";
	rows_write(&format_json, &s, &b, "12", false, &out);
	same_text(&out, "{\"time\":7}\n", "a column called time");
	rows_write_short_of_memory(&format_json, &s, &b);
	buf_free(&out);
}
END_TEST

START_TEST(open_records)
{
	struct value row[] = {
		value_text(S("{\"a\":1}")), value_text(S("{ }")), value_text(S("{\"time\":\"x\"}")),
		value_text(S("a=1 b")), value_text(S("{\"a\":1}\n")), value_text(S("7")),
	};
	struct block rows = { .cells = row, .width = 1, .records = COUNT(row) };
	struct block lines = { .text = "{\"a\":1} \r\nx\n", .len = 12, .records = 2 };
	struct schema in = { .open = true, .input = true }, s;
	struct buf out = { 0 };

	schema_show(&in, &s);
	rows_write(&format_json, &s, &rows, "5", false, &out);
	same_text(&out, "{\"time\":5,\"a\":1}\n{\"time\":5}\n{\"time\":\"x\"}\n"
	    "{\"time\":5,\"record\":\"a=1 b\"}\n{\"time\":5,\"record\":\"{\\\"a\\\":1}\\n\"}\n"
	    "{\"time\":5,\"record\":\"7\"}\n", "rows");
	out.len = 0;
	rows_write(&format_json, &s, &lines, "", false, &out);
	same_text(&out, "{\"a\":1}\n{\"record\":\"x\"}\n", "lines");
	rows_write_short_of_memory(&format_json, &s, &rows);
	buf_free(&out);
}
END_TEST

/* A value of any kind that JSON keeps; text is well-formed UTF-8. */
static struct value
random_value(char *space)
{
	static const char *const pieces[] = { "x", "\"", "\\", "\n", "\x01", "\xc3\xa4", "\x7f",
		"/",
		"\xe2\x82\xac", "\xf0\x9f\x98\x80", "1" };
	size_t len = 0;

	switch (rand_below(6)) {
	case 0:
		return value_null();
	case 1:
		return value_int((int64_t)rand_u64() >> rand_below(64));
	case 2:
		/* Never whole: that would be read back as an integer. */
		return value_double(((double)(int32_t)rand_u64() + 0.5) / 1000);
	case 3:
		return value_bool(rand_below(2) == 0);
	default:
		for (size_t n = rand_below(12); n > 0; n--) {
			const char *piece = pieces[rand_below(COUNT(pieces))];

			memcpy(space + len, piece, strlen(piece));
			len += strlen(piece);
		}
		if (rand_below(8) == 0)
			space[len++] = '\0';
		return value_text(space, len);
	}
}

START_TEST(round_trips)
{
	char space[4][64];
	struct buf text = { 0 }, shown = { 0 }, want = { 0 };

	for (int round = 0; round < 5000; round++) {
		struct value row[5], *cells = row + 1;
		struct bad bad = { 0 };
		struct schema s;
		struct layout layout;

		for (int i = 0; i < 4; i++)
			cells[i] = random_value(space[i]);
		schema_make(&s, "a,b.c,d d,e", false);
		layout_make(&layout, 0, "a,b.c,d d,e");
		text.len = shown.len = want.len = 0;
		rows_write(&format_json, &s, &(struct block){ .cells = cells, .width = 4,
			.records = 1 }, "", false, &text);
		row[0] = value_text(text.data, text.len - 1);
		show_row(&want, row, 5);
		ck_assert_int_eq(rows_read(&format_json, &layout, text.data, text.len, 3, &shown,
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
	static const char text[] = "{\"a\":[1,{\"b\":\"xyz\"}],\"b\":\"xyz\"}\n"
	    "{\"a\":1\n{\"b\":2}\n"
	    "{\"a\":99999999999999999999,\"b\":\"\"}\n[]\n";
	struct layout layout;

	layout_make(&layout, 0, "a,b,a.1.b");
	rows_read_short_of_memory(&format_json, &layout, S(text));
}
END_TEST

Suite *
json_suite(void)
{
	Suite *suite = suite_create("json");
	TCase *tc = case_add(suite, "json");

	tcase_add_loop_test(tc, kinds_and_paths, 0, COUNT(fields));
	tcase_add_loop_test(tc, bad_records, 0, COUNT(wrong));
	tcase_add_test(tc, nul_in_a_string);
	tcase_add_test(tc, deep);
	tcase_add_test(tc, number_text);
	tcase_add_loop_test(tc, object_text, 0, COUNT(objects));
	tcase_add_test(tc, writing);
	tcase_add_test(tc, open_records);
	tcase_add_test(tc, round_trips);
	tcase_add_test(tc, no_memory);
	return suite;
}
