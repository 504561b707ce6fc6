/* The small tables of the checkpoint, see checkpoint.h: row by row. */
#include "engine/checkpoint.h"

int
checkpoint_get(struct checkpoint *c, const char *name, struct buf *out, struct err *err)
{
	sqlite3_stmt *s = checkpoint_statement(c, CHECKPOINT_META_GET, err);
	const char *text;
	int rc, found;

	if (s == NULL)
		return -1;
	if (sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC) != SQLITE_OK)
		return checkpoint_error(c, err);
	found = checkpoint_read(c, CHECKPOINT_META_GET, err);
	if (found != SQLITE_ROW)
		return found == -1 ? -1 : 0;
	text = (const char *)sqlite3_column_text(s, 0);
	rc = text == NULL ? 1 : buf_add(out, text, (size_t)sqlite3_column_bytes(s, 0) + 1);
	checkpoint_reset(c, CHECKPOINT_META_GET);
	if (rc == 1)
		return checkpoint_damaged(c, err);
	return rc == -1 ? err_memory(err, "reading the checkpoint") : 1;
}

int
checkpoint_set(struct checkpoint *c, const char *name, const char *value, struct err *err)
{
	sqlite3_stmt *s = checkpoint_statement(c, CHECKPOINT_META_SET, err);

	if (s == NULL)
		return -1;
	if (sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC) != SQLITE_OK ||
	    sqlite3_bind_text(s, 2, value, -1, SQLITE_STATIC) != SQLITE_OK)
		return checkpoint_error(c, err);
	return checkpoint_step(c, CHECKPOINT_META_SET, err) == -1 ? -1 : 0;
}

/* ---- progress ---- */

int
checkpoint_progress(struct checkpoint *c, struct progress *p, struct err *err)
{
	sqlite3_stmt *s = checkpoint_statement(c, CHECKPOINT_PROGRESS_GET, err);
	int rc = s == NULL ? -1 : checkpoint_read(c, CHECKPOINT_PROGRESS_GET, err);

	if (rc != SQLITE_ROW)
		return rc == -1 ? -1 : checkpoint_damaged(c, err);
	*p = (struct progress){
		.batch = (uint64_t)sqlite3_column_int64(s, 0),
		.time = sqlite3_column_int64(s, 1),
		.rows = sqlite3_column_int64(s, 2),
		.lines = {
			.records = (uint64_t)sqlite3_column_int64(s, 3),
			.bytes = (uint64_t)sqlite3_column_int64(s, 4),
			.bad = (uint64_t)sqlite3_column_int64(s, 5),
		},
		.bad = (uint64_t)sqlite3_column_int64(s, 6),
		.late = (uint64_t)sqlite3_column_int64(s, 7),
		.keys = (uint64_t)sqlite3_column_int64(s, 8),
		.state_bytes = (uint64_t)sqlite3_column_int64(s, 9),
		.journal = (uint64_t)sqlite3_column_int64(s, 10),
		.skip_bytes = (uint64_t)sqlite3_column_int64(s, 11),
		.skip_records = (uint64_t)sqlite3_column_int64(s, 12),
		.open = sqlite3_column_int(s, 13) != 0,
		.finished = sqlite3_column_int(s, 14) != 0,
	};
	checkpoint_reset(c, CHECKPOINT_PROGRESS_GET);
	return 0;
}

int
checkpoint_set_progress(struct checkpoint *c, const struct progress *p, int64_t now,
    struct err *err)
{
	const int64_t value[] = {
		(int64_t)p->batch, p->time, p->rows, (int64_t)p->lines.records,
		(int64_t)p->lines.bytes, (int64_t)p->lines.bad, (int64_t)p->bad, (int64_t)p->late,
		 (int64_t)p->keys, (int64_t)p->state_bytes, (int64_t)p->journal,
		(int64_t)p->skip_bytes, (int64_t)p->skip_records, p->open, p->finished, now,
	};
	sqlite3_stmt *s = checkpoint_statement(c, CHECKPOINT_PROGRESS_SET, err);

	if (s == NULL)
		return -1;
	for (int i = 0; i < (int)(sizeof(value) / sizeof(*value)); i++)
		if (sqlite3_bind_int64(s, i + 1, value[i]) != SQLITE_OK)
			return checkpoint_error(c, err);
	return checkpoint_step(c, CHECKPOINT_PROGRESS_SET, err) == -1 ? -1 : 0;
}

int
checkpoint_account(struct checkpoint *c, unsigned number, struct account *a, struct err *err)
{
	sqlite3_stmt *s = checkpoint_statement(c, CHECKPOINT_ACCOUNT_GET, err);
	int rc;

	if (s == NULL)
		return -1;
	if (sqlite3_bind_int64(s, 1, number) != SQLITE_OK)
		return checkpoint_error(c, err);
	rc = checkpoint_read(c, CHECKPOINT_ACCOUNT_GET, err);
	if (rc != SQLITE_ROW)
		return rc == -1 ? -1 : 0;
	*a = (struct account){
		.records = (uint64_t)sqlite3_column_int64(s, 0),
		.counted = (uint64_t)sqlite3_column_int64(s, 1),
		.late = (uint64_t)sqlite3_column_int64(s, 2),
		.bad = (uint64_t)sqlite3_column_int64(s, 3),
	};
	checkpoint_reset(c, CHECKPOINT_ACCOUNT_GET);
	return 0;
}

int
checkpoint_set_account(struct checkpoint *c, unsigned number, const struct account *a,
    struct err *err)
{
	const int64_t value[] = {
		number, (int64_t)a->records, (int64_t)a->counted, (int64_t)a->late, (int64_t)a->bad,
	};
	sqlite3_stmt *s = checkpoint_statement(c, CHECKPOINT_ACCOUNT_SET, err);

	if (s == NULL)
		return -1;
	for (int i = 0; i < (int)(sizeof(value) / sizeof(*value)); i++)
		if (sqlite3_bind_int64(s, i + 1, value[i]) != SQLITE_OK)
			return checkpoint_error(c, err);
	return checkpoint_step(c, CHECKPOINT_ACCOUNT_SET, err) == -1 ? -1 : 0;
}

/* ---- sources and outputs ---- */

static int
bind_source(struct checkpoint *c, enum checkpoint_statement which, int input,
    const char *address, struct err *err)
{
	sqlite3_stmt *s = checkpoint_statement(c, which, err);

	if (s == NULL)
		return -1;
	if (sqlite3_bind_int(s, 1, input) != SQLITE_OK ||
	    sqlite3_bind_text(s, 2, address, -1, SQLITE_STATIC) != SQLITE_OK)
		return checkpoint_error(c, err);
	return 0;
}

int
checkpoint_source(struct checkpoint *c, int input, const char *address, int64_t *id,
    uint64_t *reconnects, struct err *err)
{
	int rc;

	if (bind_source(c, CHECKPOINT_SOURCE_FIND, input, address, err) == -1)
		return -1;
	rc = checkpoint_read(c, CHECKPOINT_SOURCE_FIND, err);
	if (rc == SQLITE_ROW) {
		sqlite3_stmt *s = c->statement[CHECKPOINT_SOURCE_FIND];

		*id = sqlite3_column_int64(s, 0);
		*reconnects = (uint64_t)sqlite3_column_int64(s, 1);
		checkpoint_reset(c, CHECKPOINT_SOURCE_FIND);
		return 0;
	}
	*reconnects = 0;
	if (rc == -1 || bind_source(c, CHECKPOINT_SOURCE_ADD, input, address, err) == -1 ||
	    checkpoint_step(c, CHECKPOINT_SOURCE_ADD, err) == -1)
		return -1;
	*id = sqlite3_last_insert_rowid(c->db);
	return 0;
}

int
checkpoint_set_source(struct checkpoint *c, int64_t id, uint64_t position, uint64_t reconnects,
    struct err *err)
{
	sqlite3_stmt *s = checkpoint_statement(c, CHECKPOINT_SOURCE_SET, err);

	if (s == NULL)
		return -1;
	if (sqlite3_bind_int64(s, 1, (int64_t)position) != SQLITE_OK ||
	    sqlite3_bind_int64(s, 2, (int64_t)reconnects) != SQLITE_OK ||
	    sqlite3_bind_int64(s, 3, id) != SQLITE_OK)
		return checkpoint_error(c, err);
	return checkpoint_step(c, CHECKPOINT_SOURCE_SET, err) == -1 ? -1 : 0;
}

int
checkpoint_output(struct checkpoint *c, unsigned number, struct buf *state, struct err *err)
{
	sqlite3_stmt *s = checkpoint_statement(c, CHECKPOINT_OUTPUT_GET, err);
	int rc;

	if (s == NULL)
		return -1;
	if (sqlite3_bind_int64(s, 1, number) != SQLITE_OK)
		return checkpoint_error(c, err);
	rc = checkpoint_read(c, CHECKPOINT_OUTPUT_GET, err);
	if (rc != SQLITE_ROW)
		return rc == -1 ? -1 : 0;
	if (sqlite3_column_bytes(s, 0) > 0 && buf_add(state, sqlite3_column_blob(s, 0),
	    (size_t)sqlite3_column_bytes(s, 0)) == -1)
		rc = err_memory(err, "reading the checkpoint");
	checkpoint_reset(c, CHECKPOINT_OUTPUT_GET);
	return rc == -1 ? -1 : 1;
}

int
checkpoint_set_output(struct checkpoint *c, unsigned number, const char *address,
    const struct buf *state, struct err *err)
{
	sqlite3_stmt *s = checkpoint_statement(c, CHECKPOINT_OUTPUT_SET, err);

	if (s == NULL)
		return -1;
	if (sqlite3_bind_int64(s, 1, number) != SQLITE_OK ||
	    sqlite3_bind_text(s, 2, address, -1, SQLITE_STATIC) != SQLITE_OK ||
	    sqlite3_bind_blob64(s, 3, state->len > 0 ? state->data : "", state->len,
	    SQLITE_STATIC) != SQLITE_OK)
		return checkpoint_error(c, err);
	return checkpoint_step(c, CHECKPOINT_OUTPUT_SET, err) == -1 ? -1 : 0;
}
