/* Unit tests of src/core/tsv.c and format/tsv.c: escapes, the time in front, headers,
 * rows as lines, big rows. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/scan.h"
#include "core/encode.h"
#include "core/tsv.h"
#include "format/format_table.h"
#include "util.h"

Suite *tsv_suite(void);

/* The first N of these columns, each in the cell of its number. */
static struct schema
columns(unsigned n)
{
	static const char *const names[] = { "word", "a\tb", "count" };
	struct schema s = { .columns = 0 };
	struct err err;

	for (unsigned i = 0; i < n; i++)
		DEMAND(schema_add(&s, names[i], true, &err) == 0);
	return s;
}

static int
encode_rows(struct encoder *e, unsigned n, const struct block *b)
{
	const struct schema s = columns(n);

	return format_find("tsv")->rows(e, &s, b);
}

static int
encode_head(struct encoder *e, unsigned n)
{
	const struct schema s = columns(n);

	return format_find("tsv")->head(e, &s);
}

static void
same(struct buf *got, const char *want, size_t len)
{
	struct buf b = { 0 };

	text_add(&b, want, len);
	text_same(got, &b, "encoded");
	buf_free(&b);
}

#define S(literal) (literal), sizeof(literal) - 1

static const struct {
	const char *text;
	size_t len;
	const char *want;
	size_t want_len;
} texts[] = {
	{ S(""), S("") },
	{ S("plain"), S("plain") },
	{ S("\t"), S("\\t") },
	{ S("\n"), S("\\n") },
	{ S("\r"), S("\\r") },
	{ S("\\"), S("\\\\") },
	{ S("\\t"), S("\\\\t") },
	{ S("a\tb\nc\rd\\e"), S("a\\tb\\nc\\rd\\\\e") },
	{ S("\0"), S("\0") },
	{ S("a\0\tb\0"), S("a\0\\tb\0") },
	{ S("\xff\x80\v\f\x1b\x7f"), S("\xff\x80\v\f\x1b\x7f") },
	{ S("\xc3\xa4\xe2\x82\xac"), S("\xc3\xa4\xe2\x82\xac") },
	{ S("\\N"), S("\\\\N") },
};

START_TEST(field)
{
	struct value v = value_text(texts[_i].text, texts[_i].len);
	struct buf out = { 0 };

	ck_assert_int_eq(tsv_field(&out, &v), 0);
	same(&out, texts[_i].want, texts[_i].want_len);
	buf_free(&out);
}
END_TEST

/* Of all bytes, only four are changed. */
START_TEST(every_byte)
{
	for (int byte = 0; byte < 256; byte++) {
		char text[3] = { 'x', (char)byte, 'y' };
		struct value v = value_text(text, 3);
		struct buf out = { 0 };

		DEMAND(tsv_field(&out, &v) == 0);
		DEMAND(out.len == (byte == 0 || strchr("\t\n\r\\", byte) == NULL ? 3 : 4));
		buf_free(&out);
	}
}
END_TEST

START_TEST(rows_and_lines)
{
	struct value cells[] = {
		value_text("a\tb", 3), value_int(7), value_text("", 0), value_int(INT64_MIN),
	};
	struct block rows = { .cells = cells, .width = 2, .records = 2 };
	struct block lines = { .text = "x\ty\r\n\n\r\nz\rz\n", .len = 12, .records = 4 };
	struct encoder t = { 0 };

	encode_time(&t, TIME_EPOCH, 3000000);
	ck_assert_int_eq(encode_rows(&t, 2, &rows), 0);
	ck_assert_int_eq(encode_rows(&t, 1, &lines), 0);
	same(&t.out, S("3\ta\\tb\t7\n3\t\t-9223372036854775808\n"
	    "3\tx\\ty\n3\t\n3\t\n3\tz\\rz\n"));
	t.out.len = 0;
	encode_time(&t, TIME_NONE, 3000000);
	ck_assert_int_eq(encode_rows(&t, 2, &rows), 0);
	ck_assert_int_eq(encode_rows(&t, 1, &lines), 0);
	same(&t.out, S("a\\tb\t7\n\t-9223372036854775808\nx\\ty\n\n\nz\\rz\n"));
	buf_free(&t.out);
}
END_TEST

START_TEST(header)
{
	struct encoder t = { 0 };

	encode_time(&t, TIME_ISO, 0);
	ck_assert_int_eq(encode_head(&t, 3), 0);
	encode_time(&t, TIME_NONE, 0);
	ck_assert_int_eq(encode_head(&t, 1), 0);
	same(&t.out, S("time\tword\ta\\tb\tcount\nword\n"));
	buf_free(&t.out);
}
END_TEST

/* Rows become lines that may be scanned as any block: each a record, the pad readable. */
START_TEST(lines_of_rows)
{
	struct value cells[200];
	struct block rows = { .cells = cells, .width = 2, .records = 100 }, lines;
	struct buf space = { 0 };
	uint64_t masks[8];

	for (int i = 0; i < 200; i++)
		cells[i] = i % 2 == 0 ? value_text("k\n", 2) : value_int(i);
	for (int round = 0; round < 2; round++) {
		ck_assert_int_eq(tsv_lines(&rows, 2, &space, &lines), 0);
		ck_assert_uint_eq(lines.records, rows.records);
		ck_assert_uint_eq(scan_best()->newlines(lines.text, lines.len), rows.records);
		(void)scan_best()->spaces(masks, lines.text + lines.len, SCAN_PAD / 64);
		rows.records = 1;
	}
	ck_assert_uint_eq(lines.len, 6);
	ck_assert_mem_eq(lines.text, "k\\n\t1\n", 6);
	buf_free(&space);
}
END_TEST

START_TEST(big_row)
{
	enum { SIZE = 5000000 };
	char *text = malloc(SIZE);
	struct value cell = value_text(text, SIZE);
	struct block row = { .cells = &cell, .width = 1, .records = 1 };
	struct encoder t = { 0 };

	memset(text, '\t', SIZE);
	encode_time(&t, TIME_NONE, 0);
	ck_assert_int_eq(encode_rows(&t, 1, &row), 0);
	ck_assert_uint_eq(t.out.len, 2 * SIZE + 1);
	ck_assert_mem_eq(t.out.data + 2 * SIZE - 2, "\\t\n", 3);
	buf_free(&t.out);
	free(text);
}
END_TEST

START_TEST(memory_fails)
{
	struct value cells[] = { value_text("word", 4), value_int(1) };
	struct block rows = { .cells = cells, .width = 2, .records = 1 }, lines;
	struct encoder t = { 0 };
	struct buf space = { 0 };

	encode_time(&t, TIME_ISO, 0);
	fault_set(1, true);
	ck_assert_int_eq(encode_rows(&t, 2, &rows), -1);
	ck_assert_int_eq(encode_head(&t, 1), -1);
	ck_assert_int_eq(tsv_lines(&rows, 2, &space, &lines), -1);
	ck_assert_int_eq(tsv_field(&space, &cells[1]), -1);
	(void)fault_clear();
}
END_TEST

Suite *
tsv_suite(void)
{
	Suite *suite = suite_create("tsv");
	TCase *tc = case_add(suite, "tsv");

	tcase_add_loop_test(tc, field, 0, COUNT(texts));
	tcase_add_test(tc, every_byte);
	tcase_add_test(tc, rows_and_lines);
	tcase_add_test(tc, header);
	tcase_add_test(tc, lines_of_rows);
	tcase_add_test(tc, big_row);
	tcase_add_test(tc, memory_fails);
	return suite;
}
