/* A table of an SQLite file, see table.h.  Names are quoted wherever they go into a statement. */
#include "sink/table.h"

#include "base/tstamp.h"
#include "core/lite.h"

#include <string.h>
#include <strings.h>

#define BUSY_MS 10000			/* how long another program may hold the file */

int
table_error(struct table *t, struct err *err)
{
	return err_set(err, ERR_RUN, "%s: table %s: %s", t->file, t->name,
	    t->db != NULL ? sqlite3_errmsg(t->db) : "out of memory");
}

int
table_compile(struct table *t, char *sql, sqlite3_stmt **statement, struct err *err)
{
	int rc = sql == NULL ? SQLITE_NOMEM : sqlite3_prepare_v3(t->db, sql, -1,
	    SQLITE_PREPARE_PERSISTENT, statement, NULL);

	sqlite3_free(sql);
	if (sql == NULL)
		return err_memory(err, "making a statement");
	return rc == SQLITE_OK ? 0 : table_error(t, err);
}

int
table_step(struct table *t, sqlite3_stmt *statement, struct err *err)
{
	int rc = sqlite3_step(statement);

	while (rc == SQLITE_ROW)
		rc = sqlite3_step(statement);
	if (rc == SQLITE_DONE && sqlite3_reset(statement) == SQLITE_OK)
		return 0;
	table_error(t, err);
	(void)sqlite3_reset(statement);
	return -1;
}

int
table_run(struct table *t, enum table_statement which, struct err *err)
{
	return table_step(t, t->statement[which], err);
}

int
table_run_once(struct table *t, char *sql, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int rc = table_compile(t, sql, &statement, err);

	if (rc == 0)
		rc = table_step(t, statement, err);
	(void)sqlite3_finalize(statement);
	return rc;
}

int
table_open(struct table *t, bool create, struct err *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	sqlite3_stmt **to = t->statement;

	if (lite_setup(err) == -1)
		return -1;
	if (sqlite3_open_v2(t->file, &t->db, flags | (create ? SQLITE_OPEN_CREATE : 0),
	    NULL) != SQLITE_OK ||
	    sqlite3_busy_timeout(t->db, BUSY_MS) != SQLITE_OK)
		return table_error(t, err);
	/* Readers go on while a batch is written; where a file system cannot, SQLite stays with
	 * what it can do. */
	if (table_run_once(t, sqlite3_mprintf("PRAGMA journal_mode = WAL"), err) == -1 ||
	    table_run_once(t, sqlite3_mprintf("PRAGMA synchronous = NORMAL"), err) == -1)
		return -1;
	if (table_compile(t, sqlite3_mprintf("BEGIN"), &to[TABLE_BEGIN], err) == -1 ||
	    table_compile(t, sqlite3_mprintf("BEGIN IMMEDIATE"), &to[TABLE_LOCK], err) == -1)
		return -1;
	return table_compile(t, sqlite3_mprintf("COMMIT"), &to[TABLE_COMMIT], err);
}

int
table_full(struct table *t, struct err *err)
{
	return table_run_once(t, sqlite3_mprintf("PRAGMA synchronous = FULL"), err);
}

/* Our columns give way if the rows have one of their name. */
static const char *
free_name(const struct schema *s, const char *name, const char *other)
{
	for (unsigned i = 0; i < s->columns; i++)
		if (strcasecmp(s->column[i].name, name) == 0)
			return other;
	return name;
}

static const char *
time_column(const struct schema *s)
{
	return free_name(s, "time", "batch_time");
}

static const char *
batch_column(const struct schema *s)
{
	return free_name(s, "batch", "batch_number");
}

/* The columns behind the time. */
static void
put_columns(const struct table *t, sqlite3_str *sql, const struct schema *s)
{
	if (t->batch)
		sqlite3_str_appendf(sql, ", \"%w\"", batch_column(s));
	for (unsigned i = 0; i < s->columns; i++)
		sqlite3_str_appendf(sql, ", \"%w\"", s->column[i].name);
}

void
table_columns(const struct table *t, sqlite3_str *sql, const struct schema *s)
{
	sqlite3_str_appendf(sql, "\"%w\"", time_column(s));
	put_columns(t, sql, s);
}

int
table_exists(struct table *t, const char *name, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int found = -1;

	if (table_compile(t, sqlite3_mprintf("SELECT count(*) FROM pragma_table_xinfo(%Q, 'main')",
	    name), &statement, err) == 0 && sqlite3_step(statement) == SQLITE_ROW)
		found = sqlite3_column_int(statement, 0) > 0;
	else if (statement != NULL)
		table_error(t, err);
	(void)sqlite3_finalize(statement);
	return found;
}

static int
check_column(struct table *t, const char *column, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	int rc = table_compile(t, sqlite3_mprintf("SELECT count(*) FROM "
	    "pragma_table_info(%Q, 'main') WHERE name = %Q COLLATE NOCASE", t->name, column),
	    &statement, err);

	if (rc == 0 && sqlite3_step(statement) != SQLITE_ROW)
		rc = table_error(t, err);
	else if (rc == 0 && sqlite3_column_int(statement, 0) == 0)
		rc = err_set(err, ERR_RUN, "%s: table %s has no column '%s'", t->file, t->name,
		    column);
	(void)sqlite3_finalize(statement);
	return rc;
}

static int
check_columns(struct table *t, const struct schema *s, struct err *err)
{
	if (check_column(t, time_column(s), err) == -1 ||
	    (t->batch && check_column(t, batch_column(s), err) == -1))
		return -1;
	for (unsigned i = 0; i < s->columns; i++)
		if (check_column(t, s->column[i].name, err) == -1)
			return -1;
	return 0;
}

/* The columns have no types: a value is kept as what it is. */
static int
create(struct table *t, const struct schema *s, struct err *err)
{
	sqlite3_str *sql = sqlite3_str_new(t->db);

	sqlite3_str_appendf(sql, "CREATE TABLE main.\"%w\" (\"%w\" TEXT", t->name, time_column(s));
	put_columns(t, sql, s);
	sqlite3_str_appendall(sql, ")");
	if (table_run_once(t, sqlite3_str_finish(sql), err) == -1)
		return -1;
	return table_run_once(t, sqlite3_mprintf("CREATE INDEX main.\"%w_%w\" ON \"%w\" (\"%w\")",
	    t->name, time_column(s), t->name, time_column(s)), err);
}

/* The temporary tables: rows that are kept, and times that are marked. */
static int
create_temporary(struct table *t, const struct schema *s, struct err *err)
{
	sqlite3_str *sql = sqlite3_str_new(t->db);

	sqlite3_str_appendall(sql, "CREATE TEMP TABLE kept (time");
	if (t->batch)
		sqlite3_str_appendall(sql, ", batch");
	for (unsigned i = 0; i < s->columns; i++)
		sqlite3_str_appendf(sql, ", c%u", i);
	sqlite3_str_appendall(sql, ")");
	if (table_run_once(t, sqlite3_str_finish(sql), err) == -1)
		return -1;
	return table_run_once(t, sqlite3_mprintf("CREATE TEMP TABLE marked (time TEXT)"), err);
}

static char *
keep_sql(struct table *t, const struct schema *s)
{
	sqlite3_str *sql = sqlite3_str_new(t->db);

	sqlite3_str_appendall(sql, "INSERT INTO temp.kept VALUES (?");
	for (unsigned i = 0; i < s->columns + t->batch; i++)
		sqlite3_str_appendall(sql, ", ?");
	sqlite3_str_appendall(sql, ")");
	return sqlite3_str_finish(sql);
}

static char *
copy_sql(struct table *t, const struct schema *s)
{
	sqlite3_str *sql = sqlite3_str_new(t->db);

	sqlite3_str_appendf(sql, "INSERT INTO main.\"%w\" (", t->name);
	table_columns(t, sql, s);
	sqlite3_str_appendall(sql, ") SELECT * FROM temp.kept ORDER BY rowid");
	return sqlite3_str_finish(sql);
}

static int
prepare_all(struct table *t, const struct schema *s, struct err *err)
{
	char *sql[TABLE_STATEMENTS] = {
		[TABLE_KEEP] = keep_sql(t, s),
		[TABLE_COPY] = copy_sql(t, s),
		[TABLE_MARK] = sqlite3_mprintf("INSERT INTO temp.marked VALUES (?)"),
		[TABLE_REMOVE] = sqlite3_mprintf("DELETE FROM main.\"%w\" WHERE \"%w\" IN "
		    "(SELECT time FROM temp.marked)", t->name, time_column(s)),
		[TABLE_FORGET] = sqlite3_mprintf("DELETE FROM temp.kept"),
		[TABLE_UNMARK] = sqlite3_mprintf("DELETE FROM temp.marked"),
	};
	int rc = 0;

	for (int i = TABLE_KEEP; i < TABLE_STATEMENTS; i++) {
		if (rc == 0)
			rc = table_compile(t, sql[i], &t->statement[i], err);
		else
			sqlite3_free(sql[i]);
	}
	return rc;
}

/* Finds the newest time of ours in the table; other text that somebody put there is none. */
static int
find_newest(struct table *t, const struct schema *s, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	const char *text;
	int64_t ms;
	int rc = table_compile(t, sqlite3_mprintf("SELECT max(\"%w\") FROM main.\"%w\"",
	    time_column(s), t->name), &statement, err);

	t->newest = INT64_MIN;
	if (rc == 0 && sqlite3_step(statement) != SQLITE_ROW)
		rc = table_error(t, err);
	if (rc == 0 && sqlite3_column_type(statement, 0) == SQLITE_TEXT) {
		text = (const char *)sqlite3_column_text(statement, 0);
		if (text == NULL)
			rc = table_error(t, err);
		else	/* what is no time may hide later ones: then any may be there */
			t->newest = tstamp_parse(text, strlen(text), &ms) == 0 ? ms : INT64_MAX;
	}
	(void)sqlite3_finalize(statement);
	return rc;
}

int
table_prepare(struct table *t, const struct schema *s, struct err *err)
{
	int there;

	if (table_run(t, TABLE_LOCK, err) == -1)
		return -1;
	there = table_exists(t, t->name, err);
	if (there == -1 || (there ? check_columns(t, s, err) : create(t, s, err)) == -1)
		return -1;
	if (find_newest(t, s, err) == -1 || table_run(t, TABLE_COMMIT, err) == -1 ||
	    create_temporary(t, s, err) == -1 || prepare_all(t, s, err) == -1)
		return -1;
	t->ready = true;
	return 0;
}

/* A transaction that is still open is rolled back. */
void
table_close(struct table *t)
{
	for (int i = 0; i < TABLE_STATEMENTS; i++)
		(void)sqlite3_finalize(t->statement[i]);
	(void)sqlite3_close(t->db);
	*t = (struct table){ 0 };
}
