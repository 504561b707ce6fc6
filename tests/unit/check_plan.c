/*
 * Unit tests of src/core/plan*.c with the real stages: what is made of good command lines, how
 * chains are linked, the message and word of each refusal, and random words.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/plan.h"
#include "core/window.h"
#include "stage/stage_table.h"
#include "util.h"

Suite *plan_suite(void);

#define BASE 10			/* the index of the first word, for errors */
#define SLIDE_WORD 5		/* where the default slide was given */
#define SECOND INT64_C(1000000)

/* Defaults: batches of a second; with WINDOW and SLIDE seconds for every aggregating stage. */
static struct plan_defaults
defaults(int64_t window, int64_t slide)
{
	return (struct plan_defaults){
		.classes = stage_table,
		.batch = { .ticks = SECOND, .word = 1 },
		.window = { .ticks = window * SECOND, .word = 3 },
		.slide = { .ticks = slide * SECOND, .word = SLIDE_WORD },
	};
}

/* The plan as text: stages with limit, window and columns, then how many threads may run. */
static void
show(struct buf *out, const struct plan *plan)
{
	unsigned split = 0;

	for (size_t i = 0; i < plan->n; i++) {
		const struct stage *s = &plan->stage[i];

		text_printf(out, "%s", s->class->name);
		if (s->limit != UINT64_MAX)
			text_printf(out, "!%d", (int)s->limit);
		if (s->aggregate != NULL)
			text_printf(out, " %d/%d", (int)(s->length / SECOND),
			    (int)(s->slide / SECOND));
		for (unsigned k = 0; k < s->out->columns; k++)
			text_printf(out, "%c%s", k == 0 ? '(' : ',', s->out->column[k].name);
		text_printf(out, ")%s%s ", s->out->ranked ? "r" : "", s->out->lines ? "l" : "");
		split += s->early && s->aggregate == NULL;
	}
	text_printf(out, "split %u%s", split, plan->parallel ? "" : " serial");
	text_add(out, "", 1);
}

static const struct {
	const char *line;
	int64_t window, slide;
	const char *plan;
} good[] = {
	{ "wordcount", 0, 0, "wordcount 1/1(word,count)r split 0" },
	{ "count", 0, 0, "count 1/1(count) split 0" },
	{ "countby", 0, 0, "countby 1/1(line,count)r split 0" },
	{ "grep x", 0, 0, "grep(line)l split 1 serial" },
	{ "grep -vi x", 0, 0, "grep(line)l split 1 serial" },
	{ "grep x -v", 0, 0, "grep(line)l split 1 serial" },
	{ "grep -- -v", 0, 0, "grep(line)l split 1 serial" },
	{ "wordcount --fold --strip --min-length=3", 0, 0, "wordcount 1/1(word,count)r split 0" },
	{ "wordcount -fp -m 3 -w 10s -s 2s", 0, 0, "wordcount 10/2(word,count)r split 0" },
	{ "count --window 10s", 0, 0, "count 10/10(count) split 0" },
	{ "count", 30, 0, "count 30/30(count) split 0" },
	{ "count", 30, 10, "count 30/10(count) split 0" },
	{ "count -w 20s", 30, 10, "count 20/10(count) split 0" },
	{ "count -s 30s", 30, 10, "count 30/30(count) split 0" },
	{ "count -w 30s -s 20s", 0, 0, "count 30/20(count) split 0" },
	{ "wordcount then top 5", 0, 0,
	    "wordcount!5 1/1(word,count)r top(word,count)r split 0" },
	{ "wordcount then top 5 then top 3", 0, 0,
	    "wordcount!5 1/1(word,count)r top!3(word,count)r top(word,count)r split 0" },
	{ "countby then grep a then top 3", 0, 0,
	    "countby 1/1(line,count)r grep!3(line,count)r top(line,count)r split 0" },
	{ "grep a then grep b then count", 0, 0,
	    "grep(line)l grep(line)l count 1/1(count) split 2" },
	{ "wordcount -w 10s then count -w 1m", 0, 0,
	    "wordcount 10/10(word,count)r count 60/60(count) split 0" },
	{ "wordcount -w 10s -s 2s then count", 0, 0,
	    "wordcount 10/2(word,count)r count 2/2(count) split 0" },
	{ "count then countby then top 1", 0, 0,
	    "count 1/1(count) countby!1 1/1(line,count)r top(line,count)r split 0" },
};

START_TEST(reads)
{
	struct plan_defaults d = defaults(good[_i].window, good[_i].slide);
	struct buf shown = { 0 };
	struct plan plan;
	struct words w;
	struct err err;

	words_split(&w, good[_i].line);
	if (plan_lines(&plan, &d, w.word, w.n, BASE, &err) == -1)
		ck_abort_msg("%s: %s", good[_i].line, err.message);
	show(&shown, &plan);
	ck_assert_str_eq(shown.data, good[_i].plan);
	ck_assert_int_eq(plan.batch.ticks, SECOND);
	ck_assert_ptr_null(plan.help);
	buf_free(&shown);
	plan_close(&plan);
}
END_TEST


static const struct {
	const char *line;
	int64_t window, slide;
	int word;		/* from BASE on */
	const char *message;	/* its beginning */
} bad[] = {
	{ "wordcuont", 0, 0, 0, "unknown stage 'wordcuont', did you mean 'wordcount'?" },
	{ "xyzzy", 0, 0, 0,
	    "unknown stage 'xyzzy' (streamctl --list stages shows them)" },
	{ "count then xyzzy", 0, 0, 2, "unknown stage 'xyzzy'" },
	{ "count then Count", 0, 0, 2, "unknown stage 'Count', did you mean 'count'?" },
	{ "then count", 0, 0, 0, "a stage is missing before 'then'" },
	{ "count then", 0, 0, 1, "a stage is missing behind 'then'" },
	{ "count then then count", 0, 0, 2, "a stage is missing before 'then'" },
	{ "then", 0, 0, 0, "a stage is missing before 'then'" },
	{ "count x", 0, 0, 1, "unexpected 'x' (usage: count [OPTION]...)" },
	{ "grep a b", 0, 0, 2, "unexpected 'b' (usage: grep [OPTION]... PATTERN)" },
	{ "grep", 0, 0, 0, "grep needs more words (usage: grep [OPTION]... PATTERN)" },
	{ "count then grep -v then count", 0, 0, 2, "grep needs more words" },
	{ "countby then top", 0, 0, 2, "top needs more words (usage: top [OPTION]... N [COLUMN])" },
	{ "countby then top 0", 0, 0, 3, "top: N is zero; it must be 1 or more" },
	{ "countby then top -1", 0, 0, 3, "'-1' is negative, or no option" },
	{ "countby then top x", 0, 0, 3, "top: N 'x' is not a number" },
	{ "countby then top 99999999999999999999", 0, 0, 3,
	    "top: N '99999999999999999999' is too large" },
	{ "countby then top 1 2", 0, 0, 4, "no column '2' (columns: line count)" },
	{ "countby then top 1 count 2", 0, 0, 5, "unexpected '2' (usage: top [OPTION]... N" },
	{ "top 3", 0, 0, 0, "top needs ranked rows: put it behind wordcount or countby" },
	{ "grep x then top 3", 0, 0, 3, "top needs ranked rows" },
	{ "count then top 3", 0, 0, 2, "top needs ranked rows" },
	{ "wordcount then count then top 3", 0, 0, 4, "top needs ranked rows" },
	{ "grep (", 0, 0, 1, "bad pattern '(': missing closing parenthesis" },
	{ "count then grep -i [", 0, 0, 4, "bad pattern '['" },
	{ "wordcount --min-length x", 0, 0, 2, "min-length 'x' is not a number" },
	{ "wordcount --min-length=x", 0, 0, 1, "min-length 'x' is not a number" },
	{ "wordcount --min-length", 0, 0, 1, "option '--min-length' needs a value: N" },
	{ "wordcount --min-length then count", 0, 0, 1, "option '--min-length' needs a value" },
	{ "wordcount --flod", 0, 0, 1, "unknown option '--flod', did you mean '--fold'?" },
	{ "grep x --window 3s", 0, 0, 2, "unknown option '--window'" },
	{ "count --window", 0, 0, 1, "option '--window' needs a value: DUR" },
	{ "count --window 5", 0, 0, 2, "window '5' needs a unit" },
	{ "count --window 0s", 0, 0, 2, "window '0s' is zero" },
	{ "count --window -5s", 0, 0, 2, "window '-5s' is negative" },
	{ "count --window 500ms", 0, 0, 2, "window 500ms is shorter than the batch 1s" },
	{ "count --window 1500ms", 0, 0, 2, "window 1500ms is not a multiple of the batch 1s" },
	{ "count --window 10rows", 0, 0, 2,
	    "window 10rows and batch 1s: give both in rows or both in time" },
	{ "count --window 10s --slide 20s", 0, 0, 4, "slide 20s is longer than the window 10s" },
	{ "count --window 10s --slide 1500ms", 0, 0, 4,
	    "slide 1500ms is not a multiple of the batch 1s" },
	{ "count --window 10s --slide 0s", 0, 0, 4, "slide '0s' is zero" },
	{ "count --slide 2s", 0, 0, 2, "a slide needs a window (--window DUR)" },
	{ "count --slide=2s", 0, 0, 1, "a slide needs a window (--window DUR)" },
	{ "count -w 100d -s 1s", 0, 0, 4, "window 100d has more than 1048576 panes" },
	{ "count -w 999999999d", 0, 0, 2, "window '999999999d' is too large" },
	{ "count -w 5s", 30, 10, SLIDE_WORD - BASE, "slide 10s is longer than the window 5s" },
	{ "wordcount -w 10s then count -w 15s", 0, 0, 6, "window 15s is not a multiple of" },
};

START_TEST(refuses)
{
	struct plan_defaults d = defaults(bad[_i].window, bad[_i].slide);
	struct plan plan;
	struct words w;
	struct err err = { 0 };

	words_split(&w, bad[_i].line);
	ck_assert_int_eq(plan_lines(&plan, &d, w.word, w.n, BASE, &err), -1);
	if (strncmp(err.message, bad[_i].message, strlen(bad[_i].message)) != 0)
		ck_abort_msg("%s: '%s'", bad[_i].line, err.message);
	ck_assert_int_eq(err.word, BASE + bad[_i].word);
	ck_assert_int_eq(err.code, ERR_USAGE);
	ck_assert_ptr_null(plan.help);
	plan_close(&plan);
}
END_TEST

static const struct {
	const char *line, *stage;
} helps[] = {
	{ "count --help", "count" },
	{ "grep -h", "grep" },
	{ "wordcount -fh then xyzzy", "wordcount" },
	{ "wordcount then top --help", "top" },
	{ "count then count then grep a --help (", "grep" },
};

START_TEST(help)
{
	struct plan_defaults d = defaults(0, 0);
	struct plan plan;
	struct words w;
	struct err err;

	words_split(&w, helps[_i].line);
	ck_assert_int_eq(plan_parse(&plan, &d, w.word, w.n, BASE, &err), -1);
	ck_assert_ptr_nonnull(plan.help);
	ck_assert_str_eq(plan.help->name, helps[_i].stage);
	plan_close(&plan);
}
END_TEST

START_TEST(find)
{
	for (int i = 0; stage_table[i] != NULL; i++)
		ck_assert_ptr_eq(plan_find(stage_table, stage_table[i]->name), stage_table[i]);
	ck_assert_ptr_null(plan_find(stage_table, "cou"));
	ck_assert_ptr_null(plan_find(stage_table, ""));
}
END_TEST

/* ---- chains ---- */

static const char *const sources[] = { "shop", NULL, "web" };

/* As defaults, with sources 0 and 2 named. */
static struct plan_defaults
named_sources(void)
{
	struct plan_defaults d = defaults(0, 0);

	d.sources = sources;
	d.nsources = COUNT(sources);
	return d;
}

/* Where a link leads: to a stage by number, to an output (o0) or nowhere (-). */
static void
show_link(struct buf *out, const struct link *l)
{
	if (!l->output)
		text_printf(out, ">%u", l->to);
	else if (l->to == OUTPUT_NONE)
		text_printf(out, ">-");
	else
		text_printf(out, ">o%u", l->to);
	if (l->enters > 0)
		text_printf(out, "~%u", l->enters - 1);
	if (l->account > 0)
		text_printf(out, "+%u", l->account - 1);
	text_printf(out, " ");
}

/*
 * A graph as text: where records go (r: all, r0: those of source 0), then where each stage's rows
 * do, then the sinks.  +N: counts in account N, ~N: joins its records, @N: a root of account N.
 */
static void
show_graph(struct buf *out, const struct plan *plan)
{
	for (unsigned i = 0; i < plan->roots; i++) {
		const struct root *r = &plan->root[i];

		text_printf(out, "r");
		if (r->source != -1)
			text_printf(out, "%d", r->source);
		if (r->account != -1)
			text_printf(out, "@%d", r->account);
		show_link(out, &r->link);
	}
	for (unsigned i = 0; i < plan->n; i++) {
		const struct stage *s = &plan->stage[i];

		text_printf(out, "%s%s", s->early ? "" : "_", s->class->name);
		for (unsigned k = 0; k < s->next.n; k++)
			show_link(out, &s->next.at[k]);
	}
	for (unsigned i = 0; i < plan->outputs; i++)
		text_printf(out, "%s ", plan->output[i].sink == NULL ? "=" : plan->output[i].sink);
	text_printf(out, "%s", plan->parallel ? "parallel" : "serial");
	text_add(out, "", 1);
}

static const struct {
	const char *line, *graph;
} graphs[] = {
	{ "count", "r@0>0+0 count>o0 = parallel" },
	{ "grep a then count", "r@0>0 grep>1+0 count>o0 = parallel" },
	{ "grep a", "r@0>0 grep>o0+0 = serial" },
	{ "count into x", "r@0>0+0 count>o0 x parallel" },
	{ "into x", "r@0>o0+0 x serial" },
	{ "from shop count", "r0@0>0+0 count>o0 = parallel" },
	{ "from shop then count", "r0@0>0+0 count>o0 = parallel" },
	{ "from shop,web count", "r0@0>0+0 r2@0>0+0 count>o0 = parallel" },
	{ "from shop as s then count", "r0@0>0+0 count>o0 = parallel" },
	{ "as all count", "r@0>0+0 count>o0 = parallel" },
	{ "as all then grep a then count also from all into x",
	    "r@0>0 r@1>o1+1 grep>1+0 count>o0 = x serial" },
	{ "count also grep a into x", "r@0>0+0 r@1>1 count>o0 grep>o1+1 = x serial" },
	{ "count also count into x also countby into y",
	    "r@0>0+0 r@1>1+1 r@2>2+2 count>o0 count>o1 countby>o2 = x y parallel" },
	{ "grep a as x then count", "r@0>0 grep>1+0 count>o0 = parallel" },
	{ "grep a as x into f also from x count", "r@0>0 grep>o0+0 >1 count>o1 f = serial" },
	{ "grep a as x also from x count", "r@0>0 grep>-+0 >1 count>o0 = parallel" },
	{ "grep a as x also from x grep b then count also from x countby into y",
	    "r@0>0 grep>-+0 >1 >3 grep>2 count>o0 countby>o1 = y parallel" },
	{ "count -w 2s as x also from x count", "r@0>0+0 count>1 _count>o0 = parallel" },
	{ "wordcount as w also from w then top 3 also from w then top 5 into x",
	    "r@0>0+0 wordcount>1 >2 _top>o0 _top>o1 = x parallel" },
	{ "from shop grep a as x also from x,web count",
	    "r0@0>0 r2@1>1+1 grep>-+0 >1~1+1 count>o0 = parallel" },
	{ "from shop as s also from s,web as t also from t count",
	    "r0@0>-+0 r0@1>-+1 r2@1>-+1 r0@2>0+2 r2@2>0+2 count>o0 = parallel" },
	{ "grep a as x also grep b as y also from x,y count",
	    "r@0>0 r@1>1 grep>-+0 >2 grep>-+1 >2 count>o0 = parallel" },
	{ "wordcount as w also wordcount --fold as v also from v,w then top 2",
	    "r@0>0+0 r@1>1+1 wordcount>2 wordcount>2 _top>o0 = parallel" },
	{ "from shop into x also from web into y", "r0@0>o0+0 r2@1>o1+1 x y serial" },
	{ "from shop,web as both into f also from both,both count",
	    "r0@0>o0+0 r2@0>o0+0 r0@1>0+1 r2@1>0+1 r0@1>0+1 r2@1>0+1 count>o1 f = serial" },
};

START_TEST(links)
{
	struct plan_defaults d = named_sources();
	struct buf shown = { 0 };
	struct plan plan;
	struct words w;
	struct err err;

	words_split(&w, graphs[_i].line);
	if (plan_lines(&plan, &d, w.word, w.n, BASE, &err) == -1)
		ck_abort_msg("%s: %s", graphs[_i].line, err.message);
	show_graph(&shown, &plan);
	if (strcmp(shown.data, graphs[_i].graph) != 0)
		ck_abort_msg("{ \"%s\", \"%s\" },", graphs[_i].line, shown.data);
	buf_free(&shown);
	plan_close(&plan);
}
END_TEST

/* Words in the place of NAME, a stage, or SINK are what they say behind a backslash. */
START_TEST(escaped_words)
{
	static const char *const reserved[] = { "then", "also", "as", "from", "into" };
	struct plan_defaults d = named_sources();

	for (int i = 0; i < COUNT(reserved); i++) {
		char line[200];
		struct plan plan;
		struct words w;
		struct err err;

		snprintf(line, sizeof(line), "grep \\%s as \\%s into \\%s also from \\%s count "
		    "into x", reserved[i], reserved[i], reserved[i], reserved[i]);
		words_split(&w, line);
		if (plan_lines(&plan, &d, w.word, w.n, BASE, &err) == -1)
			ck_abort_msg("%s: %s", line, err.message);
		ck_assert_str_eq(plan.stream[2].name, reserved[i]);
		ck_assert_str_eq(plan.output[0].sink, reserved[i]);
		plan_close(&plan);
	}
}
END_TEST

/* The backslash is no part of a pattern, but in front of any other word it is. */
START_TEST(escaped_patterns)
{
	static const char *const lines[] = { "grep \\then", "grep \\theN", "grep \\\\then" };
	static const bool matches[] = { true, false, false };
	struct plan_defaults d = named_sources();
	char text[] = "the word then\n";

	for (int i = 0; i < COUNT(lines); i++) {
		struct block b = { .text = text, .len = sizeof(text) - 1, .records = 1 };
		struct blocks out = { 0 };
		struct bad records = { 0 };
		struct feed to = { .out = &out, .bad = &records };
		const struct stage_class *c;
		struct plan plan;
		struct words w;
		struct err err;
		void *lane;

		words_split(&w, lines[i]);
		ck_assert_int_eq(plan_lines(&plan, &d, w.word, w.n, BASE, &err), 0);
		c = plan.stage[0].class;
		lane = calloc(1, c->lane_size);
		ck_assert_int_eq(c->lane_open(&plan.stage[0], lane, &err), 0);
		ck_assert_int_eq(c->feed(&plan.stage[0], lane, &b, &to, &err), 0);
		ck_assert_uint_eq(out.n, matches[i]);
		c->lane_close(lane);
		free(lane);
		blocks_free(&out);
		plan_close(&plan);
	}
}
END_TEST

static const struct {
	const char *line;
	int word;		/* from BASE on */
	size_t column, length;
	const char *message;	/* its beginning */
} bad_chains[] = {
	{ "from shpo count", 1, 0, 4, "no stream 'shpo' before this place, did you mean 'shop'?" },
	{ "from shop,wbe count", 1, 5, 3, "no stream 'wbe' before this place" },
	{ "from shop,web,xyzzy count", 1, 9, 5,
	    "no stream 'xyzzy' before this place (name one with -i NAME=SOURCE or as NAME)" },
	{ "from shop, count", 1, 5, 0, "no stream '' before this place" },
	{ "from ,shop count", 1, 0, 0, "no stream '' before this place" },
	{ "from \\then,shop count", 1, 0, 5, "no stream '\\then' before this place" },
	{ "from x count also count as x", 1, 0, 1, "no stream 'x' before this place" },
	{ "count as x also from xx count", 5, 0, 2, "no stream 'xx' before this place" },
	{ "count as total also from totla count", 5, 0, 5,
	    "no stream 'totla' before this place, did you mean 'total'?" },
	{ "count as x also grep a as x", 7, 0, 0, "a stream named 'x' is there already" },
	{ "count as shop", 2, 0, 0, "a stream named 'shop' is there already" },
	{ "as x as x count", 2, 0, 0, "a stage is missing before 'as'" },
	{ "count as x as y", 3, 0, 0, "unexpected 'as'" },
	{ "count as x count", 3, 0, 0, "unexpected 'count'" },
	{ "count as x from x count", 3, 0, 0, "unexpected 'from'" },
	{ "count from shop", 1, 0, 0, "unexpected 'from'" },
	{ "count also count", 2, 0, 0, "two chains on the same output; end one with into SINK" },
	{ "count into x also grep a also from shop countby then top 2", 11, 0, 0,
	    "two chains on the same output" },
	{ "count as", 1, 0, 0, "a name is missing behind 'as'" },
	{ "count as then count", 2, 0, 0, "a name is missing behind 'as'" },
	{ "count as a,b also from a count", 2, 0, 0, "a name is missing behind 'as'" },
	{ "from", 0, 0, 0, "a name is missing behind 'from'" },
	{ "from then count", 1, 0, 0, "a name is missing behind 'from'" },
	{ "count into", 1, 0, 0, "a sink is missing behind 'into'" },
	{ "count into also count", 2, 0, 0, "a sink is missing behind 'into'" },
	{ "count into x then count", 3, 0, 0, "unexpected 'then'" },
	{ "count into x into y", 3, 0, 0, "unexpected 'into'" },
	{ "count also", 1, 0, 0, "a stage is missing behind 'also'" },
	{ "also count", 0, 0, 0, "a stage is missing before 'also'" },
	{ "count also also count", 2, 0, 0, "a stage is missing before 'also'" },
	{ "from shop", 1, 0, 0, "a stage is missing behind 'shop'" },
	{ "from shop then", 2, 0, 0, "a stage is missing behind 'then'" },
	{ "from shop then into x", 3, 0, 0, "a stage is missing before 'into'" },
	{ "from shop as x then", 4, 0, 0, "a stage is missing behind 'then'" },
	{ "from shop as x then also count", 5, 0, 0, "a stage is missing before 'also'" },
	{ "from shop then as x", 3, 0, 0, "a stage is missing before 'as'" },
	{ "as x then", 2, 0, 0, "a stage is missing behind 'then'" },
	{ "then then count", 0, 0, 0, "a stage is missing before 'then'" },
	{ "count as x", 2, 0, 0, "nothing is made of stream 'x' and nothing is written" },
	{ "as x", 1, 0, 0, "nothing is made of stream 'x' and nothing is written" },
	{ "from shop as x also from x as y", 8, 0, 0, "nothing is made of stream 'y'" },
	{ "grep a as x then count as y also from x countby as z", 7, 0, 0,
	    "nothing is made of stream 'y' and nothing is written" },
	{ "count as x also from x,shop count", 6, 0, 0,
	    "the streams that come together here have different columns" },
	{ "wordcount as w also countby as c also from w,c into x", 11, 0, 0,
	    "the streams that come together here have different columns" },
	{ "from shop as s also from s then top 3", 8, 0, 0, "top needs ranked rows" },
	{ "wordcount as w also from w count as n also from n,n top 2", 12, 0, 0,
	    "top needs ranked rows" },
	{ "wordcount -w 10s as w also from w count -w 15s", 10, 0, 0,
	    "window 15s is not a multiple of the slide of the stage before 10s" },
	{ "as a also from a,a,a,a as b also from b,b,b,b as c also from c,a count", 14, 0, 0,
	    "more than 16 streams in one place" },
};

START_TEST(refuses_chains)
{
	struct plan_defaults d = named_sources();
	struct plan plan;
	struct words w;
	struct err err = { 0 };

	words_split(&w, bad_chains[_i].line);
	ck_assert_int_eq(plan_lines(&plan, &d, w.word, w.n, BASE, &err), -1);
	if (strncmp(err.message, bad_chains[_i].message, strlen(bad_chains[_i].message)) != 0 ||
	    err.word != BASE + bad_chains[_i].word || err.column != bad_chains[_i].column ||
	    err.length != bad_chains[_i].length)
		ck_abort_msg("%s: '%s' about word %d, %zu bytes from %zu", bad_chains[_i].line,
		    err.message, err.word - BASE, err.length, err.column);
	ck_assert_int_eq(err.code, ERR_USAGE);
	plan_close(&plan);
}
END_TEST

/* Sixteen streams may come together, and no more. */
START_TEST(sixteen_points)
{
	static const char line[] =
	    "as a also from a,a,a,a as b also from b,b,b,b as c also from c count";
	struct plan_defaults d = named_sources();
	struct plan plan;
	struct words w;
	struct err err;

	words_split(&w, line);
	ck_assert_int_eq(plan_lines(&plan, &d, w.word, w.n, BASE, &err), 0);
	ck_assert_uint_eq(plan.stage[0].froms, POINTS_MAX);
	ck_assert_uint_eq(plan.roots, 1 + 4 + 16 + 16);
	plan_close(&plan);
}
END_TEST

/* ---- random words ---- */

static const char *const vocabulary[] = {
	"then", "then", "then", "then", "wordcount", "count", "countby", "top", "grep", "wordcuont",
	"3", "0", "-1", "a", "(", "[a-z]+", "-v", "-i", "-x", "--", "-", "", "--fold", "--strip",
	"--min-length", "2", "--min-length=4", "--window", "10s", "5s", "-w", "-s", "1s", "--slide",
	"--slide=2s", "-w10s", "-fpm3", "--win", "--help=x", "100d", "10rows", "\xff\xfe", "--\xff",
	"-\xc3\xa4", "=", "--=", "--window=", "also", "also", "also", "as", "as", "from", "from",
	"into", "into", "x", "y", "x,y", "shop", "shop,web,x", "\\then", "\\as", ",",
};

static int
random_words(char *word[], int max)
{
	int n = 1 + (int)rand_below((uint64_t)max);

	for (int i = 0; i < n; i++)
		word[i] = (char *)(uintptr_t)vocabulary[rand_below(COUNT(vocabulary))];
	if (rand_below(2) == 0)
		word[0] = (char *)(uintptr_t)vocabulary[4 + rand_below(5)];
	word[n] = NULL;
	return n;
}

/* Links lead on to what is there, and never back. */
static void
check_links(const struct plan *plan, const struct link *at, unsigned n, unsigned from)
{
	for (unsigned i = 0; i < n; i++) {
		DEMAND(at[i].account <= plan->accounts && at[i].enters <= plan->accounts);
		DEMAND(at[i].port == 0);
		if (at[i].output)
			DEMAND(at[i].to < plan->outputs || at[i].to == OUTPUT_NONE);
		else
			DEMAND(at[i].to < plan->n && at[i].to >= from);
	}
}

static bool
all_early(const struct plan *plan, const struct stage *s)
{
	bool early = true;

	for (unsigned k = 0; k < s->froms; k++) {
		const struct stage *before = &plan->stage[s->from[k].stage == -1 ? 0 :
		    s->from[k].stage];

		early &= s->from[k].stage == -1 || (before->early && before->aggregate == NULL);
	}
	return early;
}

static void
check_plan(const struct plan *plan)
{
	DEMAND(plan->chains > 0 && plan->roots > 0 && plan->outputs + plan->n > 0);
	DEMAND(plan->outputs <= plan->chains && plan->accounts <= plan->chains);
	for (unsigned i = 0; i < plan->roots; i++)
		check_links(plan, &plan->root[i].link, 1, 0);
	for (unsigned i = 0; i < plan->n; i++)
		check_links(plan, plan->stage[i].next.at, plan->stage[i].next.n, i + 1);
	for (size_t i = 0; i < plan->n; i++) {
		const struct stage *s = &plan->stage[i];

		DEMAND(s->out->columns > 0 && s->out->columns <= SCHEMA_MAX);
		DEMAND(s->out->width >= s->out->columns);
		DEMAND(s->aggregate == NULL || (s->length >= s->slide && s->slide >= SECOND));
		DEMAND((s->aggregate != NULL) == ((s->class->flags & STAGE_AGGREGATES) != 0));
		DEMAND(s->froms > 0 && s->froms <= POINTS_MAX);
		DEMAND(s->early == all_early(plan, s));
	}
}

/* Either a plan that holds together, or an error about one of the words. */
START_TEST(random_lines)
{
	struct plan_defaults d = named_sources();
	int fine = 0;

	d.window.ticks = _i % 2 * 10 * SECOND;
	rand_start((uint64_t)_i);
	for (int round = 0; round < 25000; round++) {
		char *word[13];
		int n = random_words(word, 12);
		struct err err = { 0 };
		struct plan plan;

		if (plan_lines(&plan, &d, word, n, BASE, &err) == 0) {
			check_plan(&plan);
			fine++;
		} else if (plan.help == NULL) {
			DEMAND(err.code == ERR_USAGE && err.message[0] != '\0');
			DEMAND(err.word >= BASE && err.word < BASE + n);
			DEMAND(err.column <= strlen(word[err.word - BASE]));
		}
		plan_close(&plan);
	}
	ck_assert_int_gt(fine, 100);
}
END_TEST

/* ---- memory runs out ---- */

static bool
parse_failing(const char *line, uint64_t nth, bool sticky)
{
	struct plan_defaults d = defaults(0, 0);
	struct err err = { 0 };
	struct plan plan;
	struct words w;
	bool reached;
	int rc;

	words_split(&w, line);
	fault_set(nth, sticky);
	rc = plan_lines(&plan, &d, w.word, w.n, BASE, &err);
	reached = fault_clear() >= nth;
	if (rc == -1 && (!reached || strncmp(err.message, "out of memory", 13) != 0))
		ck_abort_msg("%s: allocation %d: '%s'", line, (int)nth, err.message);
	plan_close(&plan);
	return reached;
}

START_TEST(memory_fails)
{
	static const char line[] = "grep -i a(b|c)*[^x]+ as a then wordcount as b then grep b "
	    "then top 3 also from a count into x also from b,b,b as c into y";

	for (int sticky = 0; sticky < 2; sticky++)
		for (uint64_t nth = 1; parse_failing(line, nth, sticky != 0);)
			nth++;
}
END_TEST

Suite *
plan_suite(void)
{
	Suite *suite = suite_create("plan");
	TCase *tc = case_add(suite, "words"), *chains = case_add(suite, "chains");
	TCase *random = case_add(suite, "random");

	tcase_add_loop_test(tc, reads, 0, COUNT(good));
	tcase_add_loop_test(tc, refuses, 0, COUNT(bad));
	tcase_add_loop_test(tc, help, 0, COUNT(helps));
	tcase_add_test(tc, find);
	tcase_add_loop_test(chains, links, 0, COUNT(graphs));
	tcase_add_test(chains, escaped_words);
	tcase_add_test(chains, escaped_patterns);
	tcase_add_loop_test(chains, refuses_chains, 0, COUNT(bad_chains));
	tcase_add_test(chains, sixteen_points);
	tcase_add_loop_test(random, random_lines, 0, 8);
	tcase_add_test(random, memory_fails);
	return suite;
}
