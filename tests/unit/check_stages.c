/*
 * The contract that every stage keeps, checked over the table of stages: help and options, and for
 * those that aggregate, that parts fed apart and merged give the rows of all fed together.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scan.h"
#include "core/plan.h"
#include "format/format_table.h"
#include "stage/stage_table.h"
#include "util.h"

Suite *stages_suite(void);

#define OPT_MAX 64		/* as core/opt has room for */

static bool
aggregates(const struct stage_class *c)
{
	return (c->flags & STAGE_AGGREGATES) != 0;
}

static int
stages(void)
{
	int n = 0;

	while (stage_table[n] != NULL)
		n++;
	return n;
}

static const char *const reserved[] = { "then", "also", "as", "from", "into" };

static bool
is_word(const char *text)
{
	return text[0] != '\0' &&
	    text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

START_TEST(texts)
{
	const struct stage_class *c = stage_table[_i];

	ck_assert(is_word(c->name));
	ck_assert_ptr_nonnull(c->usage);
	ck_assert_uint_gt(strlen(c->help), 0);
	ck_assert_uint_le(strlen(c->help), 60);
	ck_assert(c->help[strlen(c->help) - 1] != '.');
	ck_assert_uint_gt(strlen(c->detail), 0);
	ck_assert_msg(c->detail[strlen(c->detail) - 1] == '\n', "detail ends in the middle");
	ck_assert_msg(strstr(c->detail, "Rows:") != NULL, "the detail names the rows");
	ck_assert_msg(strstr(c->detail, "State:") != NULL, "the detail names the state");
	for (const char *line = c->detail; *line != '\0'; line += strcspn(line, "\n") + 1)
		ck_assert_uint_le(strcspn(line, "\n"), 78);
	ck_assert_ptr_nonnull(c->spark);
	for (int i = 0; i < _i; i++)
		ck_assert_str_ne(stage_table[i]->name, c->name);
	for (int i = 0; i < COUNT(reserved); i++)
		ck_assert_str_ne(c->name, reserved[i]);
}
END_TEST

START_TEST(functions)
{
	const struct stage_class *c = stage_table[_i];

	ck_assert_ptr_nonnull(c->feed);
	ck_assert_int_eq(c->choose != NULL, (c->flags & STAGE_CHOOSES) != 0);
	ck_assert_uint_le(c->min_args, c->max_args);
	ck_assert(c->max_args == 0 || c->argument != NULL);
	ck_assert(c->options == NULL || c->option != NULL);
	ck_assert_msg((c->flags & (STAGE_LINES | STAGE_ROWS)) != 0, "takes no form of blocks");
	if (aggregates(c))
		ck_assert(c->fire != NULL && c->rows != NULL && c->open != NULL);
	else
		ck_assert(c->rows == NULL || c->fire != NULL);
	ck_assert((c->flags & (STAGE_EACH_BATCH | STAGE_RANKS)) == 0 || aggregates(c));
	ck_assert((c->flags & STAGE_EXPANDS) == 0 || !aggregates(c));
	ck_assert(c->seed == NULL || aggregates(c));
	ck_assert((c->lane_open == NULL && c->lane_close == NULL) || c->lane_size > 0);
}
END_TEST

/* All options that a stage has, its own and the common ones. */
static int
all_options(const struct stage_class *c, const struct opt *all[OPT_MAX])
{
	const struct opt *tables[] = {
		plan_common_opts, plan_window_opts, plan_emit_opts, plan_begin_opts, c->options,
	};
	int n = 0;

	for (int t = 0; t < COUNT(tables); t++) {
		bool chooses = (c->flags & STAGE_CHOOSES) != 0;

		if ((t == 1 || t == 2) && !aggregates(c) && !chooses)
			continue;
		if (t == 3 && c->seed == NULL)
			continue;
		for (const struct opt *o = tables[t]; o != NULL && o->name != NULL; o++) {
			ck_assert_int_lt(n, OPT_MAX);
			all[n++] = o;
		}
	}
	return n;
}

START_TEST(options)
{
	const struct opt *all[OPT_MAX];
	int n = all_options(stage_table[_i], all);

	for (int i = 0; i < n; i++) {
		ck_assert(is_word(all[i]->name));
		ck_assert_ptr_nonnull(all[i]->help);
		ck_assert_int_ge(all[i]->id, 0);
		for (int k = 0; k < i; k++) {
			ck_assert_str_ne(all[i]->name, all[k]->name);
			ck_assert_int_ne(all[i]->id, all[k]->id);
			ck_assert(all[i]->letter == 0 || all[i]->letter != all[k]->letter);
		}
	}
}
END_TEST

/* ---- parts merged ---- */

static const char *const extra_options[] = {	/* tried with the stages that take them */
	"", " --fold", " --strip", " --min-length 3", " -fpm2",
};

static void
random_text(struct buf *text, size_t lines)
{
	static const char *const words[] = {
		"a", "B", "b", "(b)", "error:", "Error", "a-word-of-more-than-16-bytes",
		"A-Word-Of-More-Than-16-Bytes!", "\xc3\x84", "\xc3\xa4", "\xff", "...",
	};

	for (size_t i = 0; i < lines; i++) {
		for (uint64_t n = rand_below(5); n > 0; n--)
			text_printf(text, "%s ", words[rand_below(COUNT(words))]);
		if (rand_below(10) == 0)
			text_add(text, "\0x\0", 3);
		text_printf(text, rand_below(3) == 0 ? "\r\n" : "\n");
	}
}

/* Feeds lines as one block, then drops their memory. */
static void
feed(const struct stage *s, void *lane, const struct buf *text, struct map *state)
{
	char *copy = calloc(1, text->len + SCAN_PAD);
	struct block b = { .text = copy, .len = text->len, .source = -1 };
	struct bad bad = { 0 };
	struct feed to = { .state = state, .bad = &bad };
	struct err err;

	if (text->len > 0)
		memcpy(copy, text->data, text->len);
	b.records = scan_nth(0)->newlines(copy, text->len);
	DEMAND(s->class->feed(s, lane, &b, &to, &err) == 0);
	DEMAND(bad.n == 0);
	free(copy);
}

static void
rows_of(const struct stage *s, void *lane, const struct map *state, size_t cap, struct buf *out)
{
	struct value cells[7 * SCHEMA_MAX];
	struct rows rows = { .cells = cells, .cap = cap };
	struct encoder tsv = { 0 };
	struct err err;
	int n;

	DEMAND(s->class->fire(s, lane, state, &err) == 0);
	while ((n = s->class->rows(s, lane, &rows, &err)) > 0) {
		struct block b = { .cells = cells, .width = s->out->width, .records = (uint64_t)n };

		DEMAND((size_t)n <= cap && format_find("tsv")->rows(&tsv, s->out, &b) == 0);
	}
	DEMAND(n == 0);
	*out = tsv.out;
}

struct part {
	struct map	 state;
	void		*lane;
	struct buf	 rows;
};

static void
part_open(struct part *p, const struct stage *s)
{
	struct err err;

	*p = (struct part){ .lane = calloc(1, s->class->lane_size + 1) };
	map_init(&p->state, s->aggregate->words * sizeof(uint64_t), test_seed);
	DEMAND(s->class->lane_open == NULL || s->class->lane_open(s, p->lane, &err) == 0);
}

static void
part_close(struct part *p, const struct stage *s)
{
	if (s->class->lane_close != NULL)
		s->class->lane_close(p->lane);
	free(p->lane);
	aggregate_free(s->aggregate, &p->state);
	buf_free(&p->rows);
}

/* Text fed in two parts to two states that are merged, and all of it to a third. */
static void
check_merge(const struct stage *s)
{
	struct buf text[2] = { { 0 } };
	struct part part[3];

	for (int i = 0; i < 3; i++)
		part_open(&part[i], s);
	for (int i = 0; i < 2; i++) {
		random_text(&text[i], rand_below(60));
		feed(s, part[i].lane, &text[i], &part[i].state);
		feed(s, part[2].lane, &text[i], &part[2].state);
	}
	DEMAND(aggregate_merge(s->aggregate, &part[1].state, &part[0].state) == 0);
	rows_of(s, part[1].lane, &part[1].state, 1 + rand_below(7), &part[1].rows);
	rows_of(s, part[2].lane, &part[2].state, 7, &part[2].rows);
	text_same(&part[1].rows, &part[2].rows, s->class->name);
	for (int i = 0; i < 3; i++)
		part_close(&part[i], s);
	buf_free(&text[0]);
	buf_free(&text[1]);
}

START_TEST(merged_parts)
{
	struct plan_defaults d = { .classes = stage_table, .batch = { .ticks = 1, .rows = true } };
	int tried = 0;

	/* Those that take rows only are in check_values.c, which sees to it that all are. */
	if (!aggregates(stage_table[_i]) || (stage_table[_i]->flags & STAGE_LINES) == 0)
		return;
	for (int k = 0; k < COUNT(extra_options); k++) {
		struct plan plan;
		struct words w;
		struct err err;
		char line[100];

		snprintf(line, sizeof(line), "%s%s", stage_table[_i]->name, extra_options[k]);
		words_split(&w, line);
		if (plan_lines(&plan, &d, w.word, w.n, 0, &err) == 0) {
			for (int round = 0; round < 30; round++)
				check_merge(&plan.stage[0]);
			tried++;
		}
		plan_close(&plan);
	}
	ck_assert_int_gt(tried, 0);
}
END_TEST

Suite *
stages_suite(void)
{
	Suite *suite = suite_create("stages");
	TCase *table = case_add(suite, "table"), *merge = case_add(suite, "merge");

	tcase_add_loop_test(table, texts, 0, stages());
	tcase_add_loop_test(table, functions, 0, stages());
	tcase_add_loop_test(table, options, 0, stages());
	tcase_add_loop_test(merge, merged_parts, 0, stages());
	return suite;
}
