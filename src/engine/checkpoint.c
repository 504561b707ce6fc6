/* The checkpoint's database, see checkpoint.h. */
#include "engine/checkpoint.h"

#include "core/lite.h"
#include "engine/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <zlib.h>

#define APPLICATION 0x7374726d		/* "strm": what SQLite's header says the file is */
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
    " late INTEGER, keys INTEGER, state_bytes INTEGER, journal INTEGER, skip_bytes INTEGER, skip_records INTEGER,"
    " open INTEGER, finished INTEGER, committed INTEGER);"
    "CREATE TABLE account(number INTEGER PRIMARY KEY, records INTEGER, counted INTEGER,"
    " late INTEGER, bad INTEGER);"
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

static const char *const texts[CHECKPOINT_STATEMENTS] = {
	[CHECKPOINT_BEGIN] = "BEGIN IMMEDIATE",
	[CHECKPOINT_COMMIT] = "COMMIT",
	[CHECKPOINT_PUT] = "INSERT INTO chunk(role, owner, tick, generation, sum, bytes)"
	    " VALUES(?, ?, ?, ?, ?, ?)",
	[CHECKPOINT_CLEAR] = "DELETE FROM chunk WHERE role = ? AND owner = ? AND tick = ?"
	    " AND generation <= ?",
	[CHECKPOINT_CHUNKS] = "SELECT role, owner, tick, generation, sum, bytes FROM chunk"
	    " ORDER BY role, owner, tick, generation, seq",
	[CHECKPOINT_META_GET] = "SELECT value FROM meta WHERE name = ?",
	[CHECKPOINT_META_SET] = "INSERT OR REPLACE INTO meta(name, value) VALUES(?, ?)",
	[CHECKPOINT_PROGRESS_GET] = "SELECT batch, time, rows, records, bytes, bad_lines, bad,"
	    " late, keys, state_bytes, journal, skip_bytes, skip_records, open, finished FROM progress",
	[CHECKPOINT_PROGRESS_SET] = "INSERT OR REPLACE INTO progress(one, batch, time, rows, records,"
	    " bytes, bad_lines, bad, late, keys, state_bytes, journal, skip_bytes, skip_records,"
	    " open, finished, committed) VALUES(1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[CHECKPOINT_ACCOUNT_GET] = "SELECT records, counted, late, bad FROM account"
	    " WHERE number = ?",
	[CHECKPOINT_ACCOUNT_SET] = "INSERT OR REPLACE INTO account(number, records, counted, late,"
	    " bad) VALUES(?, ?, ?, ?, ?)",
	[CHECKPOINT_SOURCE_FIND] = "SELECT id, reconnects FROM source WHERE input = ?"
	    " AND address = ?",
	[CHECKPOINT_SOURCE_ADD] = "INSERT INTO source(input, address) VALUES(?, ?)",
	[CHECKPOINT_SOURCE_SET] = "UPDATE source SET position = ?, reconnects = ? WHERE id = ?",
	[CHECKPOINT_OUTPUT_GET] = "SELECT state FROM output WHERE number = ?",
	[CHECKPOINT_OUTPUT_SET] = "INSERT OR REPLACE INTO output(number, address, state)"
	    " VALUES(?, ?, ?)",
};

/* ---- errors ---- */

/* What SQLite says, and what can be done about it. */
int
checkpoint_error(struct checkpoint *c, struct err *err)
{
	int rc = c->db != NULL ? sqlite3_errcode(c->db) : SQLITE_NOMEM;

	switch (rc & 0xff) {
	case SQLITE_NOMEM:
		return err_memory(err, "keeping the checkpoint");
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return err_set(err, ERR_RUN, "%s: is no checkpoint, or is damaged (%s); put a copy "
		    "back, or begin anew with --state reset", c->path, sqlite3_errmsg(c->db));
	case SQLITE_FULL:
		return err_set(err, ERR_RUN, "%s: no room to write the checkpoint; the last one "
		    "stands: free some space and start again", c->path);
	default:
		return err_set(err, ERR_RUN, "%s: the checkpoint: %s", c->path,
		    sqlite3_errmsg(c->db));
	}
}

/* ---- statements ---- */

/* Compiled when it is first used: of a new file there are no tables before. */
static int
ready(struct checkpoint *c, enum checkpoint_statement which, struct err *err)
{
	if (c->statement[which] != NULL || sqlite3_prepare_v3(c->db, texts[which], -1,
	    SQLITE_PREPARE_PERSISTENT, &c->statement[which], NULL) == SQLITE_OK)
		return 0;
	return checkpoint_error(c, err);
}

sqlite3_stmt *
checkpoint_statement(struct checkpoint *c, enum checkpoint_statement which, struct err *err)
{
	return ready(c, which, err) == -1 ? NULL : c->statement[which];
}

void
checkpoint_reset(struct checkpoint *c, enum checkpoint_statement which)
{
	(void)sqlite3_reset(c->statement[which]);
}

int
checkpoint_read(struct checkpoint *c, enum checkpoint_statement which, struct err *err)
{
	int rc;

	if (ready(c, which, err) == -1)
		return -1;
	rc = sqlite3_step(c->statement[which]);
	if (rc == SQLITE_ROW)
		return rc;
	if (rc != SQLITE_DONE)
		checkpoint_error(c, err);
	checkpoint_reset(c, which);
	return rc == SQLITE_DONE ? rc : -1;
}

int
checkpoint_step(struct checkpoint *c, enum checkpoint_statement which, struct err *err)
{
	if (!c->begun && checkpoint_read(c, CHECKPOINT_BEGIN, err) == -1)
		return -1;
	c->begun = true;
	return checkpoint_read(c, which, err);
}

int
checkpoint_commit(struct checkpoint *c, struct err *err)
{
	if (!c->begun)
		return 0;
	if (checkpoint_read(c, CHECKPOINT_COMMIT, err) == -1)
		return -1;
	c->begun = false;
	return 0;
}

/* ---- the state ---- */

/* Of a part's numbers and the bytes: neither can be read as something else. */
static uint32_t
sum_of(const struct store_part *part, const void *bytes, size_t len)
{
	const uint64_t number[] = {
		(uint64_t)part->role, part->owner, (uint64_t)part->tick, part->generation,
	};
	unsigned char head[sizeof(number)];

	for (unsigned i = 0; i < sizeof(head); i++)
		head[i] = (unsigned char)(number[i / 8] >> (8 * (i % 8)));
	return (uint32_t)crc32_z(crc32_z(0, head, sizeof(head)), bytes, len);
}

static int
bind_part(sqlite3_stmt *s, const struct store_part *part)
{
	int rc = sqlite3_bind_int(s, 1, (int)part->role);

	rc |= sqlite3_bind_int64(s, 2, part->owner);
	rc |= sqlite3_bind_int64(s, 3, part->tick);
	return rc | sqlite3_bind_int64(s, 4, (int64_t)part->generation);
}

static int
put(void *arg, const struct store_part *part, const char *bytes, size_t len, struct err *err)
{
	struct checkpoint *c = arg;
	sqlite3_stmt *s = checkpoint_statement(c, CHECKPOINT_PUT, err);

	if (s == NULL)
		return -1;
	if (bind_part(s, part) != SQLITE_OK ||
	    sqlite3_bind_int64(s, 5, sum_of(part, bytes, len)) != SQLITE_OK ||
	    sqlite3_bind_blob64(s, 6, bytes, len, SQLITE_STATIC) != SQLITE_OK)
		return checkpoint_error(c, err);
	return checkpoint_step(c, CHECKPOINT_PUT, err) == -1 ? -1 : 0;
}

static int
clear(void *arg, const struct store_part *part, struct err *err)
{
	struct checkpoint *c = arg;
	sqlite3_stmt *s = checkpoint_statement(c, CHECKPOINT_CLEAR, err);

	if (s == NULL)
		return -1;
	if (bind_part(s, part) != SQLITE_OK)
		return checkpoint_error(c, err);
	return checkpoint_step(c, CHECKPOINT_CLEAR, err) == -1 ? -1 : 0;
}

int
checkpoint_chunks(struct checkpoint *c, int (*take)(void *arg, const struct store_part *,
    const char *bytes, size_t len, struct err *), void *arg, struct err *err)
{
	int rc;

	while ((rc = checkpoint_read(c, CHECKPOINT_CHUNKS, err)) == SQLITE_ROW) {
		sqlite3_stmt *s = c->statement[CHECKPOINT_CHUNKS];
		struct store_part part = {
			.role = (enum store_role)sqlite3_column_int(s, 0),
			.owner = (uint32_t)sqlite3_column_int64(s, 1),
			.tick = sqlite3_column_int64(s, 2),
			.generation = (uint64_t)sqlite3_column_int64(s, 3),
		};
		const char *bytes = sqlite3_column_blob(s, 5);
		size_t len = (size_t)sqlite3_column_bytes(s, 5);

		if (bytes == NULL || sum_of(&part, bytes, len) != sqlite3_column_int64(s, 4))
			rc = err_set(err, ERR_RUN, "%s: the saved state is damaged; put a copy "
			    "back, or begin anew with --state reset", c->path);
		else
			rc = take(arg, &part, bytes, len, err);
		if (rc == -1)
			break;
	}
	if (c->statement[CHECKPOINT_CHUNKS] != NULL)
		checkpoint_reset(c, CHECKPOINT_CHUNKS);
	return rc == -1 ? -1 : 0;
}

/* ---- opening and closing ---- */

/* Closing any descriptor of the file would drop SQLite's own locks: this one is closed last. */
static int
lock(struct checkpoint *c, struct err *err)
{
	c->lock = sys_open(c->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
	if (c->lock == -1)
		return err_system(err, c->path, "open the checkpoint", errno);
	if (sys.flock(c->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return err_set(err, ERR_RUN, "%s: another streamctl has this checkpoint; stop that "
		    "one first, or name another file", c->path);
	return err_system(err, c->path, "lock", errno);
}

static int
execute(struct checkpoint *c, const char *sql, struct err *err)
{
	return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 :
	    checkpoint_error(c, err);
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
	char *sql = sqlite3_mprintf("BEGIN; %s PRAGMA application_id=%d; PRAGMA user_version=%d;"
	    "COMMIT;", schema, APPLICATION, CHECKPOINT_VERSION);
	int rc = sql == NULL ? err_memory(err, "making the checkpoint") : execute(c, sql, err);

	sqlite3_free(sql);
	return rc;
}

/* What kind of file it is: a new one, ours, or another's. */
static int
check_schema(struct checkpoint *c, struct err *err)
{
	int64_t application, version, tables;

	if (pragma(c, "PRAGMA application_id", &application, err) == -1 ||
	    pragma(c, "PRAGMA user_version", &version, err) == -1 ||
	    pragma(c, "SELECT count(*) FROM sqlite_master", &tables, err) == -1)
		return -1;
	if (application == 0 && tables == 0)
		return make_schema(c, err);
	if (application != APPLICATION)
		return err_set(err, ERR_CHECKPOINT, "%s: is a database, but no checkpoint; name "
		    "another file", c->path);
	if (version > CHECKPOINT_VERSION)
		return err_set(err, ERR_CHECKPOINT, "%s: is a checkpoint of a newer version (%lld, "
		    "this program knows %d); use that program, or another file", c->path,
		    (long long)version, CHECKPOINT_VERSION);
	return 0;
}

static int
open_database(struct checkpoint *c, bool full, struct err *err)
{
	int64_t begun;

	if (lite_setup(err) == -1)
		return -1;
	if (sqlite3_open_v2(c->path, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
	    NULL) != SQLITE_OK)
		return checkpoint_error(c, err);
	(void)sqlite3_busy_timeout(c->db, BUSY_MS);
	if (check_schema(c, err) == -1 ||	/* what is not ours stays as it is */
	    execute(c, "PRAGMA journal_mode=WAL", err) == -1 ||
	    execute(c, full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", err) == -1 ||
	    pragma(c, "SELECT count(*) FROM progress", &begun, err) == -1)
		return -1;
	c->resumed = begun > 0;
	return 0;
}

int
checkpoint_open(struct checkpoint *c, const char *path, bool full, struct err *err)
{
	*c = (struct checkpoint){ .path = path, .lock = -1 };
	c->store = (struct store){ .arg = c, .put = put, .clear = clear };
	if (lock(c, err) == 0 && open_database(c, full, err) == 0)
		return 0;
	checkpoint_close(c);
	return -1;
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
