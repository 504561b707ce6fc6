/*
 * The seal of the checkpoint: whether what is read is what was committed.  Each commit puts down
 * how many chunks there are, the sum of their sums, and a CRC-32 of these numbers and of all rows
 * of the small tables.  SQLite finds pages that are no pages any more; this finds a bit that has
 * flipped in a number, and a row or a chunk that is gone or has come back.
 *
 * It is checked before anything else is read, so that no output is touched; the bytes of each chunk
 * are checked as they are read.
 */
#include "engine/checkpoint.h"

#include <zlib.h>

struct seal {
	uint64_t	chunks, sums;
	uint32_t	sum;
};

void
checkpoint_sum_number(uint32_t *sum, uint64_t n)
{
	unsigned char bytes[8];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(n >> (8 * i));
	*sum = (uint32_t)crc32_z(*sum, bytes, sizeof(bytes));
}

/* Numbers count with their value, all else with its length and bytes; each with its type. */
static int
add_column(struct checkpoint *c, uint32_t *sum, sqlite3_stmt *s, int i, struct err *err)
{
	int type = sqlite3_column_type(s, i);
	const void *bytes;
	size_t len;

	checkpoint_sum_number(sum, (uint64_t)type);
	if (type == SQLITE_INTEGER) {
		checkpoint_sum_number(sum, (uint64_t)sqlite3_column_int64(s, i));
		return 0;
	}
	bytes = sqlite3_column_blob(s, i);
	len = (size_t)sqlite3_column_bytes(s, i);
	if (bytes == NULL && sqlite3_errcode(c->db) == SQLITE_NOMEM)
		return err_memory(err, "reading the checkpoint");
	checkpoint_sum_number(sum, len);
	if (len > 0)
		*sum = (uint32_t)crc32_z(*sum, bytes, len);
	return 0;
}

/* Adds all rows that a statement gives. */
static int
add_rows(struct checkpoint *c, uint32_t *sum, enum checkpoint_statement which, struct err *err)
{
	int rc;

	checkpoint_sum_number(sum, (uint64_t)which);
	while ((rc = checkpoint_read(c, which, err)) == SQLITE_ROW) {
		sqlite3_stmt *s = c->statement[which];

		for (int i = 0, n = sqlite3_column_count(s); i < n; i++)
			if (add_column(c, sum, s, i, err) == -1) {
				checkpoint_reset(c, which);
				return -1;
			}
	}
	return rc == -1 ? -1 : 0;
}

/* What the seal must be, with so many chunks. */
static int
find_sum(struct checkpoint *c, struct seal *seal, struct err *err)
{
	seal->sum = 0;
	checkpoint_sum_number(&seal->sum, seal->chunks);
	checkpoint_sum_number(&seal->sum, seal->sums);
	for (int i = CHECKPOINT_ALL_META; i <= CHECKPOINT_ALL_OUTPUTS; i++)
		if (add_rows(c, &seal->sum, (enum checkpoint_statement)i, err) == -1)
			return -1;
	return 0;
}

/* Counts the chunks as they are read: by the index. */
static int
count_chunks(struct checkpoint *c, struct seal *seal, struct err *err)
{
	int rc = checkpoint_read(c, CHECKPOINT_COUNT, err);

	if (rc != SQLITE_ROW)
		return rc == -1 ? -1 : checkpoint_damaged(c, err);
	seal->chunks = (uint64_t)sqlite3_column_int64(c->statement[CHECKPOINT_COUNT], 0);
	seal->sums = (uint64_t)sqlite3_column_int64(c->statement[CHECKPOINT_COUNT], 1);
	checkpoint_reset(c, CHECKPOINT_COUNT);
	return 0;
}

static int
read_seal(struct checkpoint *c, struct seal *seal, struct err *err)
{
	sqlite3_stmt *s = checkpoint_statement(c, CHECKPOINT_SEAL_GET, err);
	int rc = s == NULL ? -1 : checkpoint_read(c, CHECKPOINT_SEAL_GET, err);

	if (rc != SQLITE_ROW)
		return rc == -1 ? -1 : checkpoint_damaged(c, err);
	seal->chunks = (uint64_t)sqlite3_column_int64(s, 0);
	seal->sums = (uint64_t)sqlite3_column_int64(s, 1);
	seal->sum = (uint32_t)sqlite3_column_int64(s, 2);
	checkpoint_reset(c, CHECKPOINT_SEAL_GET);
	return 0;
}

int
checkpoint_seal(struct checkpoint *c, struct err *err)
{
	struct seal seal = { .chunks = c->chunks, .sums = c->sums };
	sqlite3_stmt *s;

	if (find_sum(c, &seal, err) == -1 ||
	    (s = checkpoint_statement(c, CHECKPOINT_SEAL_SET, err)) == NULL)
		return -1;
	if (sqlite3_bind_int64(s, 1, (sqlite3_int64)seal.chunks) != SQLITE_OK ||
	    sqlite3_bind_int64(s, 2, (sqlite3_int64)seal.sums) != SQLITE_OK ||
	    sqlite3_bind_int64(s, 3, seal.sum) != SQLITE_OK)
		return checkpoint_error(c, err);
	return checkpoint_read(c, CHECKPOINT_SEAL_SET, err) == -1 ? -1 : 0;
}

int
checkpoint_check(struct checkpoint *c, struct err *err)
{
	struct seal was = { 0 }, is = { 0 };

	if (read_seal(c, &was, err) == -1 || count_chunks(c, &is, err) == -1 ||
	    find_sum(c, &is, err) == -1)
		return -1;
	if (is.chunks != was.chunks || is.sums != was.sums || is.sum != was.sum)
		return checkpoint_damaged(c, err);
	c->chunks = is.chunks;
	c->sums = is.sums;
	return 0;
}

int
checkpoint_recount(struct checkpoint *c, struct err *err)
{
	struct seal seal = { 0 };

	if (count_chunks(c, &seal, err) == -1)
		return -1;
	c->chunks = seal.chunks;
	c->sums = seal.sums;
	return 0;
}
