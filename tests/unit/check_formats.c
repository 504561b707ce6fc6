/*
 * Unit tests of what is small in src/format: the table of formats, lines, and tsv (escapes, null,
 * ragged rows, headers; random tables written and read back; the fast way against the slow one; no
 * memory).
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "format/format_table.h"
#include "rows_util.h"

Suite *formats_suite(void);

extern const struct format_class format_lines, format_tsv;

#define S(literal) (literal), sizeof(literal) - 1

/* ---- the table ---- */

START_TEST(table)
{
	size_t n = 0;

	for (; formats[n] != NULL; n++) {
		const struct format_class *f = formats[n];

		ck_assert_uint_ge(strlen(f->name), 1);
		ck_assert_uint_ge(strlen(f->help), 1);
		ck_assert_uint_le(strlen(f->help), 60);
		ck_assert(f->read != NULL || f->rows != NULL);
		ck_assert((f->rows == NULL) == (f->head == NULL));
		ck_assert(((f->flags & FORMAT_HEADER) != 0) == (f->header != NULL));
		ck_assert((f->flags & FORMAT_HEADER) == 0 || (f->flags & FORMAT_OPEN) == 0);
		for (size_t i = 0; i < n; i++)
			ck_assert_str_ne(f->name, formats[i]->name);
	}
	ck_assert_uint_ge(n, 1);
	ck_assert_ptr_eq(formats[0], &format_lines);
}
END_TEST

/* ---- what is read ---- */

static const struct {
	const struct format_class *format;
	unsigned places;
	const char *names, *text, *rows;
	unsigned bad;
	const char *why;
} cases[] = {
	{ &format_lines, 0, "", "a,b\tc\r\n\n \\t\n", "'a,b\tc'\n''\n' \\t'\n", 0, "" },
	{ &format_tsv, 2, "a,b", "x\ty\n", "'x\ty'|'x'|'y'\n", 0, "" },
	{ &format_tsv, 2, "a,b", "x\ty\r\n\t\r\n", "'x\ty'|'x'|'y'\n'\t'|''|''\n", 0, "" },
	{ &format_tsv, 2, "a,b", "\n\r\nx\ty\n", "'x\ty'|'x'|'y'\n", 0, "" },
	{ &format_tsv, 2, "a,b", "\n\\N\ty\n\n", "'\\N\ty'|~|'y'\n", 0, "" },
	{ &format_tsv, 1, "a", "\n\r\n\\\\\n", "''|''\n''|''\n'\\\\'|'\\'\n", 0, "" },
	{ &format_tsv, 2, "a,b", "a\\tb\\nc\tr\\rs\\\\t\n",
	    "'a\\tb\\nc\tr\\rs\\\\t'|'a\tb\nc'|'r\rs\\t'\n", 0, "" },
	{ &format_tsv, 2, "a,b", "\\x\\\tC:\\dir\n", "'\\x\\\tC:\\dir'|'\\x\\'|'C:\\dir'\n", 0,
	    "" },
	{ &format_tsv, 2, "a,b", "\\N\\N\t\\\\N\n", "'\\N\\N\t\\\\N'|'\\N\\N'|'\\N'\n", 0, "" },
	{ &format_tsv, 2, "a", "\"x\ty\"\n", "'\"x\ty\"'|'\"x'\n", 0, "" },
	{ &format_tsv, 4, "a", "1\t2\t3\n1\t2\t3\t4\n", "'1\t2\t3\t4'|'1'\n", 1,
	    "3 fields instead of 4" },
	{ &format_tsv, 4, "a", "\\t\n1\t2\t3\t4\n", "'1\t2\t3\t4'|'1'\n", 1,
	    "1 field instead of 4" },
	{ &format_tsv, 0, "a,b", "1\n1\t2\n\\t\n", "'1'|'1'|~\n'1\t2'|'1'|'2'\n'\\t'|'\t'|~\n", 0,
	    "" },
};

START_TEST(reading)
{
	struct layout layout;
	struct buf shown = { 0 };
	struct bad bad;

	layout_make(&layout, cases[_i].places, cases[_i].names);
	for (size_t cap = 1; cap < 5; cap++) {
		bad = (struct bad){ 0 };
		shown.len = 0;
		ck_assert_int_eq(rows_read(cases[_i].format, &layout, cases[_i].text,
		    strlen(cases[_i].text), cap, &shown, &bad), 0);
		same_text(&shown, cases[_i].rows, "rows");
		ck_assert_uint_eq(bad.n, cases[_i].bad);
		ck_assert_str_eq(bad.why, cases[_i].why);
	}
	buf_free(&shown);
}
END_TEST

START_TEST(tsv_header)
{
	const char *names[SCHEMA_MAX];
	struct arena arena = { 0 };
	struct err err;

	ck_assert_int_eq(format_tsv.header(S("\xef\xbb\xbfkey\ta\\tb\r\n"), &arena, names, &err),
	    2);
	ck_assert_str_eq(names[0], "key");
	ck_assert_str_eq(names[1], "a\tb");
	ck_assert_int_eq(format_tsv.header(S("a\t\\N"), &arena, names, &err), -1);
	ck_assert_str_eq(err.message, "the header is bad: 2 fields instead of 1");
	ck_assert_int_eq(format_tsv.header(S("\\N"), &arena, names, &err), -1);
	ck_assert_str_eq(err.message, "the header has no name for column 1");
	ck_assert_int_eq(format_tsv.header(S("a\tb\ta"), &arena, names, &err), -1);
	ck_assert_str_eq(err.message, "the header has two columns 'a'");
	arena_free(&arena);
}
END_TEST

/* ---- random tables ---- */

#define COLUMNS 4
#define ROWS 30

static void
random_cells(struct value *cells, char (*space)[24], size_t n, const char *bytes)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = rand_below(24);

		rand_bytes(space[i], len);
		for (size_t k = 0; *bytes != '\0' && k < len; k++)
			space[i][k] = bytes[rand_below(strlen(bytes))];
		cells[i] = rand_below(9) == 0 ? value_null() : value_text(space[i], len);
	}
}

/* Each row as it should be read: its line, and then the cells it was made of. */
static void
show_cells(struct buf *out, const struct value *cells, size_t rows, const struct buf *text)
{
	const char *at = text->data, *end = text->data + text->len;

	for (size_t r = 0; r < rows; r++) {
		struct value row[COLUMNS + 1];
		const char *line = at;
		size_t len;

		at = line_next(at, end, &len);
		row[0] = value_text(line, len);
		memcpy(row + 1, cells + r * COLUMNS, sizeof(*cells) * COLUMNS);
		show_row(out, row, COLUMNS + 1);
	}
}

START_TEST(tsv_round_trips)
{
	static const char *const bytes[] = { "", "\t\n\r\\N", "abcdefghi", "tnr\\" };
	struct buf text = { 0 }, shown = { 0 }, want = { 0 };
	static struct value cells[ROWS * COLUMNS];
	static char space[ROWS * COLUMNS][24];

	for (int round = 0; round < 4000; round++) {
		size_t rows = 1 + rand_below(ROWS);
		struct bad bad = { 0 };
		struct schema s;
		struct layout layout;
		struct block b = { .cells = cells, .width = COLUMNS, .records = rows };

		random_cells(cells, space, rows * COLUMNS, bytes[round % 4]);
		schema_make(&s, "a,b,c,d", true);
		layout_make(&layout, COLUMNS, "a,b,c,d");
		text.len = shown.len = want.len = 0;
		rows_write(&format_tsv, &s, &b, "", false, &text);
		show_cells(&want, cells, rows, &text);
		ck_assert_int_eq(rows_read(&format_tsv, &layout, text.data, text.len,
		    1 + rand_below(20), &shown, &bad), 0);
		ck_assert_str_eq(bad.why, "");
		text_same(&shown, &want, "read back");
	}
	buf_free(&text);
	buf_free(&shown);
	buf_free(&want);
}
END_TEST

/* A backslash in sight has a stretch read the slow way, which must not differ. */
START_TEST(tsv_fast_and_slow)
{
	static const char bytes[] = "\t\t\n\n\rxyz \t\t\t\t\n";
	char text[1000] = "\\\n", *plain = text + 2;
	struct buf fast = { 0 }, slow = { 0 };

	for (int round = 0; round < 2000; round++) {
		size_t len = 1 + rand_below(sizeof(text) - 2);
		struct bad of_fast = { .keep = true }, of_slow = { .keep = true };
		struct layout layout;

		for (size_t i = 0; i < len; i++)
			plain[i] = bytes[rand_below(sizeof(bytes) - 1)];
		plain[len - 1] = '\n';
		layout_make(&layout, 2 + (unsigned)rand_below(3), "a,b,c");
		layout.field[2].at = 2 + (unsigned)rand_below(2);
		fast.len = slow.len = 0;
		bad_record(&of_fast, "\\", 1, "1 field");
		DEMAND(rows_read(&format_tsv, &layout, plain, len, 7, &fast, &of_fast) == 0);
		DEMAND(rows_read(&format_tsv, &layout, text, len + 2, 7, &slow, &of_slow) == 0);
		text_same(&fast, &slow, "fast and slow");
		text_same(&of_fast.text, &of_slow.text, "bad of fast and slow");
		bad_free(&of_fast);
		bad_free(&of_slow);
	}
	buf_free(&fast);
	buf_free(&slow);
}
END_TEST

START_TEST(tsv_writing)
{
	struct value cells[] = {
		value_text("a\tb", 3), value_int(-7), value_null(), value_double(0.1),
		value_text("\\N", 2), value_bool(true), value_text("", 0), value_bool(false),
	};
	struct block b = { .cells = cells, .width = 2, .records = 4 };
	struct block lines = { .text = "x\ty\r\n\n", .len = 6, .records = 2 };
	struct buf out = { 0 };
	struct schema s;

	schema_make(&s, "k\n,v", false);
	rows_write(&format_tsv, &s, &b, "12", true, &out);
	same_text(&out,
	    "time\tk\\n\tv\n12\ta\\tb\t-7\n12\t\\N\t0.1\n12\t\\\\N\ttrue\n12\t\tfalse\n",
	    "with time");
	out.len = 0;
	s.columns = 1;
	s.column[0].slot = 1;
	rows_write(&format_tsv, &s, &b, "", true, &out);
	same_text(&out, "k\\n\n-7\n0.1\ntrue\nfalse\n", "one column");
	out.len = 0;
	s.column[0].slot = SCHEMA_RECORD;
	rows_write(&format_tsv, &s, &lines, "5", false, &out);
	same_text(&out, "5\tx\\ty\n5\t\n", "lines");
	rows_write_short_of_memory(&format_tsv, &s, &b);
	buf_free(&out);
}
END_TEST

START_TEST(no_memory)
{
	struct layout layout;

	layout_make(&layout, 2, "a,b");
	rows_read_short_of_memory(&format_tsv, &layout, S("a\\tb\t1\n1\n\\\\\t\\N\n"));
	layout_make(&layout, 0, "");
	rows_read_short_of_memory(&format_lines, &layout, S("a\nb\n"));
}
END_TEST

Suite *
formats_suite(void)
{
	Suite *suite = suite_create("formats");
	TCase *tc = case_add(suite, "formats");

	tcase_add_test(tc, table);
	tcase_add_loop_test(tc, reading, 0, COUNT(cases));
	tcase_add_test(tc, tsv_header);
	tcase_add_test(tc, tsv_round_trips);
	tcase_add_test(tc, tsv_fast_and_slow);
	tcase_add_test(tc, tsv_writing);
	tcase_add_test(tc, no_memory);
	return suite;
}
