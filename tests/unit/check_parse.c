/* Unit tests of src/stage/parse*.c: against grep of the same lines, and case by case. */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "flow_util.h"

Suite *parse_suite(void);

#define BATCHES 4

static const char *const pieces[] = {
	"10.0.0.1", "GET", " ", " ", "/a/b", "200", "404", "\xff", "\xc3\xa4", "x=1", "", "5",
};

static void
random_line(struct buf *line)
{
	for (uint64_t n = rand_below(8); n > 0; n--)
		text_printf(line, "%s", pieces[rand_below(COUNT(pieces))]);
}

/* Digits from AT on; how many. */
static size_t
digits(const char *line, size_t len, size_t at)
{
	size_t n = 0;

	while (at + n < len && line[at + n] >= '0' && line[at + n] <= '9')
		n++;
	return n;
}

/*
 * What '(?<verb>[A-Z]+)?(?<number>\d+)' takes of a line, first match; false if it does not
 * match.
 */
static bool
want_match(const char *line, size_t len, struct buf *row)
{
	for (size_t at = 0; at < len; at++) {
		size_t verb = 0, number;

		while (at + verb < len && line[at + verb] >= 'A' && line[at + verb] <= 'Z')
			verb++;
		number = digits(line, len, at + verb);
		if (number == 0) {
			verb = 0;
			number = digits(line, len, at);
		}
		if (number == 0)
			continue;
		if (verb == 0)
			text_add(row, "\\N", 2);
		else
			text_add(row, line + at, verb);
		text_add(row, "\t", 1);
		text_add(row, line + at + verb, number);
		return true;
	}
	text_add(row, "\\N\t\\N", 5);
	return false;
}

static const struct {
	const char	*line;
	bool		 optional;
} flows[] = {
	{ "parse regex (?<verb>[A-Z]+)?(?<number>\\d+)", false },
	{ "parse --optional regex (?<verb>[A-Z]+)?(?<number>\\d+) line", true },
};

START_TEST(regex_model)
{
	for (int round = 0; round < 40; round++) {
		struct buf batch[BATCHES] = { { 0 } }, want = { 0 };
		struct flow f = { .line = flows[_i].line };
		uint64_t bad = 0, n = 0;

		for (int b = 0; b < BATCHES; b++)
			for (uint64_t k = rand_below(30); k > 0; k--, n++) {
				struct buf line = { 0 }, row = { 0 };
				bool match;

				text_add(&line, "", 0);
				random_line(&line);
				match = want_match(line.data, line.len, &row);
				bad += !match;
				text_add(&batch[b], line.data, line.len);
				text_add(&batch[b], "\n", 1);
				if (match || flows[_i].optional) {
					text_printf(&want, "%lld\t", (long long)FLOW_START + b + 1);
					text_add(&want, line.data, line.len);
					text_add(&want, "\t", 1);
					text_add(&want, row.data, row.len);
					text_add(&want, "\n", 1);
				}
				buf_free(&line);
				buf_free(&row);
			}
		for (int pieces_too = 0; pieces_too < 2; pieces_too++) {
			struct buf out = { 0 };
			struct flow_end end;

			flow_run(&f, batch, BATCHES, pieces_too == 1, &out, &end);
			text_same(&out, &want, f.line);
			ck_assert_uint_eq(end.bad, flows[_i].optional ? 0 : bad);
			ck_assert_uint_eq(end.records, n);
			ck_assert_uint_eq(end.counted + end.bad, n);
			buf_free(&out);
		}
		for (int b = 0; b < BATCHES; b++)
			buf_free(&batch[b]);
		buf_free(&want);
	}
}
END_TEST

#define AT "1795389001\t"

static const struct {
	const char	*line, *format, *columns, *records, *want;
	uint64_t	 bad;
	const char	*why;
} examples[] = {
	{ "parse regex (?<a>x*)(?<b>y)?", NULL, NULL, "xxy\nx\n\n",
	    AT "xxy\txx\ty\n" AT "x\tx\t\\N\n" AT "\t\t\\N\n", 0, "" },
	{ "parse regex (?<n>\\d+)(\\.(?<f>\\d+))? then countby n,f", NULL, NULL, "1.5\n1\n1.5\n",
	    AT "1\t5\t2\n" AT "1\t\\N\t1\n", 0, "" },
	{ "parse regex ^(?<n>(a|aa)+)$", NULL, NULL, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\naa\n",
	    AT "aa\taa\n", 1, "parse: regex: the pattern" },
	{ "parse json", NULL, NULL, "{\"a\":1}\n", AT "{\"a\":1}\n", 0, "" },
	{ "parse json then countby a,b", NULL, NULL, "{\"a\":1,\"b\":\"x\"}\n{\"a\":1.0}\nno\n",
	    AT "1\t\\N\t1\n" AT "1\tx\t1\n", 1, "parse: json: " },
	{ "parse json -c b,a then select b,a", NULL, NULL, "{\"a\":1,\"b\":\"x\\u0041\"}\n\n",
	    AT "xA\t1\n", 1, "parse: json: there is nothing in it" },
	{ "parse logfmt then select q,k", NULL, NULL, "k=v q=\"a b\"\nk\n",
	    AT "a b\tv\n" AT "\\N\ttrue\n", 0, "" },
	{ "parse csv v -c x,y then select y,id", "csv", "id,v",
	    "1,\"a,\"\"b\"\"\"\n2,3\n3,\"p,q\"\n",
	    AT "b\t1\n" AT "q\t3\n", 1, "parse: csv: 1 field instead of 2" },
	{ "parse tsv -o v -c x then select v,x", "json", NULL,
	    "{\"v\":\"a\\\\tb\"}\n{\"v\":\"a\\nb\"}\n{\"v\":null}\n{\"v\":\"\"}\n",
	    AT "a\\\\tb\ta\\tb\n" AT "a\\nb\t\\N\n" AT "\\N\t\\N\n" AT "\t\n", 0, "" },
	{ "parse tsv v -c x", "json", NULL, "{\"v\":\"a\\nb\"}\n", "", 1,
	    "parse: tsv: it has several lines" },
	{ "parse json body -c k", "json", NULL,
	    "{\"body\":\"{\\\"k\\\":[1]}\",\"z\":2}\n{\"z\":3}\n",
	    AT "{\"body\":\"{\\\\\"k\\\\\":[1]}\",\"z\":2}\t[1]\n", 1,
	    "parse: json: the field is null" },
	{ "parse regex (?<d>\\d\\d) n then countby d,z", "json", NULL,
	    "{\"n\":1234,\"z\":1}\n{\"n\":true}\n{\"n\":1.25e2,\"z\":2}\n",
	    AT "12\t1\t1\n" AT "12\t2\t1\n", 1, "the pattern does not match" },
	{ "parse json body -c k then parse regex (?<d>.) k then grep z", "json", NULL,
	    "{\"body\":\"{\\\"k\\\":12}\",\"z\":2}\n", AT
	    "{\"body\":\"{\\\\\"k\\\\\":12}\",\"z\":2}\t12\t1\n", 0, "" },
	{ "wordcount then parse regex (?<first>.) word then top 1", NULL, NULL, "a b b\n",
	    AT "b\t2\tb\n", 0, "" },
	{ "parse regex (?<first>.) then top 1", NULL, NULL, "",
	    "", 0, "ranked" },
	{ "wordcount then parse regex (?<first>[a-z]) word", NULL, NULL, "ab 1 1\n",
	    AT "ab\t1\ta\n", 0, "" },
};

START_TEST(example)
{
	struct flow f = {
		.line = examples[_i].line, .format = examples[_i].format,
		.columns = examples[_i].columns,
	};
	struct flow_end end;

	if (strcmp(examples[_i].why, "ranked") == 0) {
		flow_refused(&f, "ranked");
		return;
	}
	flow_same(&f, &examples[_i].records, 1, examples[_i].want, &end);
	ck_assert_uint_eq(end.bad, examples[_i].bad);
	ck_assert_msg(examples[_i].bad == 0 || strstr(end.why, examples[_i].why) != NULL, "%s",
	    end.why);
}
END_TEST

static const struct {
	const char	*line, *why;
} refusals[] = {
	{ "parse regex", "a pattern is missing" },
	{ "parse rgex x", "did you mean 'regex'" },
	{ "parse lines", "is not regex, csv" },
	{ "parse regex (x)", "names no columns" },
	{ "parse regex (?<line>x)", "a column 'line' already" },
	{ "parse regex (?<a>x)(?<a>y)", "same name" },
	{ "parse regex (?J)(?<a>x)(?<a>y)", "a column 'a' already" },
	{ "parse regex (?<a>x", "missing closing" },
	{ "parse regex (?<a>x) lime", "did you mean 'line'" },
	{ "parse regex (?<a>x) -c a", "--columns is for formats" },
	{ "parse csv", "--columns" },
	{ "parse csv -c a,,b", "empty" },
	{ "parse csv -c a,b,a", "a column 'a' already" },
	{ "parse json line x", "unexpected 'x'" },
	{ "wordcount then parse json -c a", "which column" },
	{ "wordcount then parse json word", "--columns" },
};

START_TEST(refused)
{
	for (int i = 0; i < COUNT(refusals); i++)
		flow_refused(&(struct flow){ .line = refusals[i].line }, refusals[i].why);
}
END_TEST

Suite *
parse_suite(void)
{
	Suite *s = suite_create("parse");
	TCase *t = case_add(s, "parse");

	tcase_add_loop_test(t, regex_model, 0, COUNT(flows));
	tcase_add_loop_test(t, example, 0, COUNT(examples));
	tcase_add_test(t, refused);
	return s;
}
