/* Unit tests of src/stage/pivot.c against sums in a table. */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow_util.h"

Suite *pivot_suite(void);

#define BATCHES 8
#define KEYS 12				/* of two columns, 4 by 3 */
#define VALUES 5			/* the last two are not listed */

static const char *const values[VALUES] = { "new", "sent", "200", "lost", "" };

static const struct {
	const char	*line;
	bool		 other, sums;	/* sums: of amounts, else counts */
} flows[] = {
	{ "countby a,b,v then pivot v --values new,sent,200", false, false },
	{ "countby v,b,a then pivot v --other --by a,b -v new,sent,200", true, false },
	{ "pivot v -v new,sent,200 --by a,b --value n -o", true, true },
};

static void
random_batch(struct buf *text, bool other, bool sums, int64_t table[KEYS][VALUES],
    uint64_t *missing)
{
	memset(table, 0, KEYS * sizeof(*table));
	for (uint64_t n = rand_below(4) == 0 ? 0 : rand_below(80); n > 0; n--) {
		int key = (int)rand_below(1 + rand_below(KEYS)), value = (int)rand_below(VALUES);
		int64_t amount = sums ? (int64_t)rand_below(1000) - 300 : 1;

		text_printf(text, "a%d,b%d,%s,%lld\n", key / 3, key % 3, values[value],
		    (long long)amount);
		table[key][value] += amount;
		if (value >= 3 && !other && table[key][value] == 1)
			++*missing;
	}
}

static bool
has_row(const struct buf *text, int key)
{
	char want[32];
	const char *at = text->data, *end = text->data + text->len;

	snprintf(want, sizeof(want), "a%d,b%d,", key / 3, key % 3);
	for (; at < end; at = strchr(at, '\n') + 1)
		if (strncmp(at, want, strlen(want)) == 0)
			return true;
	return false;
}

START_TEST(models)
{
	for (int round = 0; round < 15; round++) {
		struct flow f = { .line = flows[_i].line, .format = "csv", .columns = "a,b,v,n" };
		struct buf batch[BATCHES] = { { 0 } }, want = { 0 };
		uint64_t missing = 0;

		for (int b = 0; b < BATCHES; b++) {
			int64_t table[KEYS][VALUES];

			text_add(&batch[b], "", 1);
			batch[b].len = 0;
			random_batch(&batch[b], flows[_i].other, flows[_i].sums, table, &missing);
			for (int key = 0; key < KEYS; key++) {
				int64_t *t = table[key];

				if (flows[_i].other ? !has_row(&batch[b], key) :
				    t[0] + t[1] + t[2] == 0)
					continue;
				text_printf(&want, "%lld\ta%d\tb%d\t%lld\t%lld\t%lld",
				    (long long)FLOW_START + b + 1, key / 3, key % 3,
				    (long long)t[0], (long long)t[1], (long long)t[2]);
				if (flows[_i].other)
					text_printf(&want, "\t%lld", (long long)(t[3] + t[4]));
				text_printf(&want, "\n");
			}
		}
		for (int pieces = 0; pieces < 2; pieces++) {
			struct buf out = { 0 };

			flow_run(&f, batch, BATCHES, pieces > 0, &out, NULL);
			text_same(&out, &want, f.line);
			buf_free(&out);
		}
		if (round == 0)
			flow_short_of_memory(&f, batch, 3);
		for (int b = 0; b < BATCHES; b++)
			buf_free(&batch[b]);
		buf_free(&want);
	}
}
END_TEST

#define AT "1795389001\t"

static const struct {
	const char	*line, *format, *columns, *batch, *want, *why;
} examples[] = {
	{ "countby then pivot line -v b,a", NULL, NULL, "a\nb\na\n", AT "1\t2\n", "" },
	{ "countby s then pivot s -v 200,404,true", "json", NULL,
	    "{\"s\":200}\n{\"s\":404.0}\n{\"s\":true}\n{\"s\":\"404\"}\n{}\n", AT "1\t2\t1\n",
	    "pivot: s '\\N' is not one of --values" },
	{ "pivot v --values a --value n --by k", "csv", "k,v,n", "x,a,1.5\nx,a,0.7\nx,a,q\ny,b,1\n",
	    AT "x\t2.2\n", "pivot: n 'q' is not a number" },
	{ "wordcount then pivot word -v x,y then select x+y,x", NULL, NULL, "x y x\n",
	    AT "3\t2\n", "" },
};

START_TEST(example)
{
	struct flow f = {
		.line = examples[_i].line, .format = examples[_i].format,
		.columns = examples[_i].columns,
	};
	struct flow_end end;

	flow_same(&f, &examples[_i].batch, 1, examples[_i].want, &end);
	ck_assert_str_eq(end.why, examples[_i].why);
}
END_TEST

static const struct {
	const char	*line, *why;
} refusals[] = {
	{ "countby then pivot line", "--values a,b,c" },
	{ "pivot line --values a", "--value COLUMN --by FIELDS" },
	{ "countby then pivot lime --values a", "did you mean 'line'" },
	{ "countby then pivot line --values a,b,a", "a column 'a' already" },
	{ "countby then pivot line --values a,b --value coumt", "did you mean 'count'" },
	{ "countby then pivot line --values a,other --other", "'other'" },
	{ "wordcount then pivot count --values 1,word --value count", "a column 'word' already" },
	{ "countby then pivot line --values a --by lin", "did you mean 'line'" },
	{ "wordcount then select word then pivot word -v a", "no column 'count'" },
};

START_TEST(refused)
{
	for (int i = 0; i < COUNT(refusals); i++)
		flow_refused(&(struct flow){ .line = refusals[i].line }, refusals[i].why);
}
END_TEST

Suite *
pivot_suite(void)
{
	Suite *s = suite_create("pivot");
	TCase *t = case_add(s, "pivot");

	tcase_add_loop_test(t, models, 0, COUNT(flows));
	tcase_add_loop_test(t, example, 0, COUNT(examples));
	tcase_add_test(t, refused);
	return s;
}
