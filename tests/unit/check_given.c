/* Unit tests of src/core/given.c: totals that begin with rows, and keys that every answer has. */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/rank.h"
#include "flow_util.h"

Suite *given_suite(void);

/* ---- files in memory ---- */

static const struct file {
	const char	*path, *text;
} disk[] = {
	{ "none", "" },
	{ "hello", "hello\t1\nworld\t1\n" },
	{ "crlf", "hello\t1\r\nworld\t1" },
	{ "twice", "b\t1\nb\t2\n" },
	{ "five", "5\n" },
	{ "zero", "b\t0\nc\t4\n" },
	{ "many", "b\t9223372036854775807\n" },
	{ "over", "b\t9223372036854775807\nb\t1\n" },
	{ "minus", "a\t1\nb\t-1\n" },
	{ "half", "a\t1.5\n" },
	{ "short", "a\t1\nb\n" },
	{ "long", "a\t1\t2\n" },
	{ "null", "a\t1\n\\N\t1\n" },
	{ "pairs", "x\t1\t10\nx\t2\t0.25\n\\N\t1\t7\n" },
	{ "keys", "zoo\na\nhello\n" },
	{ "words", "b\n\na\\tb\n" },
	{ "typed", "5\ntrue\nx\n\\N\n2.50\n" },
	{ "pair", "y\t1\nx\t9\n" },
};

static int
load(void *arg, const char *path, struct buf *text, struct file_stamp *stamp, struct err *err)
{
	(void)arg;
	(void)stamp;
	text->len = 0;
	for (int i = 0; i < COUNT(disk); i++)
		if (strcmp(disk[i].path, path) == 0)
			return buf_add(text, disk[i].text, strlen(disk[i].text)) == -1 ?
			    err_memory(err, "reading a file") : 0;
	err_set(err, ERR_RUN, "%s: open: gone", path);
	return 1;
}

static const struct files files = { .load = load };

static void
same(const char *line, const char *const *batch, int n, const char *want)
{
	struct flow f = { .line = line, .files = &files };

	flow_same(&f, batch, n, want, NULL);
}

static void
same_csv(const char *line, const char *const *batch, int n, const char *want)
{
	struct flow f = {
		.line = line, .files = &files, .format = "csv", .columns = "k,n,v",
	};

	flow_same(&f, batch, n, want, NULL);
}

static void
refused(const char *line, const char *why)
{
	struct flow f = { .line = line, .files = &files };

	flow_refused(&f, why);
}

/* ---- --initial ---- */

static const char *const hellos[] = { "hello spark\n", "", "hello\n" };

START_TEST(initial_words)
{
	same("wordcount --running --initial hello", hellos, 3,
	    "1795389001\thello\t2\n1795389001\tspark\t1\n1795389001\tworld\t1\n"
	    "1795389002\thello\t2\n1795389002\tspark\t1\n1795389002\tworld\t1\n"
	    "1795389003\thello\t3\n1795389003\tspark\t1\n1795389003\tworld\t1\n");
	same("wordcount --running --initial crlf", hellos, 1,
	    "1795389001\thello\t2\n1795389001\tspark\t1\n1795389001\tworld\t1\n");
	same("wordcount --running --emit update --initial hello", hellos, 3,
	    "1795389001\thello\t2\n1795389001\tspark\t1\n1795389003\thello\t3\n");
	same("wordcount --running --initial none", hellos, 1,
	    "1795389001\thello\t1\n1795389001\tspark\t1\n");
	same("wordcount --running --initial twice", hellos, 1,
	    "1795389001\tb\t3\n1795389001\thello\t1\n1795389001\tspark\t1\n");
	same("wordcount --running --initial zero", hellos, 1,
	    "1795389001\tc\t4\n1795389001\thello\t1\n1795389001\tspark\t1\n");
}
END_TEST

/* As if the first batch had touched it. */
START_TEST(initial_is_forgotten)
{
	same("wordcount --running --ttl 2s --initial hello", hellos, 3,
	    "1795389001\thello\t2\n1795389001\tspark\t1\n1795389001\tworld\t1\n"
	    "1795389002\thello\t2\n1795389002\tspark\t1\n1795389002\tworld\t1\n"
	    "1795389003\thello\t1\n");
}
END_TEST

START_TEST(initial_of_other_stages)
{
	static const char *const rows[] = { "x,1,5\n", "y,1,-1\nx,2,0.5\n" };

	same("count --running --initial five", hellos, 2, "1795389001\t6\n1795389002\t6\n");
	same("countby --running --initial many", hellos, 1,
	    "1795389001\tb\t9223372036854775807\n1795389001\thello spark\t1\n");
	same_csv("sum v --by k,n --running --initial pairs", rows, 2,
	    "1795389001\t\\N\t1\t7\n1795389001\tx\t1\t15\n1795389001\tx\t2\t0.25\n"
	    "1795389002\t\\N\t1\t7\n1795389002\tx\t1\t15\n1795389002\tx\t2\t0.75\n"
	    "1795389002\ty\t1\t-1\n");
	same_csv("min v --by k --running --initial minus", rows, 2,
	    "1795389001\ta\t1\n1795389001\tb\t-1\n1795389001\tx\t5\n"
	    "1795389002\ta\t1\n1795389002\tb\t-1\n1795389002\tx\t0.5\n1795389002\ty\t-1\n");
	same_csv("max v --running --initial five", rows, 1, "1795389001\t5\n");
}
END_TEST

START_TEST(initial_wrong)
{
	refused("wordcount --initial hello", "--initial is for --running");
	refused("wordcount --window 2s --emit complete --initial hello", "is for --running");
	refused("wordcount --running --initial gone", "gone: open: gone");
	refused("wordcount --running --initial minus", "minus: line 2: count is not");
	refused("wordcount --running --initial half", "half: line 1: count is not");
	refused("wordcount --running --initial over", "over: line 2: the count is above");
	refused("wordcount --running --initial short",
	    "short: line 2: 1 field, not 2: word, count");
	refused("wordcount --running --initial long", "long: line 1: 3 fields, not 2");
	refused("wordcount --running --initial null", "null: line 2: word cannot be null");
	refused("count --running --initial hello", "hello: line 1: 2 fields, not 1: count");
	refused("sum line --running --initial keys", "keys: line 1: sum is not a number");
	refused("mean line --running --initial five", "unknown option '--initial'");
}
END_TEST

/* ---- --empty ---- */

START_TEST(empty_counts)
{
	same("wordcount --empty --keys keys", hellos, 3,
	    "1795389001\thello\t1\n1795389001\tspark\t1\n1795389001\ta\t0\n1795389001\tzoo\t0\n"
	    "1795389002\ta\t0\n1795389002\thello\t0\n1795389002\tzoo\t0\n"
	    "1795389003\thello\t1\n1795389003\ta\t0\n1795389003\tzoo\t0\n");
	same("wordcount --empty --keys keys then top 3", hellos, 1,
	    "1795389001\thello\t1\n1795389001\tspark\t1\n1795389001\ta\t0\n");
	same("top 2 --by line --empty --keys keys", hellos, 1,
	    "1795389001\thello spark\t1\n1795389001\ta\t0\n");
	same("countby --empty --keys words", hellos, 1,
	    "1795389001\thello spark\t1\n1795389001\t\t0\n1795389001\ta\\tb\t0\n"
	    "1795389001\tb\t0\n");
	same("wordcount --window 2s --slide 1s --empty --keys keys", hellos, 3,
	    "1795389001\thello\t1\n1795389001\tspark\t1\n1795389001\ta\t0\n1795389001\tzoo\t0\n"
	    "1795389002\thello\t1\n1795389002\tspark\t1\n1795389002\ta\t0\n1795389002\tzoo\t0\n"
	    "1795389003\thello\t1\n1795389003\ta\t0\n1795389003\tzoo\t0\n");
	same("wordcount --running --ttl 1s --empty --keys keys", hellos, 2,
	    "1795389001\thello\t1\n1795389001\tspark\t1\n1795389001\ta\t0\n1795389001\tzoo\t0\n"
	    "1795389002\ta\t0\n1795389002\thello\t0\n1795389002\tzoo\t0\n");
	same("wordcount --window 2s --emit complete --empty --keys keys", hellos, 2,
	    "1795389002\thello\t1\n1795389002\tspark\t1\n1795389002\ta\t0\n1795389002\tzoo\t0\n"
	    "1795389002\thello\t1\n1795389002\tspark\t1\n1795389002\ta\t0\n1795389002\tzoo\t0\n");
	same("count --empty", hellos, 2, "1795389001\t1\n1795389002\t0\n");
	same("wordcount --running --initial twice --empty --keys keys", hellos + 1, 1,
	    "1795389001\tb\t3\n1795389001\ta\t0\n1795389001\thello\t0\n1795389001\tzoo\t0\n");
}
END_TEST

START_TEST(empty_statistics)
{
	static const char *const rows[] = { "x,9,5\nz,1,2\n", "", "" };

	same_csv("sum v --by k,n --empty --keys pair", rows, 2,
	    "1795389001\tx\t9\t5\n1795389001\ty\t1\t0\n1795389001\tz\t1\t2\n"
	    "1795389002\tx\t9\t0\n1795389002\ty\t1\t0\n");
	same_csv("stats v --by k,n --what count,sum,mean,min,max,sd,p50 --empty --keys pair",
	    rows + 1, 1,
	    "1795389001\tx\t9\t0\t0\t\\N\t\\N\t\\N\t\\N\t\\N\n"
	    "1795389001\ty\t1\t0\t0\t\\N\t\\N\t\\N\t\\N\t\\N\n");
	same_csv("mean v --empty", rows, 2, "1795389001\t3.5\n1795389002\t\\N\n");
	same_csv("distinct v --by k,n --empty --keys pair", rows, 1,
	    "1795389001\tx\t9\t1\t0\n1795389001\ty\t1\t0\t0\n1795389001\tz\t1\t1\t0\n");
	same_csv("stats v --what p50 --window 2s --slide 1s --empty", rows, 3,
	    "1795389001\t2\n1795389002\t2\n1795389003\t\\N\n");
}
END_TEST

/* Of columns with types a key is a number or a truth value where it looks like one. */
START_TEST(empty_of_types)
{
	static const char *const rows[] = { "{\"a\":5}\n{\"a\":2.5}\n{\"a\":\"x\"}\n{}\n" };
	struct flow f = {
		.line = "countby a --empty --keys typed", .files = &files, .format = "json",
	};

	flow_same(&f, rows, 1,
	    "1795389001\t\\N\t1\n1795389001\t2.5\t1\n1795389001\t5\t1\n1795389001\tx\t1\n"
	    "1795389001\ttrue\t0\n", NULL);
}
END_TEST

START_TEST(empty_by_event_time)
{
	static const char *const rows[] = {
		"x,1795389000,1\ny,1795389003,1\nx,1795389001,1\n",
	};
	struct flow f = {
		.line = "countby k --empty --keys keys", .files = &files, .format = "csv",
		.columns = "k,n,v", .time = "n", .lateness = 2 * FLOW_SECOND,
	};

	flow_same(&f, rows, 1,
	    "1795389001\tx\t1\n1795389001\ta\t0\n1795389001\thello\t0\n1795389001\tzoo\t0\n"
	    "1795389002\tx\t1\n1795389002\ta\t0\n1795389002\thello\t0\n1795389002\tzoo\t0\n"
	    "1795389003\ta\t0\n1795389003\thello\t0\n1795389003\tzoo\t0\n"
	    "1795389004\ty\t1\n1795389004\ta\t0\n1795389004\thello\t0\n1795389004\tzoo\t0\n",
	    NULL);
}
END_TEST

START_TEST(empty_wrong)
{
	refused("wordcount --empty", "wordcount --keys FILE");
	refused("wordcount --keys keys", "--keys is for --empty");
	refused("count --empty --keys keys", "count has no key here");
	refused("sum line --empty --keys keys", "sum has no key here");
	refused("wordcount --running --emit update --empty --keys keys", "what has changed");
	refused("wordcount --empty --keys gone", "gone: open: gone");
	refused("wordcount --empty --keys hello", "hello: line 1: 2 fields, not 1: word");
	refused("grep x --empty", "--empty");
	refused("wordcount then top 3 --empty", "--empty and --keys are for stages that");
	refused("top 3 --by line --empty", "top --keys FILE");
	refused("top 3 --by line --approx --empty --keys keys", "top has no rows for what");
}
END_TEST

/* More keys than a radix sort takes at once, and long ones. */
START_TEST(zeros_are_in_order)
{
	struct map map, always;
	struct rank r = { 0 };
	struct pool pool;
	size_t counted;

	for (enum key_kind kind = 0; kind < KEY_KINDS; kind++) {
		pool_make(&pool, kind, 1000);
		map_init(&map, sizeof(uint64_t), test_seed);
		map_init(&always, 0, test_seed);
		for (size_t i = 0; i < pool.n; i++) {
			uint64_t *value = map_put(&map, pool.key[i].bytes, pool.key[i].len);

			*value = i % 3 == 0;
			if (i % 3 == 1)
				map_put(&always, pool.key[i].bytes, pool.key[i].len);
		}
		counted = (pool.n + 2) / 3;
		DEMAND(rank_sort(&r, &map, &always, UINT64_MAX) == 0);
		DEMAND(r.n == counted + (pool.n + 1) / 3);
		for (size_t i = counted + 1; i < r.n; i++) {
			struct key key[2];
			uint64_t count;

			key[0].bytes = rank_get(&r, i - 1, &key[0].len, &count);
			DEMAND(count == 0);
			key[1].bytes = rank_get(&r, i, &key[1].len, &count);
			DEMAND(count == 0 && key_compare(&key[0], &key[1]) < 0);
		}
		DEMAND(rank_sort(&r, &map, &always, counted) == 0 && r.n == counted);
		rank_free(&r);
		map_free(&map);
		map_free(&always);
		pool_free(&pool);
	}
}
END_TEST

Suite *
given_suite(void)
{
	Suite *suite = suite_create("given");
	TCase *initial = case_add(suite, "initial"), *empty = case_add(suite, "empty");

	tcase_add_test(initial, initial_words);
	tcase_add_test(initial, initial_is_forgotten);
	tcase_add_test(initial, initial_of_other_stages);
	tcase_add_test(initial, initial_wrong);
	tcase_add_test(empty, empty_counts);
	tcase_add_test(empty, empty_statistics);
	tcase_add_test(empty, empty_of_types);
	tcase_add_test(empty, empty_by_event_time);
	tcase_add_test(empty, empty_wrong);
	tcase_add_test(empty, zeros_are_in_order);
	return suite;
}
