/*
 * Rows that wait, see pending.h.  Behind three columns of our own the table has those of its
 * target, by which the statements are made: the run that moves the rows may not know the schema.
 */
#include "sink/pending.h"

/* The columns of the target: all but the first three. */
#define COLUMNS "(SELECT name FROM pragma_table_info(%Q, 'main') WHERE cid > 2 ORDER BY cid)"

/* Its name as it stands in SQL, to be freed with sqlite3_free; NULL: memory is short. */
static char *
make_name(const struct pending *p)
{
	return sqlite3_mprintf("streamctl_pending_%s_%016llx", p->table->name,
	    (unsigned long long)p->id);
}

/* ---- statements ---- */

/* A text that a query gives, to be freed with sqlite3_free; NULL with the error. */
static char *
ask(struct pending *p, char *sql, struct err *err)
{
	sqlite3_stmt *statement = NULL;
	char *text = NULL;

	if (table_compile(p->table, sql, &statement, err) == 0) {
		if (sqlite3_step(statement) == SQLITE_ROW)
			text = sqlite3_mprintf("%s", sqlite3_column_text(statement, 0));
		if (text == NULL)
			table_error(p->table, err);
	}
	(void)sqlite3_finalize(statement);
	return text;
}

static int
compile_move(struct pending *p, const char *name, struct err *err)
{
	char *columns = ask(p, sqlite3_mprintf("SELECT group_concat('\"' || replace(name, '\"', "
	    "'\"\"') || '\"', ', ') FROM " COLUMNS, name), err);
	int rc;

	if (columns == NULL)
		return -1;
	rc = table_compile(p->table, sqlite3_mprintf("INSERT INTO main.\"%w\" (%s) SELECT %s "
	    "FROM main.\"%w\" WHERE streamctl_save <= ? ORDER BY streamctl_row",
	    p->table->name, columns, columns, name), &p->statement[PENDING_MOVE], err);
	sqlite3_free(columns);
	return rc;
}

static int
compile_remove(struct pending *p, const char *name, struct err *err)
{
	char *time = ask(p, sqlite3_mprintf("SELECT name FROM " COLUMNS " LIMIT 1", name), err);
	int rc;

	if (time == NULL)
		return -1;
	rc = table_compile(p->table, sqlite3_mprintf("DELETE FROM main.\"%w\" WHERE \"%w\" IN "
	    "(SELECT \"%w\" FROM main.\"%w\" WHERE streamctl_first AND streamctl_save <= ?)",
	    p->table->name, time, time, name), &p->statement[PENDING_REMOVE], err);
	sqlite3_free(time);
	return rc;
}

static int
compile_all(struct pending *p, const char *name, struct err *err)
{
	if (compile_move(p, name, err) == -1 || compile_remove(p, name, err) == -1)
		return -1;
	return table_compile(p->table, sqlite3_mprintf("DELETE FROM main.\"%w\" "
	    "WHERE streamctl_save <= ?", name), &p->statement[PENDING_EMPTY], err);
}

/* Runs a statement about the rows up to a save. */
static int
run(struct pending *p, enum pending_statement which, int64_t save, struct err *err)
{
	if (sqlite3_bind_int64(p->statement[which], 1, save) != SQLITE_OK)
		return table_error(p->table, err);
	return table_step(p->table, p->statement[which], err);
}

/* ---- what was left by a run before ---- */

static int
drop(struct pending *p, const char *name, struct err *err)
{
	return table_run_once(p->table, sqlite3_mprintf("DROP TABLE main.\"%w\"", name), err);
}

static void
finalize(struct pending *p)
{
	for (int i = 0; i < PENDING_STATEMENTS; i++) {
		(void)sqlite3_finalize(p->statement[i]);
		p->statement[i] = NULL;
	}
}

static int
move_and_drop(struct pending *p, const char *name, struct err *err)
{
	if (compile_all(p, name, err) == -1 || run(p, PENDING_REMOVE, p->save, err) == -1 ||
	    run(p, PENDING_MOVE, p->save, err) == -1)
		return -1;
	finalize(p);
	return drop(p, name, err);
}

int
pending_recover(struct pending *p, struct err *err)
{
	struct table *t = p->table;
	char *name = make_name(p);
	int rc;

	if (name == NULL)
		return err_memory(err, "starting");
	rc = table_run(t, TABLE_LOCK, err);
	if (rc == 0)
		rc = table_exists(t, name, err);
	if (rc == 1)
		rc = move_and_drop(p, name, err);
	if (rc == 0)
		rc = table_run(t, TABLE_COMMIT, err);
	sqlite3_free(name);
	return rc;
}

/* ---- rows of this run ---- */

static int
create(struct pending *p, const char *name, const struct schema *s, struct err *err)
{
	sqlite3_str *sql = sqlite3_str_new(p->table->db);

	sqlite3_str_appendf(sql, "CREATE TABLE main.\"%w\" (streamctl_row INTEGER PRIMARY KEY, "
	    "streamctl_save, streamctl_first, ", name);
	table_columns(p->table, sql, s);
	sqlite3_str_appendall(sql, ")");
	return table_run_once(p->table, sqlite3_str_finish(sql), err);
}

int
pending_prepare(struct pending *p, const struct schema *s, struct err *err)
{
	char *name = make_name(p);
	int rc = -1;

	if (name == NULL)
		return err_memory(err, "starting");
	if (create(p, name, s, err) == 0 && compile_all(p, name, err) == 0)
		rc = table_compile(p->table, sqlite3_mprintf("INSERT INTO main.\"%w\" SELECT "
		    "NULL, ?, time IN (SELECT time FROM temp.marked), * FROM temp.kept "
		    "ORDER BY rowid", name), &p->statement[PENDING_PUT], err);
	sqlite3_free(name);
	return rc;
}

int
pending_put(struct pending *p, struct err *err)
{
	struct table *t = p->table;

	p->save++;
	p->waits = true;
	if (table_run(t, TABLE_LOCK, err) == -1 || run(p, PENDING_PUT, p->save, err) == -1 ||
	    table_run(t, TABLE_FORGET, err) == -1 || table_run(t, TABLE_UNMARK, err) == -1)
		return -1;
	return table_run(t, TABLE_COMMIT, err);
}

int
pending_publish(struct pending *p, struct err *err)
{
	if (!p->waits)
		return 0;
	if (table_run(p->table, TABLE_LOCK, err) == -1 ||
	    run(p, PENDING_REMOVE, p->save, err) == -1 ||
	    run(p, PENDING_MOVE, p->save, err) == -1 ||
	    run(p, PENDING_EMPTY, p->save, err) == -1 ||
	    table_run(p->table, TABLE_COMMIT, err) == -1)
		return -1;
	p->waits = false;
	return 0;
}

void
pending_close(struct pending *p, bool drop_it)
{
	bool made = p->statement[PENDING_PUT] != NULL;
	char *name = made && drop_it ? make_name(p) : NULL;
	struct err ignored;

	finalize(p);
	if (name != NULL && sqlite3_busy_timeout(p->table->db, 0) == SQLITE_OK)
		(void)drop(p, name, &ignored);
	sqlite3_free(name);
	*p = (struct pending){ 0 };
}
