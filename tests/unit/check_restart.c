/*
 * Whole pipelines that are put down at random moments, between blocks and between batches, and gone
 * on with by others (src/core/pipeline_save.c): what they write is what one writes that was never
 * disturbed, by the clock, by rows and by event time.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/files.h"
#include "stage/stage_table.h"
#include "twin_util.h"

Suite *restart_suite(void);

enum time { CLOCK, ROWS, EVENTS, TIMES };

/* In a window @N stands for N batches; within a query tabs stand for blanks. */
static const char *const lines[] = {
	"count", "count --window @3", "count --window @4 --slide @2", "count --running",
	"count --window @5 --slide @1 then sum count --window @6 --slide @2",
	"countby k", "countby k,g --window @3", "countby k --window @5 --slide @1",
	"countby k --window @7 --slide @4 then top 2", "countby k --running",
	"countby k --running --ttl @3", "countby k --running --emit update",
	"countby k --running --emit update --ttl @4", "countby k --window @4 --emit update",
	"countby k --window @4 --emit complete", "countby k --window @3 --empty --keys keys",
	"countby k --running --initial first", "countby k --running --initial first --ttl @3",
	"countby k --running --initial first --emit update",
	"wordcount", "wordcount --window @4 --slide @2", "wordcount --running",
	"sum v", "sum v --by k --window @3", "sum v --by k --window @6 --slide @2",
	"min v --by g --window @5 --slide @1", "max v --by k --running",
	"mean v --by k --window @4 --emit complete",
	"stats v --by g --window @6 --slide @3", "stats v --what p50,sd,count --running",
	"sentiment g --by k --window @5 --slide @2", "sentiment k --running",
	"sentiment k --each then countby label --window @3",
	"first v,k --by g", "first v --by k --window @4", "first v,k --by g --running",
	"first v --by g --window @5 --slide @2", "last v,g --by k --window @3",
	"last v --by g --running --ttl @4", "last v --by k --window @6 --slide @1",
	"last v --by g --running --emit update", "last v --window @4 --emit complete",
	"distinct k --by g", "distinct v --window @4 --slide @1", "distinct v --by g --running",
	"top 3 --by k --approx", "top 2 --by k,g --approx --window @5 --slide @2",
	"top 2 --by k --approx --running", "top 2 --by k --window @4",
	"where v%3=0 then countby k --window @3 into one also sum v --window @4 --slide @1",
	"countby k as x also sum v --by k as y then join x --on k",
	"countby k as x also where v>50 as y also from y last v --by g --window @3 into one "
	    "also from x top 2",
	"select k,v into one also count --window @4 --slide @2 into two also grep 1",
	"countby k then last count --by k --window @4 --slide @2 then head 2",
	"countby k,g then pivot g --values p,q then count --running",
	"countby k as x also from x first count --by k --window @3 into one "
	    "also from x last k,count --running",
	"dedup k --within @3 then countby g --window @3",
	"delta v --by k then sum v_delta --by k --window @4 --slide @2",
	"head --total 70 then countby k --running",
	"sessions --gap @2 k then countby k --window @4",
	"countby k then trend count into one also count --window @3",
	"as x then where v>40 then join x --on k --within @3 then countby k --window @3",
	"sql -w @4 -s @2 select\tk,\tcount(*)\tn\tfrom\tstream\tgroup\tby\tk then sum n -w @4",
};

/* ---- running ---- */

static int
load(void *arg, const char *path, struct buf *text, struct file_stamp *stamp, struct err *err)
{
	const char *what = strcmp(path, "keys") == 0 ? "1\nx\nnever\n" : "1\t10\nx\t20\nold\t7\n";

	(void)arg;
	(void)err;
	*stamp = (struct file_stamp){ 0 };
	text->len = 0;
	return buf_add(text, what, strlen(what));
}

static const struct files files = { .load = load };

static void
make_words(struct words *w, const char *line, enum time time)
{
	struct buf text = { 0 };

	for (; *line != '\0'; line++) {
		if (*line != '@') {
			text_add(&text, line, 1);
			continue;
		}
		line++;
		text_printf(&text, time == ROWS ? "%drows" : "%dms",
		    (*line - '0') * (time == ROWS ? TWIN_ROWS : 1));
	}
	text_add(&text, "", 1);
	words_split(w, text.data);
	for (int i = 0; i < w->n; i++)
		for (char *tab = w->word[i]; (tab = strchr(tab, '\t')) != NULL;)
			*tab = ' ';
	buf_free(&text);
}

static void
make_play(struct twin_play *play, enum time time)
{
	if (time == ROWS)
		twin_make_rows(play);
	else
		twin_make(play, time == EVENTS, false);
}

static void
must_run(const struct twin_play *play, const struct words *w, const char *line,
    struct twin_cuts *cuts, struct buf *out)
{
	struct err err;

	if (twin_run_cut(play, w->word, &files, cuts, out, &err) == -1)
		ck_abort_msg("%s: %s", line, err.message);
}

/* ---- the same answers ---- */

static void
goes_on_as(const char *line, enum time time, unsigned lanes, int *cuts, size_t *bytes)
{
	struct twin_cuts none = { .lanes = lanes }, saves = { .saves = true, .lanes = lanes };
	struct twin_cuts all = { .saves = true, .goes_on = true, .lanes = lanes };
	struct buf want = { 0 }, saved = { 0 }, got = { 0 };
	struct twin_play play;
	struct words w;

	make_play(&play, time);
	make_words(&w, line, time);
	must_run(&play, &w, line, &none, &want);
	must_run(&play, &w, line, &saves, &saved);
	text_same(&saved, &want, line);
	must_run(&play, &w, line, &all, &got);
	text_same(&got, &want, line);
	DEMAND(none.store.n == 0 && none.saved == 0);
	*cuts += all.cuts;
	*bytes += want.len;
	store_free(&saves.store);
	store_free(&all.store);
	buf_free(&want);
	buf_free(&saved);
	buf_free(&got);
}

START_TEST(same_answers)
{
	const char *line = lines[_i / TIMES];
	enum time time = (enum time)(_i % TIMES);
	size_t bytes = 0;
	int cuts = 0;

	rand_start((uint64_t)_i);
	for (int round = 0; round < 12; round++)
		goes_on_as(line, time, 1, &cuts, &bytes);
	ck_assert_int_gt(cuts, 5);
	ck_assert_uint_gt(bytes, 0);
}
END_TEST

/* Where the plan lets several threads feed their lanes are gathered before it is put down. */
START_TEST(several_lanes)
{
	enum time time = _i % 2 == 0 ? CLOCK : ROWS;
	size_t bytes = 0;
	int cuts = 0;

	rand_start((uint64_t)_i);
	for (int round = 0; round < 6; round++)
		goes_on_as(lines[_i], time, 2 + (unsigned)rand_below(3), &cuts, &bytes);
	ck_assert_int_gt(cuts, 1);
}
END_TEST

START_TEST(every_stage_is_here)
{
	const struct stage_class *c;

	for (int i = 0; (c = stage_table[i]) != NULL; i++) {
		size_t len = strlen(c->name);
		bool found = (c->flags & STAGE_AGGREGATES) == 0;

		for (int k = 0; k < COUNT(lines); k++)
			found |= strncmp(lines[k], c->name, len) == 0 && lines[k][len] <= ' ';
		ck_assert_msg(found, "%s is not tested", c->name);
	}
}
END_TEST

/* ---- what goes wrong ---- */

/* Allocations fail as one goes on: an error, or the same answers. */
START_TEST(short_of_memory)
{
	const char *line = lines[_i / TIMES];
	enum time time = (enum time)(_i % TIMES);
	struct twin_cuts none = { 0 };
	struct buf want = { 0 };
	struct twin_play play;
	struct words w;
	bool reached = true;

	make_play(&play, time);
	make_words(&w, line, time);
	must_run(&play, &w, line, &none, &want);
	for (uint64_t nth = 1; reached && nth < 60; nth++) {
		struct twin_cuts cuts = { .saves = true, .goes_on = true, .fault = nth };
		struct buf got = { 0 };
		struct err err = { 0 };

		rand_start(nth);
		if (twin_run_cut(&play, w.word, &files, &cuts, &got, &err) == 0)
			text_same(&got, &want, line);
		else
			ck_assert_msg(strstr(err.message, "memory") != NULL, "%s: %s", line,
			    err.message);
		reached = cuts.reached;
		store_free(&cuts.store);
		buf_free(&got);
	}
	buf_free(&want);
}
END_TEST

/* Chunks that are damaged, or in the place of others: a message, and nothing else happens. */
START_TEST(damage)
{
	const char *line = lines[_i / TIMES];
	enum time time = (enum time)(_i % TIMES);
	struct words w;
	int found = 0;

	rand_start((uint64_t)_i);
	make_words(&w, line, time);
	for (int round = 0; round < 60; round++) {
		struct twin_cuts cuts = { .saves = true, .goes_on = true, .damages = true };
		struct buf out = { 0 };
		struct err err = { 0 };
		struct twin_play play;

		make_play(&play, time);
		if (twin_run_cut(&play, w.word, &files, &cuts, &out, &err) == -1)
			found += strstr(err.message, "saved state is damaged at byte") != NULL;
		else
			DEMAND(cuts.cuts == 0);
		store_free(&cuts.store);
		buf_free(&out);
	}
	ck_assert_int_gt(found, 5);
}
END_TEST

Suite *
restart_suite(void)
{
	Suite *suite = suite_create("restart");
	TCase *same = case_add(suite, "same"), *wrong = case_add(suite, "wrong");

	tcase_add_test(same, every_stage_is_here);
	tcase_add_loop_test(same, same_answers, 0, COUNT(lines) * TIMES);
	tcase_add_loop_test(same, several_lanes, 0, COUNT(lines));
	tcase_add_loop_test(wrong, damage, 0, COUNT(lines) * TIMES);
	tcase_add_loop_test(wrong, short_of_memory, 0, COUNT(lines) * TIMES);
	return suite;
}
