/*
 * A checkpoint from text, see state.h.  The file is made anew, and removed again if anything is
 * wrong; all rows are one transaction.
 */
#include "engine/state.h"

#include "base/mem.h"
#include "engine/checkpoint.h"
#include "engine/journal.h"
#include "engine/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#define READ ((size_t)1 << 16)		/* bytes at a time */
#define SUM_DIGITS 8
#define MAX_COLUMNS 20

struct import {
	const char		*path;
	int			 fd;
	struct buf		 in;		/* what was read ... */
	size_t			 at;		/* ... and taken of it */
	uint64_t		 number;	/* of the line */
	uint32_t		 sum;
	struct checkpoint	 checkpoint;
	const struct state_table *table;	/* of the line before; its statement */
	sqlite3_stmt		*insert;
	struct journal		 journal;
	bool			 journaled, ended, begun;
};

static int
damaged(const struct import *m, const char *why, struct err *err)
{
	return err_set(err, ERR_RUN, "line %" PRIu64 " of the import %s; nothing was made of it",
	    m->number, why);
}

/* ---- lines ---- */

/* Reads more; 1, 0 at the end, or -1. */
static int
fill(struct import *m, struct err *err)
{
	ssize_t n;

	if (m->at > 0) {
		memmove(m->in.data, m->in.data + m->at, m->in.len - m->at);
		m->in.len -= m->at;
		m->at = 0;
	}
	if (buf_reserve(&m->in, READ) == -1)
		return err_memory(err, "importing");
	do
		n = sys.read(m->fd, m->in.data + m->in.len, READ);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return err_system(err, "standard input", "read", errno);
	m->in.len += (size_t)n;
	return n > 0;
}

/* The next line, without its end, in M->in: 1, 0 at the end of all, or -1. */
static int
next_line(struct import *m, char **line, size_t *len, struct err *err)
{
	char *newline = NULL;
	size_t looked = 0;
	int rc = 1;

	while (rc == 1) {
		size_t have = m->in.len - m->at;

		if (have > looked)
			newline = memchr(m->in.data + m->at + looked, '\n', have - looked);
		if (newline != NULL)
			break;
		looked = have;
		rc = fill(m, err);
	}
	if (rc == -1 || (newline == NULL && m->in.len == m->at))
		return rc;
	m->number++;
	if (newline == NULL)
		return damaged(m, "is cut short", err);
	*line = m->in.data + m->at;
	*len = (size_t)(newline - *line);
	m->at += *len + 1;
	return 1;
}

/* Takes the sum off a line, which must be right. */
static int
check_sum(struct import *m, char **line, size_t *len, struct err *err)
{
	char digits[SUM_DIGITS + 1];

	if (*len > SUM_DIGITS)
		m->sum = (uint32_t)crc32_z(m->sum, (const unsigned char *)*line + SUM_DIGITS,
		    *len + 1 - SUM_DIGITS);
	(void)snprintf(digits, sizeof(digits), "%08" PRIx32, m->sum);
	if (*len <= SUM_DIGITS || memcmp(digits, *line, SUM_DIGITS) != 0 ||
	    (*line)[SUM_DIGITS] != '\t')
		return damaged(m, "is damaged, or one before it is missing", err);
	*line += SUM_DIGITS + 1;
	*len -= SUM_DIGITS + 1;
	(*line)[*len] = '\0';
	return 0;
}

/* ---- rows ---- */

static int
prepare(struct import *m, const struct state_table *t, struct err *err)
{
	static const char marks[] = "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?";
	int n = (int)strlen(t->kinds), rc;
	char *sql;

	if (m->table == t)
		return 0;
	(void)sqlite3_finalize(m->insert);
	m->insert = NULL;
	sql = sqlite3_mprintf("INSERT INTO %s VALUES(%.*s)", t->name, 2 * n - 1, marks);
	if (sql == NULL)
		return err_memory(err, "importing");
	rc = sqlite3_prepare_v2(m->checkpoint.db, sql, -1, &m->insert, NULL);
	sqlite3_free(sql);
	m->table = t;
	return rc == SQLITE_OK ? 0 : checkpoint_error(&m->checkpoint, err);
}

static int
bind_field(sqlite3_stmt *s, int at, char kind, const struct state_field *f)
{
	if (kind == 'i')
		return sqlite3_bind_int64(s, at, f->number);
	return kind == 't' ? sqlite3_bind_text(s, at, f->text, (int)f->len, SQLITE_STATIC) :
	    sqlite3_bind_blob64(s, at, f->text, f->len, SQLITE_STATIC);
}

static int
add_row(struct import *m, const struct state_table *t, const struct state_field *fields,
    struct err *err)
{
	int rc;

	if (prepare(m, t, err) == -1)
		return -1;
	for (int i = 0; t->kinds[i] != '\0'; i++)
		if (bind_field(m->insert, i + 1, t->kinds[i], &fields[i]) != SQLITE_OK)
			return checkpoint_error(&m->checkpoint, err);
	rc = sqlite3_step(m->insert);
	(void)sqlite3_reset(m->insert);
	m->begun |= strcmp(t->name, "progress") == 0;
	if (rc == SQLITE_CONSTRAINT)
		return damaged(m, "is there twice", err);
	return rc == SQLITE_DONE ? 0 : checkpoint_error(&m->checkpoint, err);
}

static int
add_entry(struct import *m, const struct state_field *f, struct err *err)
{
	struct journal_entry e = {
		.source = (int)f[1].number, .records = (uint64_t)f[2].number,
		.header = f[3].text, .header_len = f[3].len, .text = f[4].text, .len = f[4].len,
	};

	if (!m->journaled && journal_open(&m->journal, m->path, true, true, err) == -1)
		return -1;
	if (!m->journaled)
		m->journal.number = (uint64_t)f[0].number - 1;
	m->journaled = true;
	if (m->journal.number + 1 != (uint64_t)f[0].number)
		return damaged(m, "is not the journal's next", err);
	return journal_add(&m->journal, &e, err);
}

static int
take_line(struct import *m, char *line, struct err *err)
{
	struct state_field fields[MAX_COLUMNS];
	size_t len = strcspn(line, "\t");

	m->ended = strcmp(line, "end") == 0;
	if (m->ended)
		return 0;
	for (const struct state_table *t = state_tables; t->name != NULL; t++) {
		if (strlen(t->name) != len || memcmp(t->name, line, len) != 0)
			continue;
		if (line[len] == '\0' || !state_take(t->kinds, line + len + 1, fields))
			return damaged(m, "has other columns than its table", err);
		return t->select != NULL ? add_row(m, t, fields, err) :
		    add_entry(m, fields, err);
	}
	return damaged(m, "is of an unknown table", err);
}

/* ---- all of it ---- */

/* What it is, and of which version. */
static int
take_head(struct import *m, struct err *err)
{
	int text = 0, checkpoint = 0, end = 0, rc;
	char *line = NULL;
	size_t len;

	rc = next_line(m, &line, &len, err);
	if (rc == -1)
		return -1;
	if (rc == 1) {
		m->sum = (uint32_t)crc32_z(0, (const unsigned char *)line, len + 1);
		line[len] = '\0';
	}
	if (rc == 0 || sscanf(line, "streamctl-checkpoint\t%d\t%d%n", &text, &checkpoint,
	    &end) != 2 || (size_t)end != len)
		return err_set(err, ERR_RUN, "standard input: is not what --state export writes; "
		    "nothing was made of it");
	if (text <= STATE_VERSION && checkpoint <= CHECKPOINT_VERSION)
		return 0;
	return err_set(err, ERR_CHECKPOINT, "standard input: is the export of a newer version; "
	    "import it with that program");
}

static int
take_all(struct import *m, struct err *err)
{
	char *line;
	size_t len;
	int rc;

	if (checkpoint_execute(&m->checkpoint, "BEGIN IMMEDIATE", err) == -1)
		return -1;
	while ((rc = next_line(m, &line, &len, err)) == 1) {
		if (m->ended)
			return damaged(m, "stands behind the end", err);
		if (check_sum(m, &line, &len, err) == -1 || take_line(m, line, err) == -1)
			return -1;
	}
	if (rc == -1)
		return -1;
	m->number++;
	if (!m->ended)
		return damaged(m, "is missing: it is cut short", err);
	if (!m->begun)
		return damaged(m, "comes before any progress", err);
	if (checkpoint_recount(&m->checkpoint, err) == -1 ||
	    checkpoint_seal(&m->checkpoint, err) == -1)
		return -1;
	return checkpoint_execute(&m->checkpoint, "COMMIT", err);
}

/* None of the files must be there: they would become part of it.  It is named first itself. */
static int
check_absent(const char *path, struct err *err)
{
	for (int i = 0; i < STATE_FILES; i++) {
		char *file = state_file(path, state_suffixes[(i + 2) % STATE_FILES], err);
		struct stat st;
		int rc = file == NULL ? -1 : 0;

		if (rc == 0 && sys.stat(file, &st) == 0)
			rc = err_set(err, ERR_RUN, "%s: is there already; name another file, or "
			    "remove it with --state reset", file);
		mem_free(file);
		if (rc == -1)
			return -1;
	}
	return 0;
}

static int
make(struct import *m, struct err *err)
{
	struct checkpoint *c = &m->checkpoint;
	int fd = sys_open(m->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666), rc;

	if (fd == -1)
		return err_system(err, m->path, "make the checkpoint", errno);
	sys.close(fd);
	rc = checkpoint_open(c, m->path, true, err);
	if (rc == 0)
		rc = take_all(m, err);
	(void)sqlite3_finalize(m->insert);
	if (m->journaled)
		journal_close(&m->journal);
	if (rc == -1) {
		struct err ignored;

		(void)state_remove(m->path, &ignored);
	}
	checkpoint_close(c);
	return rc;
}

int
state_import(const char *path, int fd, struct err *err)
{
	struct import m = { .path = path, .fd = fd };
	int rc = check_absent(path, err);

	if (rc == 0)
		rc = take_head(&m, err);
	if (rc == 0)
		rc = make(&m, err);
	buf_free(&m.in);
	return rc;
}
