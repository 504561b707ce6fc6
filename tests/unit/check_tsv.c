/* Unit tests of src/core/tsv.c: escapes, the time column, headers, rows as lines, big rows. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/scan.h"
#include "core/tsv.h"
#include "util.h"

Suite *tsv_suite(void);

static struct value
text_value(const char *text, size_t len)
{
	return (struct value){ .kind = VALUE_TEXT, .text = text, .len = len };
}

static struct value
int_value(int64_t i)
{
	return (struct value){ .kind = VALUE_INT, .i = i };
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
	struct value v = text_value(texts[_i].text, texts[_i].len);
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
		struct value v = text_value(text, 3);
		struct buf out = { 0 };

		DEMAND(tsv_field(&out, &v) == 0);
		DEMAND(out.len == (byte == 0 || strchr("\t\n\r\\", byte) == NULL ? 3 : 4));
		buf_free(&out);
	}
}
END_TEST

static const struct {
	int64_t us;
	enum time_format format;
	const char *want;
} times[] = {
	{ INT64_C(1795389000000000), TIME_ISO, "2026-11-22T23:10:00.000Z\t" },
	{ INT64_C(1795389000123456), TIME_ISO, "2026-11-22T23:10:00.123Z\t" },
	{ 0, TIME_ISO, "1970-01-01T00:00:00.000Z\t" },
	{ -1, TIME_ISO, "1969-12-31T23:59:59.999Z\t" },
	{ -1000, TIME_ISO, "1969-12-31T23:59:59.999Z\t" },
	{ INT64_C(1795389000000000), TIME_EPOCH, "1795389000\t" },
	{ INT64_C(1795389000500000), TIME_EPOCH, "1795389000.500\t" },
	{ INT64_C(1795389000007000), TIME_EPOCH, "1795389000.007\t" },
	{ INT64_C(1795389000000999), TIME_EPOCH, "1795389000\t" },
	{ 0, TIME_EPOCH, "0\t" },
	{ 1000, TIME_EPOCH, "0.001\t" },
	{ -1000000, TIME_EPOCH, "-1\t" },
	{ -1500000, TIME_EPOCH, "-1.500\t" },
	{ -500000, TIME_EPOCH, "-0.500\t" },
	{ -1000, TIME_EPOCH, "-0.001\t" },
	{ INT64_C(1795389000500000), TIME_EPOCH_MS, "1795389000500\t" },
	{ 0, TIME_EPOCH_MS, "0\t" },
	{ -1, TIME_EPOCH_MS, "-1\t" },
	{ -1500000, TIME_EPOCH_MS, "-1500\t" },
	{ INT64_C(1795389000500000), TIME_NONE, "" },
	{ INT64_MAX, TIME_ISO, "9999-12-31T23:59:59.999Z\t" },
	{ INT64_MIN, TIME_ISO, "0000-01-01T00:00:00.000Z\t" },
	{ INT64_MAX, TIME_EPOCH, "9223372036854.775\t" },
	{ INT64_MAX, TIME_EPOCH_MS, "9223372036854775\t" },
};

START_TEST(time_column)
{
	struct tsv t = { .format = times[_i].format };

	tsv_set_time(&t, times[_i].us);
	ck_assert_uint_le(t.time_len, sizeof(t.time));
	same(&(struct buf){ .data = t.time, .len = t.time_len }, times[_i].want,
	    strlen(times[_i].want));
}
END_TEST

START_TEST(rows_and_lines)
{
	struct value cells[] = {
		text_value("a\tb", 3), int_value(7), text_value("", 0), int_value(INT64_MIN),
	};
	struct block rows = { .cells = cells, .columns = 2, .records = 2 };
	struct block lines = { .text = "x\ty\r\n\n\r\nz\rz\n", .len = 12, .records = 4 };
	struct tsv t = { .format = TIME_EPOCH };

	tsv_set_time(&t, 3000000);
	ck_assert_int_eq(tsv_block(&t, &rows), 0);
	ck_assert_int_eq(tsv_block(&t, &lines), 0);
	same(&t.out, S("3\ta\\tb\t7\n3\t\t-9223372036854775808\n"
	    "3\tx\\ty\n3\t\n3\t\n3\tz\\rz\n"));
	t.out.len = 0;
	t.format = TIME_NONE;
	tsv_set_time(&t, 3000000);
	ck_assert_int_eq(tsv_block(&t, &rows), 0);
	ck_assert_int_eq(tsv_block(&t, &lines), 0);
	same(&t.out, S("a\\tb\t7\n\t-9223372036854775808\nx\\ty\n\n\nz\\rz\n"));
	buf_free(&t.out);
}
END_TEST

START_TEST(header)
{
	struct schema s = { .columns = 3, .name = { "word", "a\tb", "count" } };
	struct tsv t = { .format = TIME_ISO };

	ck_assert_int_eq(tsv_header(&t, &s), 0);
	t.format = TIME_NONE;
	s.columns = 1;
	ck_assert_int_eq(tsv_header(&t, &s), 0);
	same(&t.out, S("time\tword\ta\\tb\tcount\nword\n"));
	buf_free(&t.out);
}
END_TEST

/* Rows become lines that may be scanned as any block: each a record, the pad readable. */
START_TEST(lines_of_rows)
{
	struct value cells[200];
	struct block rows = { .cells = cells, .columns = 2, .records = 100 }, lines;
	struct buf space = { 0 };
	uint64_t masks[8];

	for (int i = 0; i < 200; i++)
		cells[i] = i % 2 == 0 ? text_value("k\n", 2) : int_value(i);
	for (int round = 0; round < 2; round++) {
		ck_assert_int_eq(tsv_lines(&rows, &space, &lines), 0);
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
	struct value cell = text_value(text, SIZE);
	struct block row = { .cells = &cell, .columns = 1, .records = 1 };
	struct tsv t = { .format = TIME_NONE };

	memset(text, '\t', SIZE);
	tsv_set_time(&t, 0);
	ck_assert_int_eq(tsv_block(&t, &row), 0);
	ck_assert_uint_eq(t.out.len, 2 * SIZE + 1);
	ck_assert_mem_eq(t.out.data + 2 * SIZE - 2, "\\t\n", 3);
	buf_free(&t.out);
	free(text);
}
END_TEST

START_TEST(memory_fails)
{
	struct value cells[] = { text_value("word", 4), int_value(1) };
	struct block rows = { .cells = cells, .columns = 2, .records = 1 }, lines;
	struct schema s = { .columns = 1, .name = { "word" } };
	struct tsv t = { .format = TIME_ISO };
	struct buf space = { 0 };

	tsv_set_time(&t, 0);
	fault_set(1, true);
	ck_assert_int_eq(tsv_block(&t, &rows), -1);
	ck_assert_int_eq(tsv_header(&t, &s), -1);
	ck_assert_int_eq(tsv_lines(&rows, &space, &lines), -1);
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
	tcase_add_loop_test(tc, time_column, 0, COUNT(times));
	tcase_add_test(tc, rows_and_lines);
	tcase_add_test(tc, header);
	tcase_add_test(tc, lines_of_rows);
	tcase_add_test(tc, big_row);
	tcase_add_test(tc, memory_fails);
	return suite;
}
