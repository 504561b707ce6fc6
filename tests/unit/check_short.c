/*
 * Every stage when memory is short: records made so that each structure has to grow (keys of many
 * kinds, long ones, a few hundred of them) go through pipelines of all stages, and one allocation
 * after the other fails, alone or with all behind it.  The end is the answer of an undisturbed run
 * or an error that says that memory is short; sanitizers see that nothing is lost or freed twice.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/files.h"
#include "flow_util.h"
#include "stage/stage_table.h"

Suite *short_suite(void);

#define BATCHES 4
#define RECORDS 70			/* of a batch */
#define COLUMNS "time,k,j,v,t"
#define BY_WINDOW "--window 3s --slide 1s"

struct pipeline_line {
	const char	*line;
	bool		 json;
	bool		 events;	/* by the column time */
};

static const struct pipeline_line lines[] = {
	{ "wordcount --fold --strip then top 9", false, false },
	{ "count --running", false, false },
	{ "countby k,j " BY_WINDOW " then top 20", false, false },
	{ "countby k --running --ttl 2s --emit update", false, false },
	{ "countby k,j --running --ttl 2s --emit complete", false, true },
	{ "countby k --empty --keys keys " BY_WINDOW, false, true },
	{ "countby v,k", true, false },
	{ "top 12 --by k,j --approx", false, false },
	{ "top 12 --by j,k " BY_WINDOW, false, false },
	{ "top 9 v", true, false },
	{ "top 9 v", false, false },
	{ "grep -v w1 then head 60 then sample 0.5 --key k", false, false },
	{ "sample 0.4 then countby t", false, false },
	{ "where \"v > 3 and t regexp 'w[13].*-1'\" then countby j", false, false },
	{ "where 'v > 3' then where 'j is not null' then dedup k", true, false },
	{ "select 'k || j as kj, v * 2 as w, t' then sum w --by kj", false, false },
	{ "select * then split t then countby t,k", false, false },
	{ "split t --on ' ' then countby t", false, false },
	{ "sum v --by k,j " BY_WINDOW, false, false },
	{ "sum v --by k --running --initial first", false, false },
	{ "sum v --by k --empty --keys keys", false, false },
	{ "stats v --by k,j --what p50,sum,sd,max " BY_WINDOW, false, true },
	{ "mean v then max mean", false, false },
	{ "min v --by j then first min --by j", false, false },
	{ "first v,t --by k,j " BY_WINDOW, false, false },
	{ "last t,v --by j", true, true },
	{ "distinct v --by k,j " BY_WINDOW, false, false },
	{ "distinct v --by k", true, false },
	{ "dedup k,j --within 2s", false, true },
	{ "dedup", false, false },
	{ "sql 'select k, count(*) as n, max(t) as t from stream group by k'", false, false },
	{ "sql " BY_WINDOW " -t q=table.csv 'select j, w from stream join q on k = name'",
	    false, true },
	{ "parse regex '(?<a>\\S+) (?<b>\\S+)' t then countby a,b", false, false },
	{ "parse --columns a,b --optional csv t then countby a", false, false },
	{ "parse json --columns k,q then countby k,q", true, false },
	{ "delta v --by k --ttl 2s", false, true },
	{ "rate v --by k,j", false, true },
	{ "ewma v --half-life 2s --by k", false, true },
	{ "sessions k,j --gap 2s", false, true },
	{ "sessions k --gap 1s", false, false },
	{ "countby k,j as x then join x --on k --within 2s --full", false, false },
	{ "countby k,j then pivot j --values j1,j2 --other", false, false },
	{ "pivot j --values j1,j2 --other --value v --by k", false, false },
	{ "countby k,j then trend count", false, false },
	{ "sentiment t --running", false, false },
	{ "sentiment t --by k,j --empty --keys pairs --lexicon words " BY_WINDOW, false, true },
	{ "sentiment --explain-each t then countby label,why", true, false },
	{ "select \"case when v < 30 then 'negative' else 'positive' end || char(9) || t as l\" "
	    "then sentiment --train model l", false, false },
	{ "fraud --account k --amount v --merchant j --rules rules --threshold 0.2 --top 3 "
	    "--cooldown 2s", false, true },
	{ "fraud --each --account k --amount v --id t --kind j --label v --device j --rules rules "
	    "then select 'k, v, score, reasons'", true, true },
};

#define LINES COUNT(lines)

START_TEST(every_stage_is_here)
{
	for (int i = 0; stage_table[i] != NULL; i++) {
		const char *name = stage_table[i]->name;
		bool found = false;

		for (int k = 0; k < LINES; k++)
			found |= strstr(lines[k].line, name) != NULL;
		ck_assert_msg(found, "%s is not tested", name);
	}
}
END_TEST

/* ---- what is read ---- */

static void
add_csv(struct buf *b, int64_t time, const char *k, const char *j, int v, const char *t)
{
	text_printf(b, "%lld,%s,%s,%d.%d,%s\n", (long long)time, k, j, v, v % 10, t);
}

/* What kinds of values a column can have. */
static void
add_json(struct buf *b, int64_t time, const char *k, const char *j, int v, const char *t)
{
	static const char *const kinds[][2] = {
		{ "", "" }, { "", ".5" }, { "9007199254740993", "" }, { "\"", "\"" }, { "-", "e3" },
	};
	const char *const *kind = kinds[v % COUNT(kinds)];
	char value[40];

	snprintf(value, sizeof(value), "%s%d%s", kind[0], v, kind[1]);
	if (v % 6 == 5)
		strcpy(value, v % 4 == 3 ? "null" : "true");
	text_printf(b, "{\"time\":%lld,\"k\":\"%s%s\",\"j\":\"%s\",\"v\":%s,\"t\":\"%s\"}\n",
	    (long long)time, v % 7 == 0 ? "\\u0000" : "", k, j, value, t);
}

static void
make_records(struct buf *batch, bool json)
{
	for (int b = 0; b < BATCHES; b++)
		for (int i = 0; i < RECORDS; i++) {
			char k[60], j[20], t[60];
			int v = (int)rand_below(50), key = (int)rand_below(80);

			snprintf(k, sizeof(k), key % 3 == 0 ? "k%d" :
			    "a-key-that-is-longer-than-any-word-%d", key);
			snprintf(j, sizeof(j), "j%d", key % 4);
			snprintf(t, sizeof(t), "w%d w%d of-some-length-%d", v % 5, v, key);
			(json ? add_json : add_csv)(&batch[b], FLOW_START + b, k, j, v, t);
		}
}

static int
load(void *arg, const char *path, struct buf *text, struct file_stamp *stamp, struct err *err)
{
	static const char seeds[] = "k1\t3\nk2\t4\n", keys[] = "k1\nnobody\n",
	    pairs[] = "k1\tj1\nnobody\tj1\n", valences[] = "w1\t2.5\nw2\t-3\n",
	    table[] = "name,w\nk0,x\nk3,y\nk3,z\n";
	static const char rules[] = "a count by account over 3s >= 3\nb distinct account by j,t "
	    "over 1s > 2 where v > 3\nc sum v over 2s > 40\nd new j\n";
	const char *found = strcmp(path, "keys") == 0 ? keys :
	    strcmp(path, "pairs") == 0 ? pairs : strcmp(path, "words") == 0 ? valences :
	    strcmp(path, "first") == 0 ? seeds : strcmp(path, "rules") == 0 ? rules : table;

	(void)arg;
	(void)stamp;
	text->len = 0;
	return buf_add(text, found, strlen(found)) == -1 ? err_memory(err, "loading") : 0;
}

static bool
changed(void *arg, const char *path, const struct file_stamp *stamp)
{
	(void)arg;
	(void)path;
	(void)stamp;
	return false;
}

static void
tell(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

static int
save(void *arg, const char *path, const char *bytes, size_t len, struct err *err)
{
	(void)arg;
	(void)path;
	(void)bytes;
	(void)err;
	return len > 0 ? 0 : -1;
}

static const struct files files = {
	.load = load, .changed = changed, .tell = tell, .save = save,
};

/* ---- memory ---- */

START_TEST(fails)
{
	const struct pipeline_line *l = &lines[_i];
	struct buf batch[BATCHES] = { { 0 } }, want = { 0 };
	struct flow f = {
		.line = l->line, .format = l->json ? "json" : "csv",
		.columns = l->json ? NULL : COLUMNS, .time = l->events ? "time" : NULL,
		.files = &files,
	};

	rand_start((uint64_t)_i);
	make_records(batch, l->json);
	flow_run(&f, batch, BATCHES, false, &want, NULL);
	ck_assert_msg(want.len > 0, "%s: no rows", l->line);
	flow_short_of_memory(&f, batch, BATCHES);
	for (int i = 0; i < BATCHES; i++)
		buf_free(&batch[i]);
	buf_free(&want);
}
END_TEST

Suite *
short_suite(void)
{
	Suite *s = suite_create("short");
	TCase *t = case_add(s, "short");

	tcase_add_test(t, every_stage_is_here);
	tcase_add_loop_test(t, fails, 0, LINES);
	return s;
}
