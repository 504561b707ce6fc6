/* Looking at a checkpoint, and removing it; see state.h. */
#include "engine/state.h"

#include "base/mem.h"
#include "core/tsv.h"
#include "engine/checkpoint.h"
#include "engine/sys.h"
#include "sink/descriptor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HEADER 72			/* bytes of SQLite's header that say whose file it is ... */
#define HEADER_ID 68			/* ... at their end, big-endian */

/* What may be fed again goes first: without a checkpoint it has no meaning. */
const char *const state_suffixes[STATE_FILES] = {
	".journal-1", ".journal-2", "", "-wal", "-shm", "-journal",
};

char *
state_file(const char *path, const char *suffix, struct err *err)
{
	size_t room = strlen(path) + strlen(suffix) + 1;
	char *file = mem_alloc(room);

	if (file == NULL)
		err_memory(err, "making a name");
	else
		(void)snprintf(file, room, "%s%s", path, suffix);
	return file;
}

/* ---- reset ---- */

int
state_remove(const char *path, struct err *err)
{
	for (int i = 0; i < STATE_FILES; i++) {
		char *file = state_file(path, state_suffixes[i], err);
		int rc = file == NULL ? -1 : 0;

		if (rc == 0 && sys.unlink(file) == -1 && errno != ENOENT)
			rc = err_system(err, file, "remove", errno);
		mem_free(file);
		if (rc == -1)
			return -1;
	}
	return 0;
}

/* By its first bytes, as SQLite may find it damaged; an empty one is nobody's. */
static int
check_ours(const struct checkpoint *c, struct err *err)
{
	unsigned char head[HEADER];
	ssize_t n;
	uint32_t id = 0;

	do
		n = sys.pread(c->lock, head, sizeof(head), 0);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return err_system(err, c->path, "read", errno);
	if (n == 0)
		return 0;
	if (n < HEADER || memcmp(head, "SQLite format 3", 16) != 0)
		return err_set(err, ERR_CHECKPOINT, "%s: is no checkpoint, or its beginning is "
		    "damaged; if it is yours, remove it with rm", c->path);
	for (int i = HEADER_ID; i < HEADER; i++)
		id = id << 8 | head[i];
	if (id == CHECKPOINT_APPLICATION)
		return 0;
	return err_set(err, ERR_CHECKPOINT, "%s: is a database, but no checkpoint; it is left as "
	    "it is", c->path);
}

int
state_reset(const char *path, struct err *err)
{
	struct checkpoint c;
	int rc = checkpoint_lock(&c, path, true, err);

	if (rc == 0)
		rc = check_ours(&c, err);
	if (rc == 0)
		rc = state_remove(path, err);
	checkpoint_close(&c);
	return rc == 0 ? 0 : -1;
}

/* ---- show ---- */

static struct value
text_value(const char *text, size_t len)
{
	return (struct value){ .kind = VALUE_TEXT, .text = text, .len = (uint32_t)len };
}

static int
add_field(struct buf *out, bool first, const char *text, size_t len)
{
	struct value v = text_value(text, len);

	if (!first && buf_add(out, "\t", 1) == -1)
		return -1;
	return text == NULL ? buf_add(out, "\\N", 2) : tsv_field(out, &v);
}

static int
add_row(struct buf *out, const char *view, sqlite3_stmt *s, bool names)
{
	if (add_field(out, true, view, strlen(view)) == -1)
		return -1;
	for (int i = 0; i < sqlite3_column_count(s); i++) {
		const char *text = names ? sqlite3_column_name(s, i) :
		    (const char *)sqlite3_column_text(s, i);
		size_t len = names ? strlen(text) : (size_t)sqlite3_column_bytes(s, i);

		if (add_field(out, false, text, len) == -1)
			return -1;
	}
	return buf_add(out, "\n", 1);
}

/* A view: its name stands before each row, the first of which has the names of columns. */
static int
add_view(struct checkpoint *c, const char *view, const char *sql, struct buf *out,
    struct err *err)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(c->db, sql, -1, &s, NULL), added = 0;

	if (rc == SQLITE_OK)
		added = add_row(out, view, s, true);
	while (rc == SQLITE_OK && added == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		added = add_row(out, view, s, false);
		rc = SQLITE_OK;
	}
	if (added == -1)
		err_memory(err, "showing the checkpoint");
	else if (rc != SQLITE_DONE)
		added = checkpoint_error(c, err);
	(void)sqlite3_finalize(s);
	return added;
}

/* What it belongs to, a row for each line. */
static int
add_pipeline(struct checkpoint *c, struct buf *out, struct err *err)
{
	struct buf lines = { 0 };
	int rc = checkpoint_get(c, "identity", &lines, err);

	for (const char *line = lines.data; rc == 1 && *line != '\0'; ) {
		size_t len = strcspn(line, "\n");

		if (buf_add(out, "pipeline\t", 9) == -1 || add_field(out, true, line, len) == -1 ||
		    buf_add(out, "\n", 1) == -1)
			rc = err_memory(err, "showing the checkpoint");
		line += len + (line[len] == '\n');
	}
	buf_free(&lines);
	return rc == -1 ? -1 : 0;
}

static int
add_views(struct checkpoint *c, struct buf *out, struct err *err)
{
	if (add_view(c, "status", "SELECT * FROM status", out, err) == -1 ||
	    add_pipeline(c, out, err) == -1 ||
	    add_view(c, "sources", "SELECT * FROM sources ORDER BY address", out, err) == -1 ||
	    add_view(c, "outputs", "SELECT * FROM outputs ORDER BY number", out, err) == -1)
		return -1;
	return add_view(c, "parts", "SELECT * FROM parts ORDER BY kind, owner, tick", out, err);
}

int
state_show(const char *path, int fd, struct err *err)
{
	struct checkpoint c = { .path = path, .lock = -1 };
	struct stat st;
	struct buf out = { 0 };
	int rc;

	if (sys.stat(path, &st) == -1)
		return err_system(err, path, "open the checkpoint", errno);
	rc = checkpoint_view(&c, err);
	if (rc == 0)
		rc = add_views(&c, &out, err);
	if (rc == 0)
		rc = descriptor_write(fd, "standard output", out.data, out.len, err);
	buf_free(&out);
	checkpoint_close(&c);
	return rc;
}
