/* A checkpoint as text, see state.h: lines are made in a buffer and leave as it fills. */
#include "engine/state.h"

#include "base/mem.h"
#include "core/tsv.h"
#include "engine/checkpoint.h"
#include "engine/journal.h"
#include "engine/sys.h"
#include "sink/descriptor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#define FULL ((size_t)1 << 16)		/* bytes: then the lines leave */
#define SUM_DIGITS 8
#define NUMBER_ROOM 64

const struct state_table state_tables[] = {
	{ "meta", "tt", "SELECT name, value FROM meta ORDER BY name" },
	{ "progress", "iiiiiiiiiiiiiiiii", "SELECT one, batch, time, rows, records, bytes, "
	    "bad_lines, bad, late, keys, state_bytes, journal, skip_bytes, skip_records, open, "
	    "finished, committed FROM progress" },
	{ "account", "iiiii", "SELECT number, records, counted, late, bad FROM account "
	    "ORDER BY number" },
	{ "source", "iitii", "SELECT id, input, address, position, reconnects FROM source "
	    "ORDER BY id" },
	{ "output", "itb", "SELECT number, address, state FROM output ORDER BY number" },
	{ "chunk", "iiiiiib", "SELECT seq, role, owner, tick, generation, sum, bytes FROM chunk "
	    "ORDER BY seq" },
	{ "journal", "iiibb", NULL },
	{ 0 },
};

struct export {
	int		 fd;
	struct buf	 out;
	size_t		 line;		/* where the open line begins */
	uint32_t	 sum;		/* of all lines before it, without their sums */
};

/* ---- lines ---- */

static int
add_text(struct export *x, const char *text)
{
	return buf_add(&x->out, text, strlen(text));
}

static int
begin(struct export *x, const char *name)
{
	x->line = x->out.len;
	return buf_add(&x->out, "00000000\t", SUM_DIGITS + 1) == -1 ? -1 : add_text(x, name);
}

/* The sum is known now. */
static int
end(struct export *x, struct err *err)
{
	char digits[SUM_DIGITS + 1];
	char *text = x->out.data + x->line;

	if (buf_add(&x->out, "\n", 1) == -1)
		return err_memory(err, "exporting");
	text = x->out.data + x->line;
	x->sum = (uint32_t)crc32_z(x->sum, (const unsigned char *)text + SUM_DIGITS,
	    x->out.len - x->line - SUM_DIGITS);
	(void)snprintf(digits, sizeof(digits), "%08" PRIx32, x->sum);
	memcpy(text, digits, SUM_DIGITS);
	if (x->out.len < FULL)
		return 0;
	if (descriptor_write(x->fd, "standard output", x->out.data, x->out.len, err) == -1)
		return -1;
	x->out.len = 0;
	return 0;
}

static int
add_number(struct export *x, int64_t n)
{
	char text[NUMBER_ROOM];

	(void)snprintf(text, sizeof(text), "\t%" PRId64, n);
	return add_text(x, text);
}

static int
add_bytes(struct export *x, const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *from = bytes;

	if (buf_add(&x->out, "\t", 1) == -1 || buf_reserve(&x->out, 2 * len) == -1)
		return -1;
	for (size_t i = 0; i < len; i++) {
		x->out.data[x->out.len++] = digits[from[i] >> 4];
		x->out.data[x->out.len++] = digits[from[i] & 15];
	}
	return 0;
}

/* ---- tables ---- */

static int
add_column(struct export *x, sqlite3_stmt *s, int i, char kind)
{
	struct value v;

	if (kind == 'i')
		return add_number(x, sqlite3_column_int64(s, i));
	if (kind == 'b')
		return add_bytes(x, sqlite3_column_blob(s, i), (size_t)sqlite3_column_bytes(s, i));
	v = (struct value){ .kind = VALUE_TEXT, .text = (const char *)sqlite3_column_text(s, i) };
	if (v.text == NULL)
		return -1;
	v.len = (uint32_t)sqlite3_column_bytes(s, i);
	return buf_add(&x->out, "\t", 1) == -1 ? -1 : tsv_field(&x->out, &v);
}

static int
add_row(struct export *x, const struct state_table *t, sqlite3_stmt *s, struct err *err)
{
	int rc = begin(x, t->name);

	for (int i = 0; rc == 0 && t->kinds[i] != '\0'; i++)
		rc = add_column(x, s, i, t->kinds[i]);
	return rc == -1 ? err_memory(err, "exporting") : end(x, err);
}

static int
add_table(struct export *x, struct checkpoint *c, const struct state_table *t, struct err *err)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(c->db, t->select, -1, &s, NULL), added = 0;

	while (rc == SQLITE_OK && added == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		added = add_row(x, t, s, err);
		rc = SQLITE_OK;
	}
	if (added == 0 && rc != SQLITE_DONE)
		added = checkpoint_error(c, err);
	(void)sqlite3_finalize(s);
	return added;
}

/* ---- the journal ---- */

static int
add_entry(void *arg, const struct journal_entry *e, struct err *err)
{
	struct export *x = arg;

	if (begin(x, "journal") == -1 || add_number(x, (int64_t)e->number) == -1 ||
	    add_number(x, e->source) == -1 || add_number(x, (int64_t)e->records) == -1 ||
	    add_bytes(x, e->header, e->header_len) == -1 || add_bytes(x, e->text, e->len) == -1)
		return err_memory(err, "exporting");
	return end(x, err);
}

/* 1 if there are files of a journal, 0 or -1. */
static int
has_journal(const char *path, struct err *err)
{
	int found = 0;

	for (int i = 0; i < 2 && found == 0; i++) {
		char *file = state_file(path, state_suffixes[i], err);
		struct stat st;

		if (file == NULL)
			return -1;
		if (sys.stat(file, &st) == 0)
			found = 1;
		else if (errno != ENOENT)
			found = err_system(err, file, "stat", errno);
		mem_free(file);
	}
	return found;
}

static int
add_journal(struct export *x, struct checkpoint *c, struct err *err)
{
	struct progress p = { 0 };
	struct journal j;
	int rc = has_journal(c->path, err);

	if (rc != 1 || journal_open(&j, c->path, false, false, err) == -1)
		return rc == 1 ? -1 : rc;
	rc = checkpoint_progress(c, &p, err);
	if (rc == 0)
		rc = journal_replay(&j, p.journal, add_entry, x, err);
	if (rc == 0 && j.lost > 0)
		rc = err_set(err, ERR_RUN, "%s: the journal is damaged: %llu of its entries are "
		    "missing; a run goes on without them", c->path, (unsigned long long)j.lost);
	journal_close(&j);
	return rc;
}

/* ---- all of it ---- */

static int
write_all(struct export *x, struct checkpoint *c, bool journal, struct err *err)
{
	char head[NUMBER_ROOM];

	(void)snprintf(head, sizeof(head), "streamctl-checkpoint\t%d\t%d\n", STATE_VERSION,
	    CHECKPOINT_VERSION);
	x->sum = (uint32_t)crc32_z(0, (const unsigned char *)head, strlen(head));
	if (add_text(x, head) == -1)
		return err_memory(err, "exporting");
	for (const struct state_table *t = state_tables; t->name != NULL; t++)
		if (t->select != NULL ? add_table(x, c, t, err) == -1 :
		    journal && add_journal(x, c, err) == -1)
			return -1;
	if (begin(x, "end") == -1)
		return err_memory(err, "exporting");
	if (end(x, err) == -1)
		return -1;
	return descriptor_write(x->fd, "standard output", x->out.data, x->out.len, err);
}

/* A checkpoint without a commit is that of a run that has not begun. */
static int
check_begun(struct checkpoint *c, struct err *err)
{
	int rc = checkpoint_read(c, CHECKPOINT_PROGRESS_GET, err);

	if (rc == SQLITE_ROW)
		checkpoint_reset(c, CHECKPOINT_PROGRESS_GET);
	return rc == SQLITE_ROW ? 0 : rc == -1 ? -1 : err_set(err, ERR_RUN,
	    "%s: has nothing yet: no run has kept anything there", c->path);
}

int
state_export(const char *path, int fd, struct err *err)
{
	struct export x = { .fd = fd };
	struct checkpoint c;
	int locked = checkpoint_lock(&c, path, false, err), rc = locked == -1 ? -1 : 0;

	if (rc == 0)
		rc = checkpoint_view(&c, err);
	if (rc == 0)
		rc = check_begun(&c, err);
	if (rc == 0)
		rc = write_all(&x, &c, locked == 0, err);
	buf_free(&x.out);
	checkpoint_close(&c);
	return rc;
}
