/*
 * SQL over rows: expressions and queries against direct evaluation of random rows, names and their
 * errors, what is refused, and allocations that fail.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "core/query.h"
#include "util.h"

Suite *query_suite(void);

#define ROWS 200
#define WIDTH 5

static const char select_one[] = "SELECT 1 FROM \"\x01\x01\" WHERE ";

/* ---- tables ---- */

struct table {
	struct schema	 schema;
	struct arena	 names;
	char		 text[ROWS][WIDTH][24];
	struct value	 cells[ROWS * WIDTH];
	struct block	 block[2];
};

/* Columns id and amount are csv's; kind and note have types. */
static void
table_make(struct table *t, bool open)
{
	static const struct column columns[] = {
		{ "id", 1, true }, { "amount", 2, true }, { "kind", 3, false },
		{ "Note", 4, false },
	};

	memset(t, 0, sizeof(*t));
	t->schema = (struct schema){ .columns = open ? 0 : 4, .width = WIDTH, .input = true,
		.open = open, .names = &t->names };
	if (!open)
		memcpy(t->schema.column, columns, sizeof(columns));
	for (int i = 0; i < ROWS; i++) {
		struct value *row = &t->cells[i * WIDTH];

		snprintf(t->text[i][0], 24, "record %d", i);
		snprintf(t->text[i][1], 24, "%d", (int)rand_below(40));
		snprintf(t->text[i][2], 24, rand_below(9) == 0 ? "x" : "%d.25",
		    (int)rand_below(300) - 99);
		for (int k = 0; k < 3; k++)
			row[k] = value_text(t->text[i][k], strlen(t->text[i][k]));
		row[3] = rand_below(5) == 0 ? value_null() : value_int((int64_t)rand_below(7));
		row[4] = rand_below(5) == 0 ? value_bool(rand_below(2) == 0) :
		    value_double(0.5 * i);
	}
	t->block[0] = (struct block){ .cells = t->cells, .width = WIDTH, .records = ROWS / 3 };
	t->block[1] = (struct block){ .cells = t->cells + ROWS / 3 * WIDTH, .width = WIDTH,
		.records = ROWS - ROWS / 3 };
}

static int
open_where(struct query **q, struct table *t, const char *text, struct err *err)
{
	struct query_table table = { QUERY_TABLE, &t->schema };
	struct query_text word = { .what = "where", .text = text, .len = strlen(text), .word = 3 };
	struct buf sql = { 0 };
	int rc = query_open(q, &table, 1, err);

	if (rc == 0)
		rc = buf_add(&sql, select_one, sizeof(select_one) - 1) == 0 ? 0 :
		    err_memory(err, "test");
	if (rc == 0)
		rc = query_expression(*q, &word, &sql, NULL, err);
	if (rc == 0)
		rc = buf_add(&sql, "", 1) == 0 ? 0 : err_memory(err, "test");
	if (rc == 0)
		rc = query_prepare(*q, sql.data, err);
	buf_free(&sql);
	return rc;
}

/* ---- numbers ---- */

START_TEST(decimals)
{
	static const struct { const char *text; enum decimal kind; double d; } rows[] = {
		{ "0", DECIMAL_INT, 0 }, { "-1", DECIMAL_INT, -1 }, { "00", DECIMAL_NONE, 0 },
		{ "007", DECIMAL_NONE, 0 }, { "", DECIMAL_NONE, 0 }, { "-", DECIMAL_NONE, 0 },
		{ "+1", DECIMAL_NONE, 0 }, { "1.", DECIMAL_NONE, 0 }, { ".5", DECIMAL_NONE, 0 },
		{ "1e5", DECIMAL_DOUBLE, 1e5 }, { "1e", DECIMAL_NONE, 0 },
		{ "1x", DECIMAL_NONE, 0 },
		{ " 1", DECIMAL_NONE, 0 }, { "0x1", DECIMAL_NONE, 0 }, { "1e999", DECIMAL_NONE, 0 },
		{ "9223372036854775807", DECIMAL_INT, 9223372036854775807.0 },
		{ "-9223372036854775808", DECIMAL_INT, -9223372036854775808.0 },
		{ "9223372036854775808", DECIMAL_DOUBLE, 9223372036854775808.0 },
		{ "0.1", DECIMAL_DOUBLE, 0.1 }, { "5e-324", DECIMAL_DOUBLE, 5e-324 },
		{ "-0", DECIMAL_DOUBLE, 0 }, { "1.7976931348623157E+308", DECIMAL_DOUBLE,
		    1.7976931348623157e308 }, { "nan", DECIMAL_NONE, 0 },
		{ "1-1", DECIMAL_NONE, 0 },
	};

	for (int i = 0; i < COUNT(rows); i++) {
		int64_t whole = 0;
		double d = 0;
		enum decimal kind = decimal_parse(rows[i].text, strlen(rows[i].text), &whole, &d);

		ck_assert_msg(kind == rows[i].kind, "%s: %d", rows[i].text, (int)kind);
		ck_assert((kind == DECIMAL_INT ? (double)whole : d) == rows[i].d);
	}
}
END_TEST

START_TEST(decimals_as_strtod)
{
	for (int i = 0; i < 300000; i++) {
		char text[64];
		int64_t whole;
		double d = 0, want;
		uint64_t bits = rand_u64();
		int len;

		memcpy(&want, &bits, sizeof(want));
		if (rand_below(2) == 0 || want - want != 0)
			len = snprintf(text, sizeof(text), "%d.%0*u",
			    (int)rand_below(100000) - 50000, (int)rand_below(20) + 1,
			    (unsigned)rand_below(1000000));
		else
			len = snprintf(text, sizeof(text), "%.*e", (int)rand_below(25), want);
		want = strtod(text, NULL);
		if (want - want != 0)
			continue;
		DEMAND(decimal_parse(text, (size_t)len, &whole, &d) == DECIMAL_DOUBLE);
		DEMAND(d == want);
	}
}
END_TEST

/* ---- expressions ---- */

static double
number(const struct value *v)
{
	return v->kind == VALUE_DOUBLE ? v->d : v->kind == VALUE_TEXT ? atof(v->text) :
	    (double)v->i;
}

static bool is_id_5(const struct value *r) { return number(&r[1]) == 5; }
/* Text is above all numbers. */
static bool over_100(const struct value *r) { return r[2].text[0] == 'x' || number(&r[2]) > 100; }
static bool no_kind(const struct value *r) { return r[3].kind == VALUE_NULL; }
static bool kind_3(const struct value *r) { return r[3].kind != VALUE_NULL && r[3].i > 3; }
static bool not_kind_3(const struct value *r) { return r[3].kind != VALUE_NULL && r[3].i <= 3; }
static bool note_50(const struct value *r) { return number(&r[4]) >= 50; }
static bool is_x(const struct value *r) { return r[2].text[0] == 'x'; }
static bool has_9(const struct value *r) { return strchr(r[1].text, '9') != NULL; }
static bool ratio(const struct value *r) { return !is_x(r) && number(&r[2]) * 2 < number(&r[1]); }
static bool all(const struct value *r) { (void)r; return true; }
static bool none(const struct value *r) { (void)r; return false; }

static const struct {
	const char	*text;
	bool		(*want)(const struct value *);
} expressions[] = {
	{ "id = 5", is_id_5 }, { "id = '5'", is_id_5 }, { "\"id\" = 5.0", is_id_5 },
	{ "[id]=5--", is_id_5 }, { "ID = 5 /* not closed", is_id_5 }, { "id in (5, 500)", is_id_5 },
	{ "amount > 100", over_100 }, { "100 < Amount", over_100 }, { "kind is null", no_kind },
	{ "kind > 3", kind_3 }, { "NOT kind > 3", not_kind_3 }, { "Note >= 50", note_50 },
	{ "`Note` >= 50 and not \"Note\" < 50", note_50 }, { "amount = 'x'", is_x },
	{ "amount REGEXP '^x$'", is_x }, { "id like '%9%'", has_9 }, { "id regexp 9", has_9 },
	{ "typeof(amount) = 'real' and amount * 2 < id", ratio }, { "1", all }, { "'a'", none },
	{ "NULL", none }, { "0.0", none }, { "typeof(id) = 'integer'", all },
	{ "case when id = 5 then 1 end", is_id_5 }, { "id = 5 or id = 777", is_id_5 },
	{ "true", all }, { "datetime(0, 'unixepoch') = '1970-01-01 00:00:00'", all },
	{ "date('n' || 'ow') is null", all },
};

START_TEST(rows_that_pass)
{
	static struct table t;
	struct query *q, *lane;
	struct err err;

	table_make(&t, false);
	if (open_where(&q, &t, expressions[_i].text, &err) == -1)
		ck_abort_msg("%s", err.message);
	ck_assert_int_eq(query_clone(&lane, q, &err), 0);
	for (int round = 0; round < 3; round++) {
		uint64_t from = rand_below(ROWS);

		ck_assert_int_eq(query_rows(lane, 0, t.block, 2, &err), 0);
		query_start(lane, from);
		for (uint64_t i = from; i < ROWS; i++) {
			if (!expressions[_i].want(&t.cells[i * WIDTH]))
				continue;
			DEMAND(query_step(lane, &err) == QUERY_ROW);
			DEMAND(query_at(lane) == i);
			DEMAND(query_row(lane, i) == &t.cells[i * WIDTH]);
		}
		DEMAND(query_step(lane, &err) == QUERY_END);
	}
	query_close(lane);
	query_close(q);
}
END_TEST

/* ---- errors ---- */

static const struct {
	const char	*text;
	size_t		 column, length;
	const char	*says;
} errors[] = {
	{ "idd > 1", 0, 3, "did you mean 'id'?" },
	{ "1 + a.b > 1", 4, 3, "no column 'a.b'" },
	{ "id > \"x\"", 5, 3, "no column 'x'" },
	{ "\"Note2\" = Note and nosuch", 0, 7, "did you mean 'Note'?" },
	{ "Note + (Note) + nosuch", 16, 6, "no column 'nosuch'" },
	{ "rowid", 0, 5, "no column 'rowid'" }, { "lenght(id)", 0, 6, "did you mean 'length'?" },
	{ "randm()", 0, 5, "no function 'randm'" }, { "random() > 5", 0, 6, "'random' is refused" },
	{ "id > ", 5, 1, "ends too early" }, { "id >> > 1", 6, 1, "near \">\": syntax error" },
	{ "(id", 0, 1, "no ')'" }, { "id)", 2, 1, "no '('" }, { "id > 'x", 5, 2, "does not end" },
	{ "id; id", 2, 1, "without a ';'" }, { "", 0, 1, "no expression" },
	{ "date('now')", 5, 5, "'now' is refused" }, { "unixepoch( )", 11, 1, "reads the clock" },
	{ "?1", 0, 2, "a parameter" }, { "id in (select 1)", 7, 6, "no query" },
	{ "count(*)", 0, 5, "misuse of aggregate" },
	{ "1 in sqlite_master", 0, 18, "no table here" },
	{ "current_timestamp", 0, 17, "is refused" },
	{ "load_extension('x')", 0, 14, "is refused" },
	{ "rank() over ()", 0, 4, "misuse of window" }, { "sqlite_version()", 0, 14, "is refused" },
};

START_TEST(carets)
{
	static struct table t;
	struct query *q;
	struct err err;

	table_make(&t, false);
	ck_assert_int_eq(open_where(&q, &t, errors[_i].text, &err), -1);
	ck_assert_int_eq(err.code, ERR_USAGE);
	ck_assert_int_eq(err.word, 3);
	ck_assert_msg(strstr(err.message, errors[_i].says) != NULL, "%s", err.message);
	ck_assert_msg(err.column == errors[_i].column && err.length == errors[_i].length,
	    "%s: %zu, %zu", err.message, err.column, err.length);
	query_close(q);
}
END_TEST

/* Columns of open records are made as they are named, and case tells them apart. */
START_TEST(open_records)
{
	static const char *const want[] = { "user.id", "a.b.c", "key", "Id", "id", "x y" };
	static struct table t;
	struct query *q;
	struct err err;

	table_make(&t, true);
	if (open_where(&q, &t, "user.id > 1 and a.b.c is null or key = Id and id and "
	    "\"x y\" and true", &err) == -1)
		ck_abort_msg("%s", err.message);
	ck_assert_uint_eq(t.schema.columns, COUNT(want));
	for (int i = 0; i < COUNT(want); i++) {
		bool found = false;

		for (unsigned k = 0; k < t.schema.columns; k++)
			found |= strcmp(t.schema.column[k].name, want[i]) == 0 &&
			    t.schema.column[k].slot != SCHEMA_NO_SLOT;
		ck_assert_msg(found, "%s", want[i]);
	}
	query_close(q);
	arena_free(&t.names);
}
END_TEST

START_TEST(bad_rows_are_told)
{
	static struct table t;
	struct query *q;
	struct err err;
	uint64_t bad = 0;
	enum query_got got;

	table_make(&t, false);
	ck_assert_int_eq(open_where(&q, &t, "kind = 3 and abs(-9223372036854775807 - (id >= 0))",
	    &err), 0);
	ck_assert_int_eq(query_rows(q, 0, t.block, 2, &err), 0);
	query_start(q, 0);
	while ((got = query_step(q, &err)) != QUERY_END) {
		DEMAND(got == QUERY_BAD);
		DEMAND(t.cells[query_at(q) * WIDTH + 3].i == 3);
		bad++;
		query_start(q, query_at(q) + 1);
	}
	for (int i = 0; i < ROWS; i++)
		bad -= t.cells[i * WIDTH + 3].kind == VALUE_INT && t.cells[i * WIDTH + 3].i == 3;
	ck_assert_uint_eq(bad, 0);
	query_close(q);
}
END_TEST

static bool
stop_now(void)
{
	return true;
}

/* ---- queries ---- */

static int
open_sql(struct query **q, struct query_table *tables, size_t n, const char *text,
    struct err *err)
{
	struct query_text word = { .what = "sql", .text = text, .len = strlen(text), .word = 3 };
	struct buf sql = { 0 };
	int rc = query_open(q, tables, n, err);

	if (rc == 0)
		rc = query_select(*q, &word, &sql, err);
	if (rc == 0)
		rc = buf_add(&sql, "", 1) == 0 ? 0 : err_memory(err, "test");
	if (rc == 0)
		rc = query_prepare(*q, sql.data, err);
	buf_free(&sql);
	return rc;
}

static struct table left, right;
static struct query_table both[] = { { "Orders", &left.schema }, { "users", &right.schema } };

/* The only number of a query's answer. */
static int64_t
answer(const char *text)
{
	struct arena arena = { 0 };
	struct query *q, *lane;
	struct value v;
	struct err err;

	if (open_sql(&q, both, 2, text, &err) == -1)
		ck_abort_msg("%s: %s", text, err.message);
	DEMAND(query_clone(&lane, q, &err) == 0);
	DEMAND(query_rows(lane, 0, left.block, 2, &err) == 0);
	DEMAND(query_rows(lane, 1, right.block, 2, &err) == 0);
	query_start(lane, 0);
	DEMAND(query_step(lane, &err) == QUERY_ROW);
	DEMAND(query_cell(lane, 0, &arena, &v) == 0 && v.kind == VALUE_INT);
	DEMAND(query_step(lane, &err) == QUERY_END);
	query_close(lane);
	query_close(q);
	arena_free(&arena);
	return v.i;
}

static int64_t
pairs(bool (*equal)(const struct value *, const struct value *))
{
	int64_t n = 0;

	for (int i = 0; i < ROWS; i++)
		for (int k = 0; k < ROWS; k++)
			n += equal(&left.cells[i * WIDTH], &right.cells[k * WIDTH]);
	return n;
}

static bool
same_id(const struct value *x, const struct value *y)
{
	return atoi(x[1].text) == atoi(y[1].text);
}

static bool
id_is_kind(const struct value *x, const struct value *y)
{
	return y[3].kind == VALUE_INT && atoi(x[1].text) == y[3].i;
}

static bool
same_amount(const struct value *x, const struct value *y)
{
	return strcmp(x[2].text, y[2].text) == 0;
}

static bool
id_is_note(const struct value *x, const struct value *y)
{
	return atoi(x[1].text) == number(&y[4]);
}

START_TEST(joins)
{
	table_make(&left, false);
	table_make(&right, false);
	ck_assert_int_eq(answer("select count(*) from Orders"), ROWS);
	ck_assert_int_eq(answer("select count(*) from orders o join users u on o.id = u.id"),
	    pairs(same_id));
	ck_assert_int_eq(answer("select count(*) from orders join users using (id)"),
	    pairs(same_id));
	ck_assert_int_eq(answer("SELECT count(*) FROM orders AS O, users WHERE O.ID = users.kind"),
	    pairs(id_is_kind));
	/* A typed column is compared as it is; text is no number. */
	ck_assert_int_eq(answer("select count(*) from users, orders where cast(orders.id as text) "
	    "= users.kind"), 0);
	ck_assert_int_eq(answer("select count(*) from users, orders where orders.id = "
	    "cast(users.kind as text)"), pairs(id_is_kind));
	ck_assert_int_eq(answer("select count(*) from users u, orders o where u.amount = o.amount"),
	    pairs(same_amount));
	ck_assert_int_eq(answer("select count(*) from users u, orders o where u.Note = o.id"),
	    pairs(id_is_note));
	ck_assert_int_eq(answer("with w as (select id, count(*) as n from orders group by id) "
	    "select sum(n) from w"), ROWS);
	ck_assert_int_eq(answer("select count(*) from orders o left join users u "
	    "on u.id = o.id and u.id = 1000"), ROWS);
	ck_assert_int_eq(answer("select count(*) from orders where id in (select id from users) "
	    "or id not in (select id from users)"), ROWS);
	ck_assert_int_eq(answer("select sum(value) from json_each('[1,2,3]')"), 6);
	ck_assert_int_eq(answer("select count(distinct a.id) - count(distinct b.id) from orders a "
	    "join orders b on a.id = b.id and a.kind = b.kind"), 0);
}
END_TEST

START_TEST(columns_are_named)
{
	static const char *const want[] = { "id", "N", "Note", "max(Note) + 1" };
	struct schema out = { 0 };
	struct arena names = { 0 };
	struct query *q;
	struct err err;

	table_make(&left, false);
	table_make(&right, false);
	ck_assert_int_eq(open_sql(&q, both, 2, "select id, count(*) as N, Note, max(Note) + 1 "
	    "from Orders group by id", &err), 0);
	ck_assert_int_eq(query_columns(q, &out, &names, 3, &err), 0);
	ck_assert_uint_eq(out.columns, COUNT(want));
	for (int i = 0; i < 3; i++)
		ck_assert_str_eq(out.column[i].name, want[i]);
	query_close(q);
	ck_assert_int_eq(open_sql(&q, both, 2, "select id, id from users", &err), 0);
	ck_assert_int_eq(query_columns(q, &out, &names, 3, &err), -1);
	query_close(q);
	arena_free(&names);
}
END_TEST

static const char *const refused[] = {
	"select * from sqlite_master", "select * from nosuch", "pragma page_size",
	"select 1; select 2",
	"create table x (a)", "insert into users values (1)", "attach 'x' as y", "begin",
	"select * from pragma_table_info('users')", "explain select 1", "vacuum",
	"update users set id = 1",
	"delete from users", "select count(*) from sqlite_master", "select count(*) from dbstat",
	"select id from users, orders", "select * from users where nosuch = 1", "select random()",
	"select u.nosuch from users u", "reindex", "analyze", "detach main", "select", "from",
	"create temp table x as select 1", "with x as (select 1) delete from users", "select ?",
};

START_TEST(refusals)
{
	struct query *q;
	struct err err;

	table_make(&left, false);
	table_make(&right, false);
	ck_assert_msg(open_sql(&q, both, 2, refused[_i], &err) == -1, "%s", refused[_i]);
	ck_assert_msg(err.code == ERR_USAGE, "%s: %s", refused[_i], err.message);
	ck_assert_msg(err.column <= strlen(refused[_i]), "%s", err.message);
	query_close(q);
}
END_TEST

/* A query without an end is stopped by the host. */
START_TEST(stopped)
{
	struct query *q;
	struct err err;

	table_make(&left, false);
	table_make(&right, false);
	ck_assert_int_eq(open_sql(&q, both, 2, "with recursive c(x) as (select 1 union all "
	    "select x + 1 from c) select count(*) from c", &err), 0);
	ck_assert_int_eq(query_rows(q, 0, left.block, 2, &err), 0);
	query_start(q, 0);
	query_stop = stop_now;
	ck_assert_int_eq(query_step(q, &err), QUERY_FAIL);
	query_stop = NULL;
	ck_assert_int_eq(err.code, ERR_RUN);
	query_close(q);
}
END_TEST

/* A join of two tables of a million rows would take hours if it were quadratic. */
START_TEST(joins_are_not_quadratic)
{
	enum { MANY = 200000 };
	struct value *cells = calloc(MANY, sizeof(*cells));
	struct schema s[2] = { { .columns = 1, .width = 1 }, { .columns = 1, .width = 1 } };
	struct query_table tables[] = { { "a", &s[0] }, { "b", &s[1] } };
	struct block block = { .cells = cells, .width = 1, .records = MANY };
	struct arena arena = { 0 };
	struct query *q;
	struct value v;
	struct err err;

	s[0].column[0] = s[1].column[0] = (struct column){ "k", 0, false };
	for (int i = 0; i < MANY; i++)
		cells[i] = value_int((int64_t)i * 7919 % MANY);
	ck_assert_int_eq(open_sql(&q, tables, 2, "select count(*) from a join b using (k)", &err),
	    0);
	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(query_rows(q, i, &block, 1, &err), 0);
	query_start(q, 0);
	ck_assert_int_eq(query_step(q, &err), QUERY_ROW);
	ck_assert_int_eq(query_cell(q, 0, &arena, &v), 0);
	ck_assert_int_eq(v.i, MANY);
	query_close(q);
	arena_free(&arena);
	free(cells);
}
END_TEST

/* ---- memory ---- */

/* Opens, clones and runs; true if it came to the end. */
static bool
run_short(bool sql, struct err *err)
{
	struct arena arena = { 0 };
	struct query *q = NULL, *lane = NULL;
	enum query_got got = QUERY_FAIL;
	int rc;

	if (sql)
		rc = open_sql(&q, both, 2, "select o.id, group_concat(u.Note) as n, "
		    "'x' || o.amount from orders o join users u on o.id = u.id "
		    "group by 1 order by 2 desc", err);
	else
		rc = open_where(&q, &left, "Note > 3 and id regexp '[0-9]+' and upper(\"Note\") "
		    "like '%1%' and Amount > 5", err);
	if (rc == 0 && query_clone(&lane, q, err) == 0 &&
	    query_rows(lane, 0, left.block, 2, err) == 0 &&
	    (!sql || query_rows(lane, 1, right.block, 2, err) == 0)) {
		struct value v;

		query_start(lane, 0);
		while ((got = query_step(lane, err)) == QUERY_ROW)
			if (query_cell(lane, 0, &arena, &v) == -1) {
				err_memory(err, "test");
				got = QUERY_FAIL;
				break;
			}
	}
	query_close(lane);
	query_close(q);
	arena_free(&arena);
	return got == QUERY_END;
}

START_TEST(memory_runs_short)
{
	uint64_t n;
	struct err err;

	table_make(&left, false);
	table_make(&right, false);
	ck_assert(run_short(_i == 1, &err));	/* what is made once is there now */
	fault_set(0, false);
	ck_assert(run_short(_i == 1, &err));
	n = fault_clear();
	for (uint64_t i = 1; i <= n; i += 1 + n / 3000) {
		for (int sticky = 0; sticky < 2; sticky++) {
			bool done;

			memset(&err, 0, sizeof(err));
			fault_set(i, sticky);
			done = run_short(_i == 1, &err);
			(void)fault_clear();
			/* SQLite does without some of its memory. */
			if (!done && (err.code != ERR_RUN || strstr(err.message, "memory") == NULL))
				ck_abort_msg("%d of %d: %d '%s'", (int)i, (int)n, (int)err.code,
				    err.message);
		}
	}
}
END_TEST

Suite *
query_suite(void)
{
	Suite *suite = suite_create("query");
	TCase *where = case_add(suite, "expression"), *sql = case_add(suite, "select");
	TCase *memory = case_add(suite, "memory");

	tcase_add_test(where, decimals);
	tcase_add_test(where, decimals_as_strtod);
	tcase_add_loop_test(where, rows_that_pass, 0, COUNT(expressions));
	tcase_add_loop_test(where, carets, 0, COUNT(errors));
	tcase_add_test(where, open_records);
	tcase_add_test(where, bad_rows_are_told);
	tcase_add_test(sql, joins);
	tcase_add_test(sql, columns_are_named);
	tcase_add_loop_test(sql, refusals, 0, COUNT(refused));
	tcase_add_test(sql, stopped);
	tcase_add_test(sql, joins_are_not_quadratic);
	tcase_add_loop_test(memory, memory_runs_short, 0, 2);
	return suite;
}
