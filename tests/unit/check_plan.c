/*
 * Unit tests of src/core/plan.c with the real stages: what is made of good command lines, the
 * message and word of each refusal, and random words.
 */

#include <check.h>
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

/* The plan as text: stages with limit, window and columns, then the split. */
static void
show(struct buf *out, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct stage *s = &plan->stage[i];

		text_printf(out, "%s", s->class->name);
		if (s->limit != UINT64_MAX)
			text_printf(out, "!%d", (int)s->limit);
		if (s->class->aggregate != NULL)
			text_printf(out, " %d/%d", (int)(s->length / SECOND),
			    (int)(s->slide / SECOND));
		for (unsigned k = 0; k < s->out.columns; k++)
			text_printf(out, "%c%s", k == 0 ? '(' : ',', s->out.name[k]);
		text_printf(out, ")%s%s ", s->out.ranked ? "r" : "", s->out.lines ? "l" : "");
	}
	text_printf(out, "split %d", (int)plan->split);
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
	{ "grep x", 0, 0, "grep(line)l split 1" },
	{ "grep -vi x", 0, 0, "grep(line)l split 1" },
	{ "grep x -v", 0, 0, "grep(line)l split 1" },
	{ "grep -- -v", 0, 0, "grep(line)l split 1" },
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
	if (plan_parse(&plan, &d, w.word, w.n, BASE, &err) == -1)
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
	    "unknown stage 'xyzzy' (stages: wordcount count countby top grep)" },
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
	{ "countby then top", 0, 0, 2, "top needs more words (usage: top N)" },
	{ "countby then top 0", 0, 0, 3, "top: N is zero; it must be 1 or more" },
	{ "countby then top -1", 0, 0, 3, "'-1' is negative, or no option" },
	{ "countby then top x", 0, 0, 3, "top: N 'x' is not a number" },
	{ "countby then top 99999999999999999999", 0, 0, 3,
	    "top: N '99999999999999999999' is too large" },
	{ "countby then top 1 2", 0, 0, 4, "unexpected '2' (usage: top N)" },
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
	ck_assert_int_eq(plan_parse(&plan, &d, w.word, w.n, BASE, &err), -1);
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

/* ---- random words ---- */

static const char *const vocabulary[] = {
	"then", "then", "then", "then", "wordcount", "count", "countby", "top", "grep", "wordcuont",
	"3", "0", "-1", "a", "(", "[a-z]+", "-v", "-i", "-x", "--", "-", "", "--fold", "--strip",
	"--min-length", "2", "--min-length=4", "--window", "10s", "5s", "-w", "-s", "1s", "--slide",
	"--slide=2s", "-w10s", "-fpm3", "--win", "--help=x", "100d", "10rows", "\xff\xfe", "--\xff",
	"-\xc3\xa4", "=", "--=", "--window=",
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

static void
check_plan(const struct plan *plan)
{
	DEMAND(plan->n > 0 && plan->split <= plan->n);
	for (size_t i = 0; i < plan->n; i++) {
		const struct stage *s = &plan->stage[i];

		DEMAND(s->out.columns > 0 && s->out.columns <= SCHEMA_MAX);
		DEMAND(s->class->aggregate == NULL ||
		    (s->length >= s->slide && s->slide >= SECOND));
		DEMAND((s->class->aggregate != NULL) <= (plan->split <= i));
	}
}

/* Either a plan that holds together, or an error about one of the words. */
START_TEST(random_lines)
{
	struct plan_defaults d = defaults(_i % 2 * 10, 0);
	int fine = 0;

	rand_start((uint64_t)_i);
	for (int round = 0; round < 25000; round++) {
		char *word[13];
		int n = random_words(word, 12);
		struct err err = { 0 };
		struct plan plan;

		if (plan_parse(&plan, &d, word, n, BASE, &err) == 0) {
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
	rc = plan_parse(&plan, &d, w.word, w.n, BASE, &err);
	reached = fault_clear() >= nth;
	if (rc == -1 && (!reached || strncmp(err.message, "out of memory", 13) != 0))
		ck_abort_msg("%s: allocation %d: '%s'", line, (int)nth, err.message);
	plan_close(&plan);
	return reached;
}

START_TEST(memory_fails)
{
	static const char line[] = "grep -i a(b|c)*[^x]+ then wordcount then grep b then top 3";

	for (int sticky = 0; sticky < 2; sticky++)
		for (uint64_t nth = 1; parse_failing(line, nth, sticky != 0);)
			nth++;
}
END_TEST

Suite *
plan_suite(void)
{
	Suite *suite = suite_create("plan");
	TCase *tc = case_add(suite, "words"), *random = case_add(suite, "random");

	tcase_add_loop_test(tc, reads, 0, COUNT(good));
	tcase_add_loop_test(tc, refuses, 0, COUNT(bad));
	tcase_add_loop_test(tc, help, 0, COUNT(helps));
	tcase_add_test(tc, find);
	tcase_add_loop_test(random, random_lines, 0, 8);
	tcase_add_test(random, memory_fails);
	return suite;
}
