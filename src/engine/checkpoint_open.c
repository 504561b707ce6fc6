/*
 * Opening a checkpoint: making its tables, or finding out whose file it is; see checkpoint.h.  A
 * file that is not ours is left as it is.
 */
#include "engine/checkpoint.h"

#include "core/lite.h"
#include "engine/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#define BUSY_MS 10000			/* how long a reader may keep us from tidying up */

static const char schema[] =
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE chunk(seq INTEGER PRIMARY KEY, role INTEGER NOT NULL, owner INTEGER NOT NULL,"
    " tick INTEGER NOT NULL, generation INTEGER NOT NULL, sum INTEGER NOT NULL,"
    " bytes BLOB NOT NULL);"
    "CREATE INDEX part ON chunk(role, owner, tick, generation);"
    "CREATE TABLE source(id INTEGER PRIMARY KEY, input INTEGER NOT NULL, address TEXT NOT NULL,"
    " position INTEGER NOT NULL DEFAULT 0, reconnects INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE(input, address));"
    "CREATE TABLE output(number INTEGER PRIMARY KEY, address TEXT NOT NULL, state BLOB NOT NULL);"
    "CREATE TABLE progress(one INTEGER PRIMARY KEY CHECK(one = 1), batch INTEGER, time INTEGER,"
    " rows INTEGER, records INTEGER, bytes INTEGER, bad_lines INTEGER, bad INTEGER,"
    " late INTEGER, keys INTEGER, state_bytes INTEGER, journal INTEGER, skip_bytes INTEGER,"
    " skip_records INTEGER, open INTEGER, finished INTEGER, committed INTEGER);"
    "CREATE TABLE account(number INTEGER PRIMARY KEY, records INTEGER, counted INTEGER,"
    " late INTEGER, bad INTEGER);"
    "CREATE TABLE seal(one INTEGER PRIMARY KEY CHECK(one = 1), chunks INTEGER, sums INTEGER,"
    " sum INTEGER);"
    "CREATE VIEW status AS SELECT batch,"
    " strftime('%Y-%m-%dT%H:%M:%fZ', time / 1000000.0, 'unixepoch') AS time,"
    " records, bad_lines + bad AS bad, late, keys, state_bytes, finished,"
    " strftime('%Y-%m-%dT%H:%M:%fZ', committed / 1000000.0, 'unixepoch') AS committed"
    " FROM progress;"
    "CREATE VIEW sources AS SELECT address, position, reconnects FROM source;"
    "CREATE VIEW outputs AS SELECT number, address FROM output;"
    "CREATE VIEW parts AS SELECT CASE role WHEN 1 THEN 'clocks' WHEN 2 THEN 'pane'"
    " WHEN 3 THEN 'total' WHEN 4 THEN 'changed' WHEN 5 THEN 'stage' WHEN 6 THEN 'batch'"
    " WHEN 7 THEN 'rows' WHEN 8 THEN 'source' WHEN 9 THEN 'sink' ELSE 'watermark' END AS kind,"
    " owner, tick, count(*) AS chunks, sum(length(bytes)) AS bytes FROM chunk"
    " GROUP BY role, owner, tick;";

/*
 * What is dropped is left in its pages: some builds of SQLite would write zeroes over it.  And a
 * log that became long, by a large commit or a reader that was slow, is cut back when it is begun
 * anew.
 */
static const char pragmas[] =
    "PRAGMA journal_mode=WAL;"
    "PRAGMA secure_delete=OFF;"
    "PRAGMA journal_size_limit=67108864;";

/* ---- opening and closing ---- */

/*
 * Closing any descriptor of the file would drop SQLite's own locks: this one is closed last, or
 * before the database is opened.
 */
static int
lock(struct checkpoint *c, int flags, int operation, struct err *err)
{
	struct stat st;

	c->lock = sys_open(c->path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
	if (c->lock == -1)
		return err_system(err, c->path, "open the checkpoint", errno);
	if (sys.fstat(c->lock, &st) == -1)
		return err_system(err, c->path, "stat", errno);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_RUN, "%s: is no regular file, as a checkpoint must be; "
		    "name another", c->path);
	if (sys.flock(c->lock, operation | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return err_system(err, c->path, "lock", errno);
	err_set(err, ERR_RUN, "%s: another streamctl has this checkpoint; stop that one first, or "
	    "name another file", c->path);
	return 1;
}

/* A whole number that a pragma gives. */
static int
pragma(struct checkpoint *c, const char *sql, int64_t *value, struct err *err)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(c->db, sql, -1, &s, NULL);

	*value = 0;
	if (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW)
		*value = sqlite3_column_int64(s, 0);
	if (rc != SQLITE_ROW)
		checkpoint_error(c, err);
	(void)sqlite3_finalize(s);
	return rc == SQLITE_ROW ? 0 : -1;
}

static int
make_schema(struct checkpoint *c, struct err *err)
{
	char *sql = sqlite3_mprintf("BEGIN; %s PRAGMA application_id=%d; PRAGMA user_version=%d;",
	    schema, CHECKPOINT_APPLICATION, CHECKPOINT_VERSION);
	int rc = sql == NULL ? err_memory(err, "making the checkpoint") :
	    checkpoint_execute(c, sql, err);

	sqlite3_free(sql);
	if (rc == 0)
		rc = checkpoint_seal(c, err);
	return rc == 0 ? checkpoint_execute(c, "COMMIT", err) : -1;
}

/*
 * Closing moves what was committed from the write-ahead log to the file and removes the log.  Where
 * the log could not be looked at SQLite may remove it unread: then all is to stay as it is.
 */
static void
tidy_at_close(struct checkpoint *c, bool tidy)
{
	(void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !tidy, NULL);
}

/* What kind of file it is: *EMPTY, ours, or another's, which is an error. */
static int
check_schema(struct checkpoint *c, bool *empty, struct err *err)
{
	int64_t application, version, tables;

	if (pragma(c, "PRAGMA application_id", &application, err) == -1 ||
	    pragma(c, "PRAGMA user_version", &version, err) == -1 ||
	    pragma(c, "SELECT count(*) FROM sqlite_master", &tables, err) == -1)
		return -1;
	tidy_at_close(c, true);
	*empty = application == 0 && tables == 0;
	if (*empty)
		return 0;
	if (application != CHECKPOINT_APPLICATION)
		return err_set(err, ERR_CHECKPOINT, "%s: is a database, but no checkpoint; name "
		    "another file", c->path);
	if (version > CHECKPOINT_VERSION)
		return err_set(err, ERR_CHECKPOINT, "%s: is a checkpoint of a newer version (%lld, "
		    "this program knows %d); use that program, or another file", c->path,
		    (long long)version, CHECKPOINT_VERSION);
	return 0;
}

static int
open_database(struct checkpoint *c, struct err *err)
{
	if (lite_setup(err) == -1)
		return -1;
	if (sqlite3_open_v2(c->path, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
	    NULL) != SQLITE_OK)
		return checkpoint_error(c, err);
	tidy_at_close(c, false);
	(void)sqlite3_busy_timeout(c->db, BUSY_MS);
	return 0;
}

/*
 * Nothing is written before it is known whose file it is.  The tables are made before there is a
 * write-ahead log, so that the file itself says what it is from the beginning.
 */
static int
open_to_keep(struct checkpoint *c, bool full, struct err *err)
{
	int64_t begun;
	bool empty;

	if (open_database(c, err) == -1 || check_schema(c, &empty, err) == -1 ||
	    checkpoint_execute(c, full ? "PRAGMA synchronous=FULL" :
	    "PRAGMA synchronous=NORMAL", err) == -1 || (empty && make_schema(c, err) == -1) ||
	    checkpoint_execute(c, pragmas, err) == -1 || checkpoint_check(c, err) == -1 ||
	    pragma(c, "SELECT count(*) FROM progress", &begun, err) == -1)
		return -1;
	c->made = empty;
	c->resumed = begun > 0;
	return 0;
}

int
checkpoint_open(struct checkpoint *c, const char *path, bool full, struct err *err)
{
	*c = (struct checkpoint){ .path = path, .lock = -1 };
	c->store = checkpoint_store(c);
	if (lock(c, O_RDWR | O_CREAT, LOCK_EX, err) == 0 && open_to_keep(c, full, err) == 0)
		return 0;
	checkpoint_close(c);
	return -1;
}

int
checkpoint_lock(struct checkpoint *c, const char *path, bool write, struct err *err)
{
	int rc;

	*c = (struct checkpoint){ .path = path, .lock = -1 };
	rc = lock(c, write ? O_RDWR : O_RDONLY, write ? LOCK_EX : LOCK_SH, err);
	if (rc == 0)
		return 0;
	if (c->lock != -1)
		sys.close(c->lock);
	c->lock = -1;
	return rc;
}

int
checkpoint_view(struct checkpoint *c, struct err *err)
{
	bool empty;

	if (open_database(c, err) == -1 || check_schema(c, &empty, err) == -1)
		return -1;
	if (empty)
		return err_set(err, ERR_RUN, "%s: is empty: no run has kept anything there",
		    c->path);
	return checkpoint_execute(c, "BEGIN", err) == -1 ? -1 : checkpoint_check(c, err);
}

void
checkpoint_close(struct checkpoint *c)
{
	if (c->path == NULL)
		return;
	for (int i = 0; i < CHECKPOINT_STATEMENTS; i++)
		(void)sqlite3_finalize(c->statement[i]);
	(void)sqlite3_close(c->db);
	if (c->lock != -1)
		sys.close(c->lock);
	*c = (struct checkpoint){ .lock = -1 };
}
