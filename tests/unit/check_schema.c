/*
 * Unit tests of src/core/schema.c: columns that are found and those that are not, slots that are
 * given when a column is asked for, open schemas, lists, what is shown; and what a plan makes of
 * them.
 */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/plan.h"
#include "core/schema.h"
#include "stage/stage_table.h"
#include "util.h"

Suite *schema_suite(void);

static const char *const names[] = { "time", "status", "path", "user" };

/* Records of these columns, none of which has been asked for. */
static struct schema
records(void)
{
	struct schema s = { .width = 1, .input = true };

	for (int i = 0; i < COUNT(names); i++)
		s.column[s.columns++] = (struct column){
			.name = names[i], .slot = SCHEMA_NO_SLOT, .bare = true,
		};
	return s;
}

START_TEST(added_columns_have_their_slots)
{
	static char name[SCHEMA_MAX][8];
	struct schema s = { .columns = 0 };
	struct err err;

	for (unsigned i = 0; i < SCHEMA_MAX; i++) {
		snprintf(name[i], sizeof(name[i]), "c%u", i);
		ck_assert_int_eq(schema_add(&s, name[i], i % 2 == 0, &err), 0);
		ck_assert_uint_eq(s.column[i].slot, i);
		ck_assert(s.column[i].bare == (i % 2 == 0));
	}
	ck_assert_uint_eq(s.width, SCHEMA_MAX);
	ck_assert_int_eq(schema_add(&s, "more", false, &err), -1);
	ck_assert_str_eq(err.message, "more than 256 columns");
	ck_assert_int_eq(err.code, ERR_USAGE);
	for (unsigned i = 0; i < SCHEMA_MAX; i++)
		ck_assert_int_eq(schema_find(&s, name[i], strlen(name[i]), 0, 0, &err), (int)i);
	ck_assert_uint_eq(s.width, SCHEMA_MAX);
}
END_TEST

/* A column has a cell from when it is asked for, behind the record, and then the same one. */
START_TEST(slots_are_given_as_asked_for)
{
	struct schema s = records();
	struct err err;

	ck_assert_int_eq(schema_find(&s, "path", 4, 0, 0, &err), 2);
	ck_assert_int_eq(schema_find(&s, "time", 4, 0, 0, &err), 0);
	ck_assert_int_eq(schema_find(&s, "path,user", 4, 0, 0, &err), 2);
	ck_assert_uint_eq(s.column[2].slot, 1);
	ck_assert_uint_eq(s.column[0].slot, 2);
	ck_assert_uint_eq(s.column[1].slot, SCHEMA_NO_SLOT);
	ck_assert_uint_eq(s.width, 3);
}
END_TEST

static const struct {
	const char *name;
	const char *message;
} unknown[] = {
	{ "statsu", "no column 'statsu', did you mean 'status'? (columns: time status path user)" },
	{ "Path", "no column 'Path', did you mean 'path'? (columns: time status path user)" },
	{ "xyzzy", "no column 'xyzzy' (columns: time status path user)" },
	{ "pat", "no column 'pat', did you mean 'path'? (columns: time status path user)" },
	{ "paths", "no column 'paths', did you mean 'path'? (columns: time status path user)" },
	{ "", "no column '' (columns: time status path user)" },
};

START_TEST(unknown_columns)
{
	struct schema s = records();
	struct err err;

	ck_assert_int_eq(schema_find(&s, unknown[_i].name, strlen(unknown[_i].name), 7, 3, &err),
	    -1);
	ck_assert_str_eq(err.message, unknown[_i].message);
	ck_assert_int_eq(err.code, ERR_USAGE);
	ck_assert_int_eq(err.word, 7);
	ck_assert_uint_eq(err.column, 3);
	ck_assert_uint_eq(err.length, strlen(unknown[_i].name));
	ck_assert_uint_eq(s.width, 1);
}
END_TEST

/* ---- open schemas ---- */

START_TEST(open_has_what_is_asked_for)
{
	struct arena arena = { 0 };
	struct schema s = { .width = 1, .input = true, .open = true, .names = &arena };
	char name[] = "user.id,x";
	struct err err;

	ck_assert_int_eq(schema_find(&s, name, 7, 0, 0, &err), 0);
	ck_assert_int_eq(schema_find(&s, name + 8, 1, 0, 0, &err), 1);
	memset(name, '?', sizeof(name) - 1);	/* the names are the schema's own */
	ck_assert_str_eq(s.column[0].name, "user.id");
	ck_assert_int_eq(schema_find(&s, "user.id", 7, 0, 0, &err), 0);
	ck_assert_int_eq(schema_find(&s, "user.i", 6, 0, 0, &err), 2);
	ck_assert_uint_eq(s.column[0].slot, 1);
	ck_assert_uint_eq(s.column[2].slot, 3);
	ck_assert_uint_eq(s.width, 4);
	ck_assert_int_eq(schema_find(&s, "", 0, 4, 0, &err), -1);
	ck_assert_int_eq(err.word, 4);
	arena_free(&arena);
}
END_TEST

START_TEST(open_is_full)
{
	struct arena arena = { 0 };
	struct schema s = { .width = 1, .open = true, .names = &arena };
	struct err err;
	char name[16];

	for (int i = 0; i < SCHEMA_MAX; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		ck_assert_int_eq(schema_find(&s, name, strlen(name), 0, 0, &err), i);
	}
	ck_assert_int_eq(schema_find(&s, "more", 4, 0, 0, &err), -1);
	ck_assert_str_eq(err.message, "more than 256 columns");
	ck_assert_int_eq(schema_find(&s, "c0", 2, 0, 0, &err), 0);
	arena_free(&arena);
}
END_TEST

START_TEST(open_without_memory)
{
	struct arena arena = { 0 };
	struct schema s = { .width = 1, .open = true, .names = &arena };
	struct err err;

	fault_set(1, true);
	ck_assert_int_eq(schema_find(&s, "x", 1, 0, 0, &err), -1);
	(void)fault_clear();
	ck_assert_int_eq(err.code, ERR_RUN);
	ck_assert_uint_eq(s.columns, 0);
	arena_free(&arena);
}
END_TEST

/* ---- lists ---- */

static const struct {
	const char *value;
	int n;			/* -1: refused ... */
	unsigned at[4];
	size_t column, length;	/* ... and what lies under the caret */
	const char *message;
} lists[] = {
	{ "path", 1, { 2 }, 0, 0, "" },
	{ "user,time", 2, { 3, 0 }, 0, 0, "" },
	{ "time,status,user", 3, { 0, 1, 3 }, 0, 0, "" },
	{ "path,path", 2, { 2, 2 }, 0, 0, "" },
	{ "time,status,user,path", -1, { 0 }, 0, 0,
	    "more than 3 columns in 'time,status,user,path'" },
	{ "", -1, { 0 }, 0, 0, "no column ''" },
	{ "time,", -1, { 0 }, 5, 0, "no column ''" },
	{ ",time", -1, { 0 }, 0, 0, "no column ''" },
	{ "time,,user", -1, { 0 }, 5, 0, "no column ''" },
	{ "time,usr", -1, { 0 }, 5, 3, "no column 'usr', did you mean 'user'?" },
	{ "time, user", -1, { 0 }, 5, 5, "no column ' user', did you mean 'user'?" },
};

START_TEST(reads_lists)
{
	struct schema s = records();
	struct err err = { .message = "" };
	unsigned at[3];
	int n = schema_list(&s, lists[_i].value, at, 3, 5, &err);

	ck_assert_int_eq(n, lists[_i].n);
	for (int i = 0; i < n; i++) {
		ck_assert_uint_eq(at[i], lists[_i].at[i]);
		ck_assert_uint_lt(s.column[at[i]].slot, s.width);
	}
	if (n >= 0)
		return;
	ck_assert_mem_eq(err.message, lists[_i].message, strlen(lists[_i].message));
	ck_assert_int_eq(err.word, 5);
	ck_assert_uint_eq(err.column, lists[_i].column);
	ck_assert_uint_eq(err.length, lists[_i].length);
}
END_TEST

/* ---- what is shown, what is the same ---- */

START_TEST(shows_every_column)
{
	struct schema s = records(), shown;
	struct err err;

	ck_assert_int_eq(schema_find(&s, "user", 4, 0, 0, &err), 3);
	schema_show(&s, &shown);
	ck_assert_uint_eq(s.width, 1 + COUNT(names));
	ck_assert_uint_eq(shown.columns, COUNT(names));
	ck_assert_uint_eq(shown.column[3].slot, 1);
	for (int i = 0; i < COUNT(names); i++) {
		ck_assert_str_eq(shown.column[i].name, names[i]);
		ck_assert_uint_eq(shown.column[i].slot, s.column[i].slot);
		for (int k = 0; k < i; k++)
			ck_assert_uint_ne(s.column[i].slot, s.column[k].slot);
	}
	ck_assert(schema_same(&s, &shown));
}
END_TEST

START_TEST(shows_an_open_one_as_its_record)
{
	struct arena arena = { 0 };
	struct schema s = { .width = 1, .input = true, .open = true, .names = &arena }, shown;
	struct err err;

	ck_assert_int_eq(schema_find(&s, "x", 1, 0, 0, &err), 0);
	schema_show(&s, &shown);
	ck_assert_uint_eq(shown.columns, 1);
	ck_assert_uint_eq(shown.column[0].slot, SCHEMA_RECORD);
	ck_assert_uint_eq(s.width, 2);
	arena_free(&arena);
}
END_TEST

START_TEST(same_columns_in_same_cells)
{
	struct schema x = records(), y = records();
	struct err err;

	ck_assert(schema_same(&x, &y));
	ck_assert_int_eq(schema_find(&x, "path", 4, 0, 0, &err), 2);
	ck_assert(!schema_same(&x, &y));
	ck_assert_int_eq(schema_find(&y, "path", 4, 0, 0, &err), 2);
	ck_assert(schema_same(&x, &y));
	y.columns--;
	ck_assert(!schema_same(&x, &y) && !schema_same(&y, &x));
	x.columns--;
	x.column[0].name = "date";
	ck_assert(!schema_same(&x, &y));
}
END_TEST

/* ---- of a plan ---- */

static void
open_plan(struct plan *plan, const char *line, unsigned flags, unsigned columns)
{
	static struct words w;		/* the plan borrows them */
	const struct plan_defaults d = {
		.classes = stage_table, .batch = { .ticks = 1, .rows = true },
	};
	struct err err;

	words_split(&w, line);
	ck_assert_int_eq(plan_parse(plan, &d, w.word, w.n, 0, &err), 0);
	ck_assert_int_eq(plan_input(plan, flags, names, columns, &err), 0);
	ck_assert_int_eq(plan_bind(plan, &err), 0);
}

/* Only columns that somebody asks for are cut out of records. */
START_TEST(layout_has_what_is_asked_for)
{
	struct layout l;
	struct plan plan;
	struct err err;

	open_plan(&plan, "count", FORMAT_BARE, COUNT(names));
	plan_layout(&plan, &l);
	ck_assert_uint_eq(l.width, 1);
	ck_assert_uint_eq(l.fields, 0);
	ck_assert_uint_eq(l.places, COUNT(names));
	ck_assert_int_eq(schema_find(&plan.input, "user", 4, 0, 0, &err), 3);
	ck_assert_int_eq(schema_find(&plan.input, "status", 6, 0, 0, &err), 1);
	plan_layout(&plan, &l);
	ck_assert_uint_eq(l.width, 3);
	ck_assert_uint_eq(l.fields, 2);
	ck_assert_str_eq(l.field[0].name, "status");	/* in the order of the record */
	ck_assert_uint_eq(l.field[0].at, 1);
	ck_assert_uint_eq(l.field[0].slot, 2);
	ck_assert_uint_eq(l.field[1].at, 3);
	ck_assert_uint_eq(l.field[1].slot, 1);
	ck_assert_uint_eq(l.field[1].len, 4);
	ck_assert(plan.input.column[0].bare);
	plan_close(&plan);
}
END_TEST

START_TEST(records_that_go_out_are_cut)
{
	struct layout l;
	struct plan plan;

	open_plan(&plan, "grep x", 0, COUNT(names));
	plan_layout(&plan, &l);
	ck_assert_uint_eq(l.fields, COUNT(names));
	ck_assert_uint_eq(plan.output[0].shown.columns, COUNT(names));
	ck_assert(!plan.input.column[0].bare && !plan.input.lines && !plan.input.open);
	plan_close(&plan);
	open_plan(&plan, "grep x", FORMAT_OPEN, 0);
	plan_layout(&plan, &l);
	ck_assert_uint_eq(l.fields + l.places, 0);
	ck_assert_uint_eq(plan.output[0].shown.columns, 1);
	ck_assert(plan.input.open && !plan.input.lines);
	plan_close(&plan);
	open_plan(&plan, "grep x", FORMAT_BARE, 0);
	plan_layout(&plan, &l);
	ck_assert_uint_eq(l.fields + l.places, 0);
	ck_assert_str_eq(plan.output[0].shown.column[0].name, "line");
	ck_assert(plan.input.lines && !plan.input.open);
	plan_close(&plan);
}
END_TEST

START_TEST(too_many_columns)
{
	static const char *many[SCHEMA_MAX + 1];
	const struct plan_defaults d = { .classes = stage_table, .batch = { .ticks = 1 } };
	struct plan plan;
	struct words w;
	struct err err;

	for (int i = 0; i <= SCHEMA_MAX; i++)
		many[i] = "x";
	words_split(&w, "count");
	ck_assert_int_eq(plan_parse(&plan, &d, w.word, w.n, 0, &err), 0);
	ck_assert_int_eq(plan_input(&plan, 0, many, SCHEMA_MAX, &err), 0);
	ck_assert_int_eq(plan_input(&plan, 0, many, SCHEMA_MAX + 1, &err), -1);
	ck_assert_str_eq(err.message, "more than 256 columns");
	plan_close(&plan);
}
END_TEST

Suite *
schema_suite(void)
{
	Suite *suite = suite_create("schema");
	TCase *tc = case_add(suite, "columns"), *plan = case_add(suite, "plan");

	tcase_add_test(tc, added_columns_have_their_slots);
	tcase_add_test(tc, slots_are_given_as_asked_for);
	tcase_add_loop_test(tc, unknown_columns, 0, COUNT(unknown));
	tcase_add_test(tc, open_has_what_is_asked_for);
	tcase_add_test(tc, open_is_full);
	tcase_add_test(tc, open_without_memory);
	tcase_add_loop_test(tc, reads_lists, 0, COUNT(lists));
	tcase_add_test(tc, shows_every_column);
	tcase_add_test(tc, shows_an_open_one_as_its_record);
	tcase_add_test(tc, same_columns_in_same_cells);
	tcase_add_test(plan, layout_has_what_is_asked_for);
	tcase_add_test(plan, records_that_go_out_are_cut);
	tcase_add_test(plan, too_many_columns);
	return suite;
}
