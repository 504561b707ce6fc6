/*
 * Unit tests of src/format/csv.c and delimited.c: what is a row and what is bad, quotes, CRLF,
 * blank lines, headers; random tables written and read back, in any split; the fast way against
 * the slow one; no memory.
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/quotes.h"
#include "format/delimited.h"
#include "rows_util.h"

Suite *csv_suite(void);

extern const struct format_class format_csv;

/* ---- rows ---- */

static const struct {
	unsigned places;
	const char *names, *text, *rows;
	unsigned bad;
	const char *why;
} cases[] = {
	{ 2, "a,b", "x,y\n", "'x,y'|'x'|'y'\n", 0, "" },
	{ 2, "a,b", "x,y\r\n,\r\n", "'x,y'|'x'|'y'\n','|''|''\n", 0, "" },
	{ 2, "a,b", " x , y \n", "' x , y '|' x '|' y '\n", 0, "" },
	{ 2, "a,b", "\n\r\nx,y\n\n", "'x,y'|'x'|'y'\n", 0, "" },
	{ 1, "a", "\n\r\nx\n", "''|''\n''|''\n'x'|'x'\n", 0, "" },
	{ 2, "a,b", "\"x\",\"y\"\n", "'\"x\",\"y\"'|'x'|'y'\n", 0, "" },
	{ 2, "a,b", "\"x,\ny\",\"\"\"\"\r\n", "'\"x,\ny\",\"\"\"\"'|'x,\ny'|'\"'\n", 0, "" },
	{ 2, "a,b", "\"\r\n\",\"\"\n", "'\"\r\n\",\"\"'|'\r\n'|''\n", 0, "" },
	{ 2, "a,b", "x\"y,\"\"\n", "'x\"y,\"\"'|'x\"y'|''\n", 0, "" },
	{ 2, "a,b", "x\"\"y\", \"z\"\n", "'x\"\"y\", \"z\"'|'x\"\"y\"'|' \"z\"'\n", 0, "" },
	{ 2, "a,b", "\"a\"\"b\"\"\",\"\"\"c\"\n",
	    "'\"a\"\"b\"\"\",\"\"\"c\"'|'a\"b\"'|'\"c'\n", 0, "" },
	{ 2, "a,b", "x\ry,z\r\r\n", "'x\ry,z\r'|'x\ry'|'z\r'\n", 0, "" },
	{ 4, "a", "1,2,3\n1,2,3,4\n", "'1,2,3,4'|'1'\n", 1, "3 fields instead of 4" },
	{ 4, "a", "1\n1,2,3,4\n", "'1,2,3,4'|'1'\n", 1, "1 field instead of 4" },
	{ 2, "a", "1,2,3\nx,\"y\"\n", "'x,\"y\"'|'x'\n", 1, "3 fields instead of 2" },
	{ 2, "a", "\"1\",2,3\nx,y\n", "'x,y'|'x'\n", 1, "3 fields instead of 2" },
	{ 1, "a", "a,\nb\n", "'b'|'b'\n", 1, "2 fields instead of 1" },
	{ 2, "a,b", "\"x\"y,z\n\"1\" ,2\n3,4\n", "'3,4'|'3'|'4'\n", 2,
	    "text behind a closing quote" },
	{ 2, "a,b", "\"x\"\r,z\n3,4\n", "'3,4'|'3'|'4'\n", 1, "text behind a closing quote" },
	{ 2, "a,b", "\"x\"\"y\"z,\"\n\"\n3,4\n", "'3,4'|'3'|'4'\n", 1,
	    "text behind a closing quote" },
	{ 2, "a,b", "3,4\nx,\"y\nz,1\n", "'3,4'|'3'|'4'\n", 1, "a quote that does not end" },
	{ 2, "a,b", "x,\"y\"\"\n", "", 1, "a quote that does not end" },
	{ 0, "a,b", "1\n1,2\n1,2,3\n\n", "'1'|'1'|~\n'1,2'|'1'|'2'\n'1,2,3'|'1'|'2'\n", 0, "" },
	{ 0, "a,b", "\"1\"\n1,\"2\"\n1,2,\"3\"\n\n",
	    "'\"1\"'|'1'|~\n'1,\"2\"'|'1'|'2'\n'1,2,\"3\"'|'1'|'2'\n", 0, "" },
	{ 2, "a,b", "x,y", "'x,y'|'x'|'y'\n", 0, "" },	/* never asked for, but must not hang */
	{ 2, "a,b", "\"x\",y\r", "'\"x\",y'|'x'|'y'\n", 0, "" },
};

START_TEST(rows)
{
	struct layout layout;
	struct buf shown = { 0 };
	struct bad bad = { 0 };

	layout_make(&layout, cases[_i].places, cases[_i].names);
	for (size_t cap = 1; cap < 5; cap++) {
		bad = (struct bad){ 0 };
		shown.len = 0;
		ck_assert_int_eq(rows_read(&format_csv, &layout, cases[_i].text,
		    strlen(cases[_i].text), cap, &shown, &bad), 0);
		same_text(&shown, cases[_i].rows, "rows");
		ck_assert_uint_eq(bad.n, cases[_i].bad);
		ck_assert_str_eq(bad.why, cases[_i].why);
	}
	buf_free(&shown);
}
END_TEST

START_TEST(bad_records_are_kept)
{
	static const char text[] = "1\r\n\"x\"y,2\n3,4\n5,\"6\n7\n";
	struct layout layout;
	struct bad bad = { .keep = true };

	layout_make(&layout, 2, "a");
	ck_assert_int_eq(rows_read(&format_csv, &layout, text, strlen(text), 9, NULL, &bad), 0);
	same_text(&bad.text, "1\n\"x\"y,2\n5,\"6\n7\n", "bad");
	bad_free(&bad);
}
END_TEST

/* ---- headers ---- */

static const struct {
	const char *text;
	int n;
	const char *names;		/* joined by bars, or the error */
} headers[] = {
	{ "key,amount", 2, "key|amount" },
	{ "key", 1, "key" },
	{ "key,amount\r\n", 2, "key|amount" },
	{ "\xef\xbb\xbfkey,amount\n", 2, "key|amount" },
	{ "\xef\xbb\xbf\"a,b\",\" c\"\"\"", 2, "a,b| c\"" },
	{ "", -1, "the header is blank" },
	{ "\n", -1, "the header is blank" },
	{ "\xef\xbb\xbf", -1, "the header is blank" },
	{ "a,,c", -1, "the header has no name for column 2" },
	{ "a,b,", -1, "the header has no name for column 3" },
	{ "a,\"\",c", -1, "the header has no name for column 2" },
	{ "a,b,\"a\"", -1, "the header has two columns 'a'" },
	{ "a,\"b", -1, "the header is bad: a quote that does not end" },
	{ "\"a\"b,c", -1, "the header is bad: text behind a closing quote" },
};

START_TEST(header)
{
	const char *names[SCHEMA_MAX];
	char *exact = malloc(strlen(headers[_i].text) + 1);
	struct arena arena = { 0 };
	struct buf got = { 0 };
	struct err err = { 0 };
	int n;

	memcpy(exact, headers[_i].text, strlen(headers[_i].text));
	n = format_csv.header(exact, strlen(headers[_i].text), &arena, names, &err);
	free(exact);
	ck_assert_int_eq(n, headers[_i].n);
	for (int i = 0; i < n; i++)
		text_printf(&got, "%s%s", i > 0 ? "|" : "", names[i]);
	if (n == -1)
		text_printf(&got, "%s", err.message);
	same_text(&got, headers[_i].names, "header");
	buf_free(&got);
	arena_free(&arena);
}
END_TEST

START_TEST(wide_headers)
{
	const char *names[SCHEMA_MAX];
	struct arena arena = { 0 };
	struct buf text = { 0 };
	struct err err = { 0 };
	bool reached = true;

	for (int i = 1; i <= SCHEMA_MAX + 2; i++) {
		int n;

		text_printf(&text, "%sc%d", i > 1 ? "," : "", i);
		n = format_csv.header(text.data, text.len, &arena, names, &err);
		ck_assert_int_eq(n, i <= SCHEMA_MAX ? i : -1);
	}
	ck_assert_str_eq(err.message, "the header has more than 256 columns");
	ck_assert_int_eq(format_csv.header("a,b\0c", 5, &arena, names, &err), -1);
	ck_assert_str_eq(err.message, "the name of column 2 has a NUL in it");
	for (uint64_t nth = 1; reached; nth++) {
		arena_free(&arena);
		fault_set(nth, false);
		(void)format_csv.header("\"a\"\"b\",c", 8, &arena, names, &err);
		reached = fault_clear() >= nth;
	}
	arena_free(&arena);
	buf_free(&text);
}
END_TEST

/* ---- random tables ---- */

#define ROWS 40

struct table {
	unsigned	 columns, rows;
	struct value	 cells[ROWS * 6];
	char		 space[ROWS * 6][24];
};

static void
random_table(struct table *t, const char *bytes, size_t variety)
{
	t->columns = 1 + (unsigned)rand_below(6);
	t->rows = (unsigned)rand_below(ROWS + 1);
	for (unsigned i = 0; i < t->rows * t->columns; i++) {
		size_t len = rand_below(3) == 0 ? 0 : rand_below(24);

		rand_bytes(t->space[i], len);
		for (size_t k = 0; variety > 0 && k < len; k++)
			t->space[i][k] = bytes[rand_below(variety)];
		t->cells[i] = value_text(t->space[i], len);
	}
}

static int
read_table(const struct layout *layout, const struct buf *text, size_t split, struct buf *shown)
{
	struct bad bad = { 0 };

	for (size_t at = 0, size; at < text->len; at += size) {
		size = records_skip(text->data + at, text->len - at, 1 + rand_below(split));
		if (rows_read(&format_csv, layout, text->data + at, size, 1 + rand_below(20),
		    shown, &bad) == -1)
			return -1;
	}
	ck_assert_str_eq(bad.why, "");
	return 0;
}

/* What reading the rows of TEXT should give: each record, then the cells it was made of. */
static void
show_table(struct buf *out, const struct table *t, const struct buf *text)
{
	for (size_t r = 0, at = 0, size; r < t->rows; r++, at += size) {
		struct value row[7];

		size = records_skip(text->data + at, text->len - at, 1);
		row[0] = value_text(text->data + at, size - 1);
		memcpy(row + 1, t->cells + r * t->columns, t->columns * sizeof(*row));
		show_row(out, row, t->columns + 1);
	}
}

START_TEST(round_trips)
{
	static const char *const bytes[] = { "", ",\"\r\nx", "abcdefghi", "\"x", "\r\n,", "x,y" };
	struct buf text = { 0 }, shown = { 0 }, want = { 0 };
	struct table *t = malloc(sizeof(*t));

	for (int round = 0; round < 6000; round++) {
		const char *from = bytes[round % 6];
		struct schema s;
		struct layout layout;
		struct block block;
		char list[] = "a,b,c,d,e,f";

		random_table(t, from, strlen(from));
		list[2 * t->columns - 1] = '\0';
		schema_make(&s, list, true);
		layout_make(&layout, t->columns, list);
		text.len = shown.len = want.len = 0;
		block = (struct block){ .cells = t->cells, .width = t->columns,
			.records = t->rows };
		rows_write(&format_csv, &s, &block, "", false, &text);
		show_table(&want, t, &text);
		ck_assert_int_eq(read_table(&layout, &text, 1 + rand_below(ROWS), &shown), 0);
		text_same(&shown, &want, "read back");
	}
	buf_free(&text);
	buf_free(&shown);
	buf_free(&want);
	free(t);
}
END_TEST

/* A quote in sight has a stretch read the slow way, which must not differ. */
START_TEST(fast_and_slow)
{
	static const char bytes[] = ",,\n\n\rxyz ,,,,\n";
	char text[4000] = "\"\"x\n", *plain = text + 4;	/* the first record is bad */
	struct buf fast = { 0 }, slow = { 0 };

	for (int round = 0; round < 3000; round++) {
		size_t len = 1 + rand_below(round % 8 == 0 ? sizeof(text) - 4 : 100);
		struct bad of_fast = { .keep = true }, of_slow = { .keep = true };
		struct layout layout;

		for (size_t i = 0; i < len; i++)
			plain[i] = bytes[rand_below(sizeof(bytes) - 1)];
		plain[len - 1] = '\n';
		layout_make(&layout, (unsigned)rand_below(5), "a,b,c");
		layout.field[1].at = 1 + (unsigned)rand_below(2);
		layout.field[2].at = layout.field[1].at + 1 + (unsigned)rand_below(2);
		fast.len = slow.len = 0;
		bad_record(&of_fast, "\"\"x", 3, "text behind a closing quote");
		DEMAND(rows_read(&format_csv, &layout, plain, len, 7, &fast, &of_fast) == 0);
		DEMAND(rows_read(&format_csv, &layout, text, len + 4, 7, &slow, &of_slow) == 0);
		text_same(&fast, &slow, "fast and slow");
		text_same(&of_fast.text, &of_slow.text, "bad of fast and slow");
		DEMAND(of_fast.n == of_slow.n);
		bad_free(&of_fast);
		bad_free(&of_slow);
	}
	buf_free(&fast);
	buf_free(&slow);
}
END_TEST

/* Records longer than a stretch, and more fields than marks are expected in one. */
START_TEST(long_records)
{
	struct buf text = { 0 }, shown = { 0 }, want = { 0 };
	struct bad bad = { 0 };
	struct layout layout;

	layout_make(&layout, 3, "a,b,c");
	for (size_t len = MARKS_TEXT - 10; len < MARKS_TEXT + 10; len++) {
		char *field = malloc(len);
		struct value row[4];
		size_t at = text.len;

		memset(field, 'x', len);
		text_printf(&text, "1,");
		text_add(&text, field, len);
		text_printf(&text, ",2\r\n");
		row[0] = value_text(text.data + at, text.len - at - 2);
		row[1] = value_text("1", 1);
		row[2] = value_text(field, len);
		row[3] = value_text("2", 1);
		show_row(&want, row, 4);
		text_printf(&text, "%*s\n", (int)rand_below(100), "");
		free(field);
	}
	for (int i = 0; i < 3 * MARKS_TEXT; i++)
		text_add(&text, ",", 1);
	text_add(&text, "\n", 1);
	ck_assert_int_eq(rows_read(&format_csv, &layout, text.data, text.len, 3, &shown, &bad), 0);
	text_same(&shown, &want, "long");
	ck_assert_uint_le(bad.n, 21);
	buf_free(&text);
	buf_free(&shown);
	buf_free(&want);
}
END_TEST

/* ---- writing ---- */

START_TEST(writing)
{
	struct value cells[] = {
		value_text("a", 1), value_int(-7), value_text("x,y", 3), value_double(1.5),
		value_text("\"", 1), value_bool(true), value_text("\r", 1), value_null(),
		value_text(" ", 1), value_bool(false), value_text("", 0), value_double(1e300),
	};
	struct block block = { .cells = cells, .width = 2, .records = 6 };
	struct block lines = { .text = "x,y\r\n\nz\rz\n", .len = 10, .records = 3 };
	struct schema s;
	struct buf out = { 0 };

	schema_make(&s, "k,\"v\"", false);
	rows_write(&format_csv, &s, &block, "12", true, &out);
	same_text(&out, "time,k,\"\"\"v\"\"\"\n12,a,-7\n12,\"x,y\",1.5\n12,\"\"\"\",true\n"
	    "12,\"\r\",\n12, ,false\n12,,1e+300\n", "with time");
	out.len = 0;
	s.columns = 1;
	s.column[0].slot = 1;
	rows_write(&format_csv, &s, &block, "", true, &out);
	same_text(&out, "k\n-7\n1.5\ntrue\n\"\"\nfalse\n1e+300\n", "one column");
	out.len = 0;
	s.column[0].slot = SCHEMA_RECORD;
	rows_write(&format_csv, &s, &lines, "", false, &out);
	same_text(&out, "\"x,y\"\n\"\"\n\"z\rz\"\n", "lines");
	rows_write_short_of_memory(&format_csv, &s, &block);
	rows_write_short_of_memory(&format_csv, &s, &lines);
	buf_free(&out);
}
END_TEST

START_TEST(no_memory)
{
	static const char text[] = "a,b\n\"x\"\"\",1\n1,2,3\n\"y\n\",\"\"\"\"\nq,\"\n";
	struct layout layout;

	layout_make(&layout, 2, "a,b");
	rows_read_short_of_memory(&format_csv, &layout, text, strlen(text));
}
END_TEST

Suite *
csv_suite(void)
{
	Suite *suite = suite_create("csv");
	TCase *tc = case_add(suite, "csv");

	tcase_add_loop_test(tc, rows, 0, COUNT(cases));
	tcase_add_test(tc, bad_records_are_kept);
	tcase_add_loop_test(tc, header, 0, COUNT(headers));
	tcase_add_test(tc, wide_headers);
	tcase_add_test(tc, round_trips);
	tcase_add_test(tc, fast_and_slow);
	tcase_add_test(tc, long_records);
	tcase_add_test(tc, writing);
	tcase_add_test(tc, no_memory);
	return suite;
}
