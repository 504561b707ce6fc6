/* What is put into the checkpoint and read from it, see checkpoint.h. */
#include "engine/checkpoint.h"

#include <errno.h>
#include <stdarg.h>
#include <zlib.h>

static const char *const texts[CHECKPOINT_STATEMENTS] = {
	[CHECKPOINT_BEGIN] = "BEGIN IMMEDIATE",
	[CHECKPOINT_COMMIT] = "COMMIT",
	[CHECKPOINT_PUT] = "INSERT INTO chunk(role, owner, tick, generation, sum, bytes)"
	    " VALUES(?, ?, ?, ?, ?, ?)",
	[CHECKPOINT_CLEAR] = "DELETE FROM chunk WHERE role = ? AND owner = ? AND tick = ?"
	    " AND generation <= ? RETURNING sum",
	[CHECKPOINT_OLDEST] = "SELECT seq, length(bytes) FROM chunk WHERE role = ? AND owner = ?"
	    " AND tick = ? AND generation <= ? ORDER BY generation, seq LIMIT 1",
	[CHECKPOINT_DROP] = "DELETE FROM chunk WHERE seq = ? RETURNING sum",
	[CHECKPOINT_CHUNKS] = "SELECT role, owner, tick, generation, sum, bytes FROM chunk"
	    " ORDER BY role, owner, tick, generation, seq",
	[CHECKPOINT_COUNT] = "SELECT count(*), sum(sum) FROM chunk INDEXED BY part",
	[CHECKPOINT_SEAL_GET] = "SELECT chunks, sums, sum FROM seal",
	[CHECKPOINT_SEAL_SET] = "INSERT OR REPLACE INTO seal(one, chunks, sums, sum)"
	    " VALUES(1, ?, ?, ?)",
	[CHECKPOINT_ALL_META] = "SELECT * FROM meta ORDER BY name",
	[CHECKPOINT_ALL_PROGRESS] = "SELECT * FROM progress",
	[CHECKPOINT_ALL_ACCOUNTS] = "SELECT * FROM account ORDER BY number",
	[CHECKPOINT_ALL_SOURCES] = "SELECT * FROM source ORDER BY input, address",
	[CHECKPOINT_ALL_OUTPUTS] = "SELECT * FROM output ORDER BY number",
	[CHECKPOINT_META_GET] = "SELECT value FROM meta WHERE name = ?",
	[CHECKPOINT_META_SET] = "INSERT OR REPLACE INTO meta(name, value) VALUES(?, ?)",
	[CHECKPOINT_PROGRESS_GET] = "SELECT batch, time, rows, records, bytes, bad_lines, bad,"
	    " late, keys, state_bytes, journal, skip_bytes, skip_records, open, finished"
	    " FROM progress",
	[CHECKPOINT_PROGRESS_SET] = "INSERT OR REPLACE INTO progress(one, batch, time, rows,"
	    " records, bytes, bad_lines, bad, late, keys, state_bytes, journal, skip_bytes,"
	    " skip_records, open, finished, committed)"
	    " VALUES(1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
	int rc = c->db != NULL ? sqlite3_extended_errcode(c->db) : SQLITE_NOMEM;

	if (rc == SQLITE_IOERR_SHMSIZE || ((rc & 0xff) == SQLITE_IOERR &&
	    sqlite3_system_errno(c->db) == ENOSPC))
		rc = SQLITE_FULL;
	switch (rc & 0xff) {
	case SQLITE_NOMEM:
		return err_memory(err, "keeping the checkpoint");
	case SQLITE_NOTADB:
		return err_set(err, ERR_RUN, "%s: is no checkpoint, or its beginning is damaged; "
		    "name another file, or put a copy back", c->path);
	case SQLITE_CORRUPT:
		return err_set(err, ERR_RUN, "%s: the checkpoint is damaged (%s); put a copy back, "
		    "or begin anew with --state reset", c->path, sqlite3_errmsg(c->db));
	case SQLITE_FULL:
		return err_set(err, ERR_RUN, "%s: no room to write the checkpoint; the last one "
		    "stands: free some space and start again", c->path);
	default:
		return err_set(err, ERR_RUN, "%s: the checkpoint: %s", c->path,
		    sqlite3_errmsg(c->db));
	}
}

int
checkpoint_damaged(const struct checkpoint *c, struct err *err)
{
	return err_set(err, ERR_RUN, "%s: the checkpoint is damaged; put a copy back, or begin "
	    "anew with --state reset", c->path);
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
	if (checkpoint_seal(c, err) == -1 || checkpoint_read(c, CHECKPOINT_COMMIT, err) == -1)
		return -1;
	c->begun = false;
	c->put = 0;
	return 0;
}

int
checkpoint_execute(struct checkpoint *c, const char *sql, struct err *err)
{
	return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 :
	    checkpoint_error(c, err);
}

int
checkpoint_change(struct checkpoint *c, struct err *err, const char *format, ...)
{
	va_list ap;
	char *sql;
	int rc;

	va_start(ap, format);
	sql = sqlite3_vmprintf(format, ap);
	va_end(ap);
	rc = sql == NULL ? err_memory(err, "changing the checkpoint") : 0;
	if (rc == 0 && !c->begun && checkpoint_read(c, CHECKPOINT_BEGIN, err) == -1)
		rc = -1;
	c->begun |= rc == 0;
	if (rc == 0)
		rc = checkpoint_execute(c, sql, err);
	sqlite3_free(sql);
	return rc;
}

/* ---- the state ---- */

/* Of a part's numbers and the bytes: neither can be read as something else. */
static uint32_t
sum_of(const struct store_part *part, const void *bytes, size_t len)
{
	uint32_t sum = 0;

	checkpoint_sum_number(&sum, (uint64_t)part->role);
	checkpoint_sum_number(&sum, part->owner);
	checkpoint_sum_number(&sum, (uint64_t)part->tick);
	checkpoint_sum_number(&sum, part->generation);
	return (uint32_t)crc32_z(sum, bytes, len);
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
	uint32_t sum = sum_of(part, bytes, len);

	if (s == NULL)
		return -1;
	if (bind_part(s, part) != SQLITE_OK || sqlite3_bind_int64(s, 5, sum) != SQLITE_OK ||
	    sqlite3_bind_blob64(s, 6, bytes, len, SQLITE_STATIC) != SQLITE_OK)
		return checkpoint_error(c, err);
	if (checkpoint_step(c, CHECKPOINT_PUT, err) == -1)
		return -1;
	c->put += len;
	c->chunks++;
	c->sums += sum;
	return 0;
}

int
checkpoint_drop(struct checkpoint *c, enum checkpoint_statement which, struct err *err)
{
	int rc;

	while ((rc = checkpoint_step(c, which, err)) == SQLITE_ROW) {
		c->chunks--;
		c->sums -= (uint64_t)sqlite3_column_int64(c->statement[which], 0);
	}
	return rc == -1 ? -1 : 0;
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
	return checkpoint_drop(c, CHECKPOINT_CLEAR, err);
}

/*
 * In SQL: part_sum(sum, role, owner, tick, generation, bytes, new owner), the sum under which the
 * chunk has the new owner; one whose sum was wrong gets none that is right.
 */
static void
part_sum(sqlite3_context *context, int n, sqlite3_value **v)
{
	struct store_part part = {
		.role = (enum store_role)sqlite3_value_int(v[1]),
		.owner = (uint32_t)sqlite3_value_int64(v[2]),
		.tick = sqlite3_value_int64(v[3]),
		.generation = (uint64_t)sqlite3_value_int64(v[4]),
	};
	const void *bytes = sqlite3_value_blob(v[5]);
	size_t len = (size_t)sqlite3_value_bytes(v[5]);
	bool good = bytes != NULL && sum_of(&part, bytes, len) == sqlite3_value_int64(v[0]);

	(void)n;
	part.owner = (uint32_t)sqlite3_value_int64(v[6]);
	sqlite3_result_int64(context, good ? (sqlite3_int64)sum_of(&part, bytes, len) : -1);
}

int
checkpoint_sums(struct checkpoint *c, struct err *err)
{
	return sqlite3_create_function_v2(c->db, "part_sum", 7, SQLITE_UTF8, NULL, part_sum, NULL,
	    NULL, NULL) == SQLITE_OK ? 0 : checkpoint_error(c, err);
}

struct store
checkpoint_store(struct checkpoint *c)
{
	return (struct store){ .arg = c, .put = put, .clear = clear, .trim = checkpoint_trim };
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
			rc = checkpoint_damaged(c, err);
		else
			rc = take(arg, &part, bytes, len, err);
		if (rc == -1)
			break;
	}
	if (c->statement[CHECKPOINT_CHUNKS] != NULL)
		checkpoint_reset(c, CHECKPOINT_CHUNKS);
	return rc == -1 ? -1 : 0;
}
