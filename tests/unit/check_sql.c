/*
 * sql against SQLite itself: for each window a database with the rows that are in it, made by a
 * loop over all records, is asked the same.  By the clock and by event time; tables from files that
 * change; memory that runs out anywhere; which tables a query reads.
 */

#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/num.h"
#include "core/lite.h"
#include "core/query.h"
#include "twin_util.h"

Suite *sql_suite(void);

/* Every order is total, so that there is one answer. */
static const char *const queries[] = {
	"select k, count(*) as n, sum(v) as total from stream group by k order by typeof(k), k, n",
	"select count(*) as n, max(v) as v from stream",
	"select x.k as k, x.v as v, y.v as w from a x join b y on x.k = y.k order by 2, 3",
	"select x.v, y.v as w from stream as x left join b as y on x.k = y.k and x.g = y.g "
	    "order by x.v, w",
	"select a.v, (select count(*) from b where b.g = a.g) as n from a order by 1",
	"with both(k, v) as (select k, v from a union all select k, v from B) "
	    "select k, max(v) as m from both group by k order by m",
	"select v, row_number() over (partition by g order by v) as r from stream order by v",
	"select v from stream where k in (select k from b) order by v",
	"select v, s, g || '.' || k as t from (select * from b where v % 2 = 0) order by v",
	"select one.v, two.v as w from a one, a two where one.k = two.k and one.v < two.v "
	    "order by 1, 2",
	"select v from b where k is null or g = 'p' order by v desc limit 3",
	"select 1 as one",
};

struct choice {
	const char	*query;
	int64_t		 length, slide;	/* ticks */
};

static char length_text[32], slide_text[32];

static void
make_words(const struct choice *c, bool events, const char *table, char **words)
{
	static const char *const split[] = {
		"where", "s = 'a'", "as", "a", "also", "where", "s = 'b'", "as", "b", "also",
	};
	static const char *const chain[] = { "from", "a", "then", "sql" };
	int n = 0;

	for (int i = 0; i < COUNT(split) && events; i++)
		words[n++] = (char *)(uintptr_t)split[i];
	for (int i = 0; i < COUNT(chain); i++)
		words[n++] = (char *)(uintptr_t)chain[i];
	snprintf(length_text, sizeof(length_text), "--window=%dms", (int)(c->length / TWIN_BATCH));
	snprintf(slide_text, sizeof(slide_text), "--slide=%dms", (int)(c->slide / TWIN_BATCH));
	words[n++] = length_text;
	words[n++] = slide_text;
	if (table != NULL) {
		words[n++] = "--table";
		words[n++] = (char *)(uintptr_t)table;
	}
	words[n++] = (char *)(uintptr_t)c->query;
	words[n] = NULL;
}

/* ---- the model ---- */

static void
bind(sqlite3_stmt *stmt, int i, const char *text)
{
	int64_t whole;
	double d;

	if (strcmp(text, "\\N") == 0)
		return;
	switch (decimal_parse(text, strlen(text), &whole, &d)) {
	case DECIMAL_INT:
		sqlite3_bind_int64(stmt, i, whole);
		break;
	case DECIMAL_DOUBLE:
		sqlite3_bind_double(stmt, i, d);
		break;
	default:
		sqlite3_bind_text(stmt, i, text, -1, SQLITE_STATIC);
	}
}

static void
insert(sqlite3 *db, const char *table, const struct twin_record *r)
{
	sqlite3_stmt *stmt;
	char sql[80];

	snprintf(sql, sizeof(sql), "insert into %s values (?, ?, ?, ?)", table);
	DEMAND(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK);
	bind(stmt, 1, r->side == 0 ? "a" : "b");
	bind(stmt, 2, r->k);
	bind(stmt, 3, r->g);
	sqlite3_bind_int(stmt, 4, r->v);
	DEMAND(sqlite3_step(stmt) == SQLITE_DONE);
	sqlite3_finalize(stmt);
}

static void
show(struct buf *want, sqlite3_stmt *stmt, int i)
{
	char text[NUM_DOUBLE_BYTES + 1];

	text_printf(want, "\t");
	switch (sqlite3_column_type(stmt, i)) {
	case SQLITE_NULL:
		text_printf(want, "\\N");
		break;
	case SQLITE_FLOAT:
		text_add(want, text, num_format_double(text, sqlite3_column_double(stmt, i)));
		break;
	default:
		text_printf(want, "%s", (const char *)sqlite3_column_text(stmt, i));
	}
}

/* The answer of the window that ends at END, when the records until TICK have come. */
static void
answer(const struct choice *c, const struct twin_record *const *r, int n, int64_t tick, int64_t end,
    struct buf *want)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;
	struct err err;

	DEMAND(lite_setup(&err) == 0);
	DEMAND(sqlite3_open(":memory:", &db) == SQLITE_OK);
	DEMAND(sqlite3_exec(db, "create table stream(s, k, g, v); create table b(s, k, g, v);"
	    "create view a as select * from stream", NULL, NULL, NULL) == SQLITE_OK);
	for (int i = 0; i < n; i++)
		if (r[i]->tick <= tick && r[i]->tick > end - c->length)
			insert(db, r[i]->side == 0 ? "stream" : "b", r[i]);
	if (sqlite3_prepare_v2(db, c->query, -1, &stmt, NULL) != SQLITE_OK)
		ck_abort_msg("%s", sqlite3_errmsg(db));
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		text_printf(want, "%lld", (long long)(end / 1000));
		for (int i = 0; i < sqlite3_column_count(stmt); i++)
			show(want, stmt, i);
		text_printf(want, "\n");
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

/* Calls back for each window that answers, in order. */
typedef void (*answer_fn)(void *arg, int64_t tick, int64_t end);

static void
each_answer(const struct twin_play *p, const struct choice *c, answer_fn fn, void *arg)
{
	int64_t end = 0, answered = -1;

	for (int64_t tick = p->first; tick <= p->last; tick += TWIN_BATCH) {
		end = (tick + c->slide - 1) / c->slide * c->slide;
		if (tick != end && !(tick == p->last && p->open))
			continue;
		fn(arg, tick, end);
		answered = tick;
	}
	if (!p->open && answered != p->last)
		fn(arg, p->last, end);
}

struct model {
	const struct choice		*c;
	const struct twin_record	*record[TWIN_RECORDS];
	int				 n;
	struct buf			*want;
};

static void
model_answer(void *arg, int64_t tick, int64_t end)
{
	struct model *m = arg;

	answer(m->c, m->record, m->n, tick, end, m->want);
}

static void
choose(struct choice *c)
{
	c->query = queries[rand_below(COUNT(queries))];
	c->length = (1 + (int64_t)rand_below(rand_below(2) ? 3 : 12)) * TWIN_BATCH;
	c->slide = rand_below(3) == 0 ? c->length :
	    (1 + (int64_t)rand_below((uint64_t)(c->length / TWIN_BATCH))) * TWIN_BATCH;
}

START_TEST(as_sqlite)
{
	rand_start((uint64_t)_i + 1);
	for (int round = 0; round < 16; round++) {
		struct twin_play play;
		struct choice c;
		struct buf want = { 0 }, got = { 0 };
		struct model m = { .c = &c, .want = &want };
		char *words[64];
		struct err err;

		twin_make(&play, round % 2 == 1, false);
		choose(&c);
		make_words(&c, play.events, NULL, words);
		m.n = twin_order(&play, m.record);
		if (!play.events || play.n > 0)
			each_answer(&play, &c, model_answer, &m);
		if (twin_run(&play, words, NULL, &got, &err) == -1)
			ck_abort_msg("%s: %s", c.query, err.message);
		text_same(&got, &want, c.query);
		buf_free(&want);
		buf_free(&got);
	}
}
END_TEST

/* ---- files ---- */

enum change { SAME, OTHER, BAD_RECORD, NO_COLUMN, GONE, CHANGES };

struct disk {
	enum change	change[64];	/* before each answer */
	int		answers, version;
	unsigned	told;
};

static const char *const broken[] = {
	[BAD_RECORD] = "name,n\nx\n", [NO_COLUMN] = "name\nx\n",
};

static int
disk_load(void *arg, const char *path, struct buf *text, struct file_stamp *stamp,
    struct err *err)
{
	const struct disk *d = arg;
	enum change change = d->answers < 0 ? OTHER : d->change[d->answers % COUNT(d->change)];
	char rows[128];

	text->len = 0;
	if (change == GONE) {
		err_set(err, ERR_RUN, "%s: open: it is gone", path);
		return 1;
	}
	stamp->size = d->answers;
	/* The order of the columns changes, too. */
	snprintf(rows, sizeof(rows), d->version % 2 ? "name,n\na,%d\nb,2" :
	    "n,x,name\n%d,,a\r\n2,,b\n", d->version);
	if (broken[change] != NULL)
		snprintf(rows, sizeof(rows), "%s", broken[change]);
	return buf_add(text, rows, strlen(rows)) == -1 ? err_memory(err, "reading") : 0;
}

/* Asked once before each answer. */
static bool
disk_changed(void *arg, const char *path, const struct file_stamp *stamp)
{
	struct disk *d = arg;

	(void)path;
	(void)stamp;
	d->answers++;
	d->version += d->change[d->answers % COUNT(d->change)] == OTHER;
	return d->change[d->answers % COUNT(d->change)] != SAME;
}

static void
disk_tell(void *arg, const char *message)
{
	DEMAND(strncmp(message, "users.csv: ", 11) == 0);
	DEMAND(strstr(message, "the rows that were read before stand") != NULL);
	((struct disk *)arg)->told++;
}

struct disk_model {
	struct disk	 disk;
	struct buf	*want;
	unsigned	 told;
	bool		 failing;
};

static void
disk_answer(void *arg, int64_t tick, int64_t end)
{
	struct disk_model *m = arg;
	enum change change = m->disk.change[++m->disk.answers % COUNT(m->disk.change)];

	(void)tick;
	m->disk.version += change == OTHER;
	if (change != SAME) {
		m->told += change != OTHER && !m->failing;
		m->failing = change != OTHER;
	}
	text_printf(m->want, "%lld\ta\t%d\n%lld\tb\t2\n", (long long)(end / 1000),
	    m->disk.version, (long long)(end / 1000));
}

START_TEST(files_change)
{
	rand_start((uint64_t)_i + 1);
	for (int round = 0; round < 10; round++) {
		struct twin_play play;
		struct choice c;
		struct buf want = { 0 }, got = { 0 };
		struct disk_model m = { .want = &want, .disk = { .answers = -1 } };
		struct disk disk;
		const struct files files = {
			.arg = &disk, .load = disk_load, .changed = disk_changed, .tell = disk_tell,
		};
		char *words[64];
		struct err err;

		for (int i = 0; i < COUNT(m.disk.change); i++)
			m.disk.change[i] = (enum change)(rand_below(2) ? 0 : rand_below(CHANGES));
		disk = m.disk;
		twin_make(&play, false, false);
		choose(&c);
		c.query = "select name, n from users order by name";
		make_words(&c, false, "users=users.csv", words);
		each_answer(&play, &c, disk_answer, &m);
		if (twin_run(&play, words, &files, &got, &err) == -1)
			ck_abort_msg("%s", err.message);
		text_same(&got, &want, "a file");
		ck_assert_uint_eq(disk.told, m.told);
		buf_free(&want);
		buf_free(&got);
	}
}
END_TEST

/* ---- memory ---- */

START_TEST(memory_fails)
{
	struct twin_play play;
	struct choice c = { queries[2 + _i], 5 * TWIN_BATCH, 3 * TWIN_BATCH };
	struct disk disk = { .answers = -1 };
	const struct files files = {
		.arg = &disk, .load = disk_load, .changed = disk_changed, .tell = disk_tell,
	};
	bool reached = true;
	char *words[64];

	rand_start(5);
	do
		twin_make(&play, _i == 1, false);
	while (play.n < 30);
	if (_i == 2)
		c.query = "select v, n from stream, users where name = s order by v";
	make_words(&c, play.events, _i == 2 ? "users=users.csv" : NULL, words);
	for (uint64_t nth = 1; reached; nth += 1 + nth / 300) {
		struct buf got = { 0 };
		struct err err;
		int rc;

		disk.answers = -1;
		disk.change[1] = OTHER;
		fault_set(nth, nth % 2 == 0);
		rc = twin_run(&play, words, &files, &got, &err);
		reached = fault_clear() >= nth;
		if (rc == -1 && strncmp(err.message, "out of memory", 13) != 0 &&
		    strstr(err.message, ": out of memory") == NULL)
			ck_abort_msg("'%s'", err.message);
		buf_free(&got);
	}
}
END_TEST

/* ---- tables of a query ---- */

static const struct {
	const char *sql, *tables;
} reads[] = {
	{ "select 1", "" }, { "select x from t", "t" }, { "select x, y from t, u", "t u" },
	{ "select x from T join \"U\" on T.x = u.x, [v] where x, y", "T U v" },
	{ "select a, b from (select a, b from t group by a, b) order by a, b", "t" },
	{ "with w as (select 1 from t) select * from w, u", "t u" },
	{ "with w(a, b) as not materialized (select 1) select * from W", "" },
	{ "select x in t, y from u", "t u" }, { "select x in (a, b), y from u", "u" },
	{ "select x from t where y is not distinct from z and w", "t" },
	{ "select x from json_each('[1]'), t", "t" },
	{ "select x from (t left join u), v", "t u v" },
	{ "select x from t union select y from u where z, q", "t u" },
	{ "select distinct x from t -- from no\n", "t" }, { "select 'from x' from t", "t" },
	{ "select count(*) filter (where a), b from t natural join u limit 1, 2", "t u" },
	{ "select (select max(a) from t), b from u", "t u" }, { "values (1, 2)", "" },
	{ "select a from t join u using (a, b), v", "t u v" }, { "from", "" }, { "from (", "" },
};

START_TEST(tables)
{
	struct query_text text = {
		.what = "sql", .text = reads[_i].sql, .len = strlen(reads[_i].sql),
	};
	struct buf got = { 0 }, want = { 0 };
	struct token t;
	char name[32];

	for (unsigned i = 0; query_reads(&text, i, &t); i++) {
		name[token_name(text.text, t, name)] = '\0';
		text_printf(&got, "%s%s", i > 0 ? " " : "", name);
	}
	text_printf(&want, "%s", reads[_i].tables);
	text_same(&got, &want, reads[_i].sql);
	buf_free(&got);
	buf_free(&want);
}
END_TEST

/* Any words: it ends, and tells of tokens that are there. */
START_TEST(any_words)
{
	static const char *const word[] = { "select ", "from ", "with ", "as ", "(", ")", ",", "t ",
		"\"u\" ", "in ", "join ", "distinct ", "is ", "'x' ", ". ", "not ",
		"materialized " };

	rand_start(9);
	for (int round = 0; round < 20000; round++) {
		struct query_text text = { .what = "sql" };
		struct buf sql = { 0 };
		struct token t;

		for (uint64_t n = rand_below(30); n > 0; n--)
			text_printf(&sql, "%s", word[rand_below(COUNT(word))]);
		for (uint64_t n = rand_below(rand_below(50) == 0 ? 600 : 1); n > 0; n--)
			text_printf(&sql, "(");
		text.text = sql.len == 0 ? "" : sql.data;
		text.len = sql.len;
		for (unsigned i = 0; query_reads(&text, i, &t); i++)
			DEMAND(t.at + t.len <= text.len && i < 30);
		buf_free(&sql);
	}
}
END_TEST

Suite *
sql_suite(void)
{
	Suite *suite = suite_create("sql");
	TCase *model = case_add(suite, "model"), *memory = case_add(suite, "memory");
	TCase *words = case_add(suite, "words");

	tcase_add_loop_test(model, as_sqlite, 0, 16);
	tcase_add_loop_test(model, files_change, 0, 4);
	tcase_add_loop_test(memory, memory_fails, 0, 3);
	tcase_add_loop_test(words, tables, 0, COUNT(reads));
	tcase_add_test(words, any_words);
	return suite;
}
