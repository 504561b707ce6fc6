/*
 * Dropping old state from the checkpoint without a pause, see core/store.h: chunk by chunk, the
 * oldest first, and so many bytes at a time that it keeps ahead of what is put.
 */
#include "engine/checkpoint.h"

#define TRIM_TIMES 4			/* of what was put may be dropped at a time ... */
#define TRIM_LEAST 65536		/* ... and so many bytes ... */
#define TRIM_CHUNK 256			/* ... each chunk being dearer by these */

/* The oldest chunk of a part: 1, 0: there is none, or -1 and the error. */
static int
oldest(struct checkpoint *c, const struct store_part *part, int64_t *seq, uint64_t *size,
    struct err *err)
{
	sqlite3_stmt *s = checkpoint_statement(c, CHECKPOINT_OLDEST, err);
	int rc;

	if (s == NULL)
		return -1;
	if (sqlite3_bind_int(s, 1, (int)part->role) != SQLITE_OK ||
	    sqlite3_bind_int64(s, 2, part->owner) != SQLITE_OK ||
	    sqlite3_bind_int64(s, 3, part->tick) != SQLITE_OK ||
	    sqlite3_bind_int64(s, 4, (int64_t)part->generation) != SQLITE_OK)
		return checkpoint_error(c, err);
	rc = checkpoint_read(c, CHECKPOINT_OLDEST, err);
	if (rc != SQLITE_ROW)
		return rc == -1 ? -1 : 0;
	*seq = sqlite3_column_int64(s, 0);
	*size = (uint64_t)sqlite3_column_int64(s, 1);
	checkpoint_reset(c, CHECKPOINT_OLDEST);
	return 1;
}

static int
drop(struct checkpoint *c, int64_t seq, struct err *err)
{
	sqlite3_stmt *s = checkpoint_statement(c, CHECKPOINT_DROP, err);

	if (s == NULL)
		return -1;
	if (sqlite3_bind_int64(s, 1, seq) != SQLITE_OK)
		return checkpoint_error(c, err);
	return checkpoint_drop(c, CHECKPOINT_DROP, err);
}

int
checkpoint_trim(void *arg, const struct store_part *part, struct err *err)
{
	struct checkpoint *c = arg;
	uint64_t room = TRIM_TIMES * c->put + TRIM_LEAST, size = 0;
	int64_t seq = 0;
	int rc;

	while ((rc = oldest(c, part, &seq, &size, err)) == 1) {
		if (drop(c, seq, err) == -1)
			return -1;
		if (room <= size + TRIM_CHUNK)
			return 1;
		room -= size + TRIM_CHUNK;
	}
	return rc;
}
