/*
 * The stages that pass records on or make rows of them, one by one: where, select, split, sample
 * and head, over random records in both forms of blocks, cut anywhere.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/stage.h"
#include "util.h"

Suite *passing_suite(void);

extern const struct stage_class stage_where, stage_select, stage_split, stage_sample, stage_head;

/* A stage and one lane. */
struct run {
	struct stage	 s;
	struct schema	 in;
	struct arena	 names;
	void		*lane;
	struct blocks	 out;
	struct bad	 bad;
};

/* The words of a stage: an option with its value, or "" and its argument. */
static int
run_open(struct run *r, const struct stage_class *class, const struct schema *in,
    const char *option, const char *value, const char *argument, struct err *err)
{
	int rc = 0;

	*r = (struct run){ .in = *in };
	r->in.names = &r->names;
	r->s = (struct stage){ .class = class, .in = &r->in, .out = &r->in, .limit = UINT64_MAX };
	r->s.config = calloc(1, class->config_size + 1);
	r->lane = calloc(1, class->lane_size + 1);
	for (const struct opt *o = class->options; o != NULL && o->name != NULL && rc == 0; o++)
		if (option != NULL && strcmp(o->name, option) == 0)
			rc = class->option(&r->s, o->id, value, 1, err);
	if (rc == 0)
		rc = class->argument(&r->s, argument, 2, err);
	if (rc == 0 && class->open != NULL)
		rc = class->open(&r->s, err);
	if (rc == 0 && class->lane_open != NULL)
		rc = class->lane_open(&r->s, r->lane, err);
	return rc;
}

static void
run_close(struct run *r)
{
	if (r->s.class->lane_close != NULL)
		r->s.class->lane_close(r->lane);
	if (r->s.class->close != NULL)
		r->s.class->close(&r->s);
	free(r->lane);
	free(r->s.config);
	blocks_free(&r->out);
	bad_free(&r->bad);
	arena_free(&r->names);
}

static void
start(struct run *r, const struct stage_class *class, const struct schema *in, const char *option,
    const char *value, const char *argument)
{
	struct err err;

	if (run_open(r, class, in, option, value, argument, &err) == -1)
		ck_abort_msg("%s", err.message);
}

static int
feed(struct run *r, const struct block *b, struct err *err)
{
	struct feed to = { .out = &r->out, .bad = &r->bad };

	return r->s.class->feed(&r->s, r->lane, b, &to, err);
}

/* What has come out, as text: cells joined by commas; lines as they are. */
static void
show(struct run *r, struct buf *text)
{
	for (size_t i = 0; i < r->out.n; i++) {
		const struct block *b = &r->out.block[i];

		if (b->text != NULL) {
			uint64_t lines = 0;

			for (size_t k = 0; k < b->len; k++)
				lines += b->text[k] == '\n';
			DEMAND(lines == b->records);
			text_add(text, b->text, b->len);
			continue;
		}
		for (uint64_t row = 0; row < b->records; row++) {
			for (unsigned k = 0; k < r->s.out->columns; k++) {
				const struct value *v = &b->cells[row * b->width +
				    r->s.out->column[k].slot];

				text_printf(text, k > 0 ? "," : "");
				if (v->kind == VALUE_TEXT && v->len > 0)
					text_add(text, v->text, v->len);
				else if (v->kind == VALUE_INT || v->kind == VALUE_BOOL)
					text_printf(text, "%lld", (long long)v->i);
				else if (v->kind == VALUE_DOUBLE)
					text_printf(text, "%g", v->d);
				else if (v->kind == VALUE_NULL)
					text_printf(text, "NULL");
			}
			text_printf(text, "\n");
		}
	}
	r->out.n = 0;
}

static const struct schema line_schema = {
	.columns = 1, .width = 1, .input = true, .lines = true,
	.column = { { "line", SCHEMA_RECORD, true } },
};

/* Feeds lines, cut into blocks anywhere, as lines or as rows of one cell. */
static void
feed_lines(struct run *r, const struct buf *text, bool rows, struct buf *out)
{
	const char *at = text->data, *end = text->data + text->len;
	struct err err;

	while (at < end) {
		struct value cells[8];
		struct block b = { .text = at, .width = 1 };

		for (uint64_t n = 1 + rand_below(8); b.records < n && at < end; b.records++) {
			const char *line = at;
			size_t len;

			at = line_next(at, end, &len);
			cells[b.records] = value_text(line, len);
		}
		b.len = (size_t)(at - b.text);
		if (rows)
			b = (struct block){ .cells = cells, .width = 1, .records = b.records };
		if (feed(r, &b, &err) == -1)
			ck_abort_msg("%s", err.message);
		show(r, out);
	}
}

static void
random_lines(struct buf *text, size_t n)
{
	static const char *const pieces[] = { "a", "bb", " ", "\t ", "7", "-", ",", "--", "\v",
		"" };

	for (size_t i = 0; i < n; i++) {
		for (uint64_t k = rand_below(7); k > 0; k--)
			text_printf(text, "%s", pieces[rand_below(COUNT(pieces))]);
		text_printf(text, "\n");
	}
}

typedef void (*line_fn)(const char *line, size_t len, uint64_t at, struct buf *want);

static void
want_seven(const char *line, size_t len, uint64_t at, struct buf *want)
{
	(void)at;
	if (memchr(line, '7', len) != NULL)
		text_add(want, line, len + 1);
}

static void
want_words(const char *line, size_t len, uint64_t at, struct buf *want)
{
	bool inside = false;

	(void)at;
	for (size_t i = 0; i < len; i++) {
		bool white = strchr(" \t\v", line[i]) != NULL;

		if (!white)
			text_add(want, &line[i], 1);
		if (inside && white)
			text_add(want, "\n", 1);
		inside = !white;
	}
	if (inside)
		text_add(want, "\n", 1);
}

static void
want_dashed(const char *line, size_t len, uint64_t at, struct buf *want)
{
	(void)at;
	for (size_t i = 0; i < len; i++) {
		bool dash = i + 1 < len && line[i] == '-' && line[i + 1] == '-';

		text_add(want, dash ? "\n" : &line[i], 1);
		i += dash;
	}
	text_add(want, "\n", 1);
}

static void
want_first(const char *line, size_t len, uint64_t at, struct buf *want)
{
	if (at < 11)
		text_add(want, line, len + 1);
}

static void
want_all(const char *line, size_t len, uint64_t at, struct buf *want)
{
	(void)at;
	text_add(want, line, len + 1);
}

static const struct {
	const struct stage_class *class;
	const char	*option, *value, *argument;
	line_fn		 want;
} stages[] = {
	{ &stage_where, NULL, NULL, "line like '%7%'", want_seven },
	{ &stage_where, NULL, NULL, "instr(line, 7) > 0", want_seven },
	{ &stage_select, NULL, NULL, "line", want_all },
	{ &stage_select, NULL, NULL, "\"line\" || '' as x", want_all },
	{ &stage_split, NULL, NULL, "line", want_words },
	{ &stage_split, "on", "--", "line", want_dashed },
	{ &stage_head, "total", NULL, "11", want_first },
	{ &stage_sample, NULL, NULL, "1", want_all },
};

START_TEST(lines)
{
	for (int round = 0; round < 60; round++) {
		struct buf text = { 0 }, got = { 0 }, want = { 0 };
		const char *at;
		struct run r;
		size_t len;

		start(&r, stages[_i].class, &line_schema, stages[_i].option, stages[_i].value,
		    stages[_i].argument);
		random_lines(&text, 1 + rand_below(40));
		at = text.data;
		for (uint64_t i = 0; at < text.data + text.len; i++) {
			const char *line = at;

			at = line_next(at, text.data + text.len, &len);
			stages[_i].want(line, len, i, &want);
		}
		feed_lines(&r, &text, round % 2 == 0, &got);
		text_same(&got, &want, stages[_i].argument);
		ck_assert_uint_eq(r.bad.n, 0);
		run_close(&r);
		buf_free(&text);
		buf_free(&got);
		buf_free(&want);
	}
}
END_TEST

START_TEST(head_of_each_batch)
{
	struct buf text = { 0 }, got = { 0 }, want = { 0 };
	struct run r;
	struct err err;

	text_printf(&text, "1\n2\n3\n4\n5\n");
	text_printf(&want, "1\n2\n1\n2\n");
	start(&r, &stage_head, &line_schema, NULL, NULL, "2");
	feed_lines(&r, &text, false, &got);
	ck_assert_int_eq(r.s.class->fire(&r.s, r.lane, NULL, &err), 0);
	feed_lines(&r, &text, true, &got);
	text_same(&got, &want, "head");
	run_close(&r);
	buf_free(&text);
	buf_free(&got);
	buf_free(&want);
}
END_TEST

/* ---- rows ---- */

static const struct schema row_schema = {
	.columns = 4, .width = 5, .input = true,
	.column = {
		{ "id", 1, true }, { "Tags", 2, true }, { "n", 4, false },
		{ "z", SCHEMA_NO_SLOT, true },
	},
};

static const struct value row_cells[] = {
	{ VALUE_TEXT, 2, { .text = "r1" } }, { VALUE_TEXT, 1, { .text = "1" } },
	{ VALUE_TEXT, 3, { .text = "a b" } }, { VALUE_NULL, 0, { .i = 0 } },
	{ VALUE_INT, 0, { .i = 10 } },
	{ VALUE_TEXT, 2, { .text = "r2" } }, { VALUE_TEXT, 3, { .text = "007" } },
	{ VALUE_NULL, 0, { .i = 0 } }, { VALUE_NULL, 0, { .i = 0 } },
	{ VALUE_DOUBLE, 0, { .d = 1.5 } },
	{ VALUE_TEXT, 2, { .text = "r3" } }, { VALUE_TEXT, 3, { .text = "2.5" } },
	{ VALUE_TEXT, 0, { .text = NULL } }, { VALUE_NULL, 0, { .i = 0 } },
	{ VALUE_NULL, 0, { .i = 0 } },
};

static const struct {
	const struct stage_class *class;
	const char	*argument, *columns, *want;
	uint64_t	 bad;
} rows[] = {
	{ &stage_where, "n > 2", "id,Tags,n,z", "1,a b,10,", 0 },
	{ &stage_where, "id + 1", NULL, "1,a b,10\n007,NULL,1.5\n2.5,,NULL\n", 0 },
	{ &stage_where, "case when n = 10 then abs(-9223372036854775807 - (n > 0)) end", NULL,
	    "", 1 },
	{ &stage_select, "n, id*2 as Two , upper(Tags)", "n,Two,upper(Tags)",
	    "10,2,A B\n1.5,14,NULL\nNULL,5,\n", 0 },
	{ &stage_select, " id, \"Tags\" as 'a b',TAGS as t", "id,a b,t",
	    "1,a b,a b\n007,NULL,NULL\n2.5,,\n", 0 },
	{ &stage_select, "typeof(id), typeof(Tags), 1e308 * 10 as big",
	    "typeof(id),typeof(Tags),big",
	    "integer,text,NULL\ntext,null,NULL\nreal,text,NULL\n", 0 },
	{ &stage_select, "id, abs(-9223372036854775807 - (n > 9))", NULL,
	    "007,9223372036854775807\n2.5,NULL\n", 1 },
	{ &stage_select, "max(1, 2) as m, id", "m,id", "2,1\n2,007\n2,2.5\n", 0 },
	{ &stage_split, "Tags", "id,Tags,n,z", "1,a,10\n1,b,10\n", 0 },
	{ &stage_split, "n", "id,Tags,n,z", "1,a b,10\n007,NULL,1.5\n", 0 },
};

START_TEST(rows_of_columns)
{
	struct block b = { .cells = row_cells, .width = 5, .records = 3 };
	struct buf got = { 0 }, want = { 0 };
	const char *name = rows[_i].columns;
	struct run r;
	struct err err;

	start(&r, rows[_i].class, &row_schema, NULL, NULL, rows[_i].argument);
	for (unsigned i = 0; name != NULL && i < r.s.out->columns; i++) {
		const char *column = r.s.out->column[i].name;

		ck_assert_msg(strncmp(name, column, strlen(column)) == 0, "%s", column);
		name += strlen(column) + (i + 1 < r.s.out->columns);
	}
	ck_assert(name == NULL || *name == '\0');
	for (int round = 0; round < 2; round++) {
		got.len = want.len = 0;
		if (r.s.out == &r.in)
			r.in.columns = 3;	/* the last has no cell */
		ck_assert_int_eq(feed(&r, &b, &err), 0);
		show(&r, &got);
		text_add(&want, rows[_i].want, strlen(rows[_i].want));
		if (want.len > 0 && want.data[want.len - 1] == ',')
			want.data[want.len - 1] = '\n';
		text_same(&got, &want, rows[_i].argument);
	}
	ck_assert_uint_eq(r.bad.n, 2 * rows[_i].bad);
	run_close(&r);
	buf_free(&got);
	buf_free(&want);
}
END_TEST

/* Rows made of several blocks stay until all are taken. */
START_TEST(blocks_of_one_pass)
{
	struct block b = { .cells = row_cells, .width = 5, .records = 3 };
	struct buf got = { 0 }, want = { 0 };
	struct run r;
	struct err err;

	start(&r, &stage_select, &row_schema, NULL, NULL, "id || '-' || n as x");
	for (int i = 0; i < 300; i++) {
		ck_assert_int_eq(feed(&r, &b, &err), 0);
		text_printf(&want, "1-10\n007-1.5\nNULL\n");
	}
	show(&r, &got);
	text_same(&got, &want, "select");
	run_close(&r);
	buf_free(&got);
	buf_free(&want);
}
END_TEST

/* ---- words that are wrong ---- */

static const struct {
	const struct stage_class *class;
	const char	*option, *value, *argument, *says;
	size_t		 column;
} errors[] = {
	{ &stage_select, NULL, NULL, "id, idd", "did you mean 'id'?", 4 },
	{ &stage_select, NULL, NULL, "id, n + count(*)", "misuse of aggregate", 8 },
	{ &stage_select, NULL, NULL, "id, n as", "a name must follow AS", 6 },
	{ &stage_select, NULL, NULL, "id, n as 1", "one name must follow AS", 9 },
	{ &stage_select, NULL, NULL, "id, n n", "syntax error", 6 },
	{ &stage_select, NULL, NULL, "id,,n", "no expression", 3 },
	{ &stage_select, NULL, NULL, "id,n,", "no expression", 5 },
	{ &stage_select, NULL, NULL, "id, n as id", "two columns are called 'id'", 4 },
	{ &stage_select, NULL, NULL, "id, * as x", "takes no name", 6 },
	{ &stage_split, NULL, NULL, "tag", "no column 'tag'", 0 },
	{ &stage_split, "on", "", "Tags", "is empty", 0 },
	{ &stage_sample, NULL, NULL, "0", "above 0", 0 },
	{ &stage_sample, NULL, NULL, "1.5", "at most 1", 0 },
	{ &stage_sample, NULL, NULL, "half", "not a number", 0 },
	{ &stage_sample, "key", "id,nn", "0.5", "no column 'nn'", 3 },
	{ &stage_head, NULL, NULL, "0", "must be 1 or more", 0 },
	{ &stage_head, NULL, NULL, "x", "not a number", 0 },
	{ &stage_where, NULL, NULL, "1 = idd", "did you mean 'id'?", 4 },
};

START_TEST(wrong_words)
{
	struct run r;
	struct err err;

	ck_assert_int_eq(run_open(&r, errors[_i].class, &row_schema, errors[_i].option,
	    errors[_i].value, errors[_i].argument, &err), -1);
	ck_assert_int_eq(err.code, ERR_USAGE);
	ck_assert_msg(strstr(err.message, errors[_i].says) != NULL, "%s", err.message);
	ck_assert_msg(err.column == errors[_i].column, "%s: %zu", err.message, err.column);
	run_close(&r);
}
END_TEST

/* ---- sample ---- */

START_TEST(shares)
{
	static const char *const given[] = { "0.5", "0.01", "0.99" };

	for (int i = 0; i < COUNT(given); i++) {
		struct value cell = value_int(0);
		struct block b = { .cells = &cell, .width = 1, .records = 1 };
		double share = atof(given[i]), passed = 0, of = 200000;
		struct schema in = { .columns = 1, .width = 1, .column = { { "k", 0, false } } };
		struct run plain, keyed;
		struct err err;
		bool before = false;

		start(&plain, &stage_sample, &in, NULL, NULL, given[i]);
		start(&keyed, &stage_sample, &in, "key", "k", given[i]);
		for (cell.i = 0; cell.i < (int64_t)of; cell.i++) {
			plain.out.n = keyed.out.n = 0;
			DEMAND(feed(&plain, &b, &err) == 0);
			passed += (double)plain.out.n;
			DEMAND(feed(&keyed, &b, &err) == 0);
			before = keyed.out.n > 0;
			keyed.out.n = 0;
			DEMAND(feed(&keyed, &b, &err) == 0);
			DEMAND(before == (keyed.out.n > 0));
		}
		ck_assert_msg(passed / of > share - 0.005 && passed / of < share + 0.005,
		    "%g", passed);
		run_close(&plain);
		run_close(&keyed);
	}
}
END_TEST

/* ---- memory ---- */

START_TEST(memory_runs_short)
{
	struct buf text = { 0 };
	bool reached = true;

	random_lines(&text, 30);
	for (uint64_t i = 1; reached; i++) {
		struct block b = { .text = text.data, .len = text.len, .records = 30 };
		struct run r;
		struct err err = { 0 };
		int rc;

		fault_set(i, false);
		rc = run_open(&r, stages[_i].class, &line_schema, stages[_i].option,
		    stages[_i].value, stages[_i].argument, &err);
		if (rc == 0)
			rc = feed(&r, &b, &err);
		reached = fault_clear() >= i;
		run_close(&r);
		if (rc == -1)
			ck_assert_msg(err.code == ERR_RUN && strstr(err.message, "memory") != NULL,
			    "%s", err.message);
	}
	buf_free(&text);
}
END_TEST

Suite *
passing_suite(void)
{
	Suite *suite = suite_create("passing");
	TCase *tc = case_add(suite, "records"), *words = case_add(suite, "words");
	TCase *memory = case_add(suite, "memory");

	tcase_add_loop_test(tc, lines, 0, COUNT(stages));
	tcase_add_test(tc, head_of_each_batch);
	tcase_add_loop_test(tc, rows_of_columns, 0, COUNT(rows));
	tcase_add_test(tc, blocks_of_one_pass);
	tcase_add_test(tc, shares);
	tcase_add_loop_test(words, wrong_words, 0, COUNT(errors));
	tcase_add_loop_test(memory, memory_runs_short, 0, COUNT(stages));
	return suite;
}
