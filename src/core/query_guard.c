/*
 * What keeps a query to itself: an authorizer that allows reading the query's tables and pure
 * functions only, limits, and a VFS that opens no file and tells no time.  The authorizer judges
 * the statement when it is prepared; the VFS holds for whatever a row might say while it runs.
 */
#include "core/query_inner.h"

#include <stdio.h>
#include <string.h>

#define VFS_NAME "streamctl-query"
#define STOP_OPS 20000			/* virtual machine steps between two looks at query_stop */

bool (*query_stop)(void);

/* ---- no clock, no files ---- */

static int
no_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
	(void)vfs;
	(void)name;
	(void)flags;
	(void)out;
	file->pMethods = NULL;
	return SQLITE_CANTOPEN;
}

static int
no_time(sqlite3_vfs *vfs, sqlite3_int64 *now)
{
	(void)vfs;
	*now = 0;
	return SQLITE_ERROR;
}

/* SQLite seeds its hash tables and generators with it; nothing that is shown depends on it. */
static int
no_randomness(sqlite3_vfs *vfs, int size, char *out)
{
	(void)vfs;
	memset(out, 0x5a, (size_t)size);
	return size;
}

const char *
query_vfs(void)
{
	static sqlite3_vfs vfs;
	const sqlite3_vfs *plain = sqlite3_vfs_find(NULL);

	if (sqlite3_vfs_find(VFS_NAME) != NULL)
		return VFS_NAME;
	if (plain == NULL)
		return NULL;
	vfs = *plain;
	vfs.pNext = NULL;
	vfs.zName = VFS_NAME;
	vfs.xOpen = no_open;
	vfs.xCurrentTimeInt64 = no_time;
	vfs.xRandomness = no_randomness;
	return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK ? VFS_NAME : NULL;
}

/* ---- what a statement may do ---- */

static bool
is_one_of(const char *name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (sqlite3_stricmp(name, *list) == 0)
			return true;
	return false;
}

bool
query_may_call(const char *name)
{
	static const char *const refused[] = {
		"random", "randomblob", "current_date", "current_time", "current_timestamp",
		"load_extension", "changes", "total_changes", "last_insert_rowid", "match",
		"optimize", "offsets", "snippet", "matchinfo", "bm25", "highlight",
		"fts3_tokenizer", "fts5", "fts5_source_id", "rtreecheck", "rtreedepth", "rtreenode",
		NULL,
	};

	return sqlite3_strnicmp(name, "sqlite_", 7) != 0 && !is_one_of(name, refused);
}

static void
note_read(struct query_source *s, const char *name)
{
	struct buf mangled = { 0 };

	for (unsigned i = 0; i < s->known; i++) {
		mangled.len = 0;
		/* Short of memory every column counts as read: right, if not thrifty. */
		if (query_mangle(&mangled, s->schema->column[i].name,
		    strlen(s->schema->column[i].name)) == -1 ||
		    sqlite3_stricmp(mangled.data, name) == 0)
			s->read[i] = true;
	}
	buf_free(&mangled);
}

static bool
may_read(struct query *q, const char *table, const char *column)
{
	static const char *const readers[] = { "json_each", "json_tree", NULL };
	static const char *const inner[] = {
		"sqlite_", "pragma_", "dbstat", "fts", "bytecode", "tables_used", NULL,
	};

	for (size_t i = 0; i < q->sources; i++) {
		if (sqlite3_stricmp(q->source[i].name, table) != 0)
			continue;
		if (strcmp(column, QUERY_ANY) == 0)
			return false;
		note_read(&q->source[i], column);
		return true;
	}
	if (is_one_of(table, readers))
		return true;
	/* A table made by WITH, of which no column is read. */
	for (const char *const *i = inner; *i != NULL; i++)
		if (sqlite3_strnicmp(table, *i, (int)strlen(*i)) == 0)
			return false;
	return column[0] == '\0';
}

static int
refuse(struct query *q, const char *name, const char *why)
{
	(void)snprintf(q->refused, sizeof(q->refused), "'%.40s' %s", name, why);
	return SQLITE_DENY;
}

static int
authorize(void *arg, int action, const char *x, const char *y, const char *database,
    const char *trigger)
{
	struct query *q = arg;

	(void)database;
	(void)trigger;
	if (q->declaring)
		return SQLITE_OK;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_READ:
		if (may_read(q, x, y))
			return SQLITE_OK;
		if (strcmp(y, QUERY_ANY) == 0)
			return refuse(q, "*", "could be any columns, as the records do not tell "
			    "theirs ahead: name them");
		return refuse(q, x, "is no table here");
	case SQLITE_FUNCTION:
		if (query_may_call(y))
			return SQLITE_OK;
		return refuse(q, y, "is refused: its answer does not follow from the rows alone");
	default:
		return refuse(q, "SELECT", "is all that a query may do");
	}
}

static int
progress(void *arg)
{
	(void)arg;
	return query_stop != NULL && query_stop();
}

int
query_guard(struct query *q)
{
	static const struct { int id, value; } limits[] = {
		{ SQLITE_LIMIT_LENGTH, 256 << 20 }, { SQLITE_LIMIT_SQL_LENGTH, 1 << 20 },
		{ SQLITE_LIMIT_EXPR_DEPTH, 500 }, { SQLITE_LIMIT_COMPOUND_SELECT, 100 },
		{ SQLITE_LIMIT_VDBE_OP, 1 << 20 }, { SQLITE_LIMIT_ATTACHED, 0 },
		{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000 }, { SQLITE_LIMIT_TRIGGER_DEPTH, 0 },
		{ SQLITE_LIMIT_WORKER_THREADS, 0 },
	};
	static const char *keep[] = { "json_each", "json_tree", NULL };
	int rc;

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		(void)sqlite3_limit(q->db, limits[i].id, limits[i].value);
	/* "name" is a column and never a text because there is none. */
	rc = sqlite3_db_config(q->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_drop_modules(q->db, keep);
	/* What is sorted stays in memory. */
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(q->db, "PRAGMA temp_store = MEMORY", NULL, NULL, NULL);
	/* These tables are declared when they are first named, in SQL that would not be allowed. */
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(q->db, "SELECT 1 FROM json_each('1'), json_tree('1')", NULL, NULL,
		    NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_set_authorizer(q->db, authorize, q);
	sqlite3_progress_handler(q->db, STOP_OPS, progress, q);
	return rc;
}
