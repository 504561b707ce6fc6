/*
 * Unit tests of src/core/quotes.c: where records end, against a machine that goes byte by byte, for
 * any split into calls and on all scan paths; skipping records.
 */

#include <check.h>
#include <string.h>

#include "core/quotes.h"
#include "util.h"

Suite *quotes_suite(void);

#define LENGTH 200

static const struct {
	const char *text;
	size_t behind;		/* the last record end */
	uint64_t records;
	bool open;
} cases[] = {
	{ "", 0, 0, false },
	{ "a", 0, 0, false },
	{ "a\n", 2, 1, false },
	{ "a\nb\nc", 4, 2, false },
	{ "\"a\nb\"\nc\n", 8, 2, false },
	{ "\"a\nb", 0, 0, true },
	{ "\"a\"\"\nb\"\n", 8, 1, false },
	{ "\"a\"\"\nb\n", 0, 0, true },
	{ "a\"b\nc\"d\n", 8, 2, false },		/* not at the start of a field */
	{ " \"b\nc\n", 6, 2, false },
	{ "x,\"\n\",\"\n\"\ny", 10, 1, false },
	{ "\"a\"b\nc\n", 7, 2, false },			/* text behind a closing quote */
	{ "\"a\"b\"\nc\n", 8, 2, false },
	{ "\"a\"b,\"\n\"\n", 9, 1, false },
	{ "\"a\" \"\n", 6, 1, false },
	{ "\"\"\n", 3, 1, false },
	{ "\"\"\"\n\"\"\"\n", 8, 1, false },
	{ "\"\r\n\"\r\n", 6, 1, false },
};

START_TEST(records)
{
	char space[64 + SCAN_PAD] = { 0 };
	struct quotes q = { 0 };
	uint64_t n = 0;
	size_t len = strlen(cases[_i].text);

	strcpy(space, cases[_i].text);
	ck_assert_uint_eq(quotes_scan(&q, scan_best(), space, len, &n), cases[_i].behind);
	ck_assert_uint_eq(n, cases[_i].records);
	ck_assert_int_eq(quotes_open(&q), cases[_i].open);
	ck_assert_uint_eq(records_skip(space, len, n), cases[_i].behind);
}
END_TEST

/* The offsets behind all record ends, the simple way; how many. */
static size_t
naive(const char *text, size_t len, size_t *behind)
{
	bool start = true, inside = false, closed = false;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (inside) {
			inside = c != '"';
			closed = c == '"';
			start = false;
		} else if (c == '"' && (start || closed)) {
			inside = true;
		} else {
			start = c == ',' || c == '\n';
			closed = false;
			if (c == '\n')
				behind[n++] = i + 1;
		}
	}
	return n;
}

/* Cuts TEXT into calls of up to MOST bytes; each must tell the ends in its own bytes. */
static void
check_split(const struct scan *scan, const char *text, size_t len, size_t most,
    const size_t *behind)
{
	struct quotes q = { 0 };
	size_t seen = 0;

	for (size_t at = 0, size; at < len; at += size) {
		uint64_t n = 0;
		size_t last;

		size = 1 + rand_below(most);
		if (size > len - at)
			size = len - at;
		last = quotes_scan(&q, scan, text + at, size, &n);
		seen += n;
		DEMAND(n == 0 ? last == 0 : last + at == behind[seen - 1]);
	}
	DEMAND(len == 0 || seen == naive(text, len, (size_t[LENGTH]){ 0 }));
}

START_TEST(as_the_naive_one)
{
	static const char bytes[] = "\"\",\n\r \"xyzxyzxyz\"\n,";
	const struct scan *scan = scan_nth((size_t)_i);
	char text[LENGTH + SCAN_PAD];
	size_t behind[LENGTH];

	for (int round = 0; scan != NULL && round < 20000; round++) {
		size_t len = rand_below(LENGTH + 1), n, variety = 4 + rand_below(sizeof(bytes) - 5);

		memset(text, '\n', sizeof(text));
		for (size_t i = 0; i < len; i++)
			text[i] = bytes[rand_below(round % 4 == 0 ? sizeof(bytes) - 1 : variety)];
		n = naive(text, len, behind);
		check_split(scan, text, len, 1 + rand_below(LENGTH), behind);
		for (size_t i = 0; i < n; i++)
			DEMAND(records_skip(text, len, i + 1) == behind[i]);
		DEMAND(records_skip(text, len, 0) == 0);
		DEMAND(records_skip(text, len, n + 1) == len);
	}
}
END_TEST

Suite *
quotes_suite(void)
{
	Suite *suite = suite_create("quotes");
	TCase *tc = case_add(suite, "quotes");

	tcase_add_loop_test(tc, records, 0, COUNT(cases));
	tcase_add_loop_test(tc, as_the_naive_one, 0, 4);
	return suite;
}
