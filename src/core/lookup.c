/* Tables that are files, see lookup.h. */
#include "core/lookup.h"

#include "base/mem.h"
#include "base/near.h"
#include "base/scan.h"
#include "core/quotes.h"

#include <string.h>

#define READ_ROWS 256			/* at a time */

/* Functions that read a file return 1 and why if it is wrong, -1 if memory is short. */
enum { WRONG = 1 };

/* ---- its format ---- */

static bool
ends_with(const char *path, const char *end)
{
	size_t len = strlen(path), n = strlen(end);

	return len > n && strcmp(path + len - n, end) == 0;
}

static const char *
format_of_name(const char *path)
{
	static const char *const ends[][2] = {
		{ ".csv", "csv" }, { ".tsv", "tsv" }, { ".json", "json" }, { ".jsonl", "json" },
		{ ".ndjson", "json" }, { ".logfmt", "logfmt" }, { NULL, NULL },
	};

	for (size_t i = 0; ends[i][0] != NULL; i++)
		if (ends_with(path, ends[i][0]))
			return ends[i][1];
	return NULL;
}

/* Rows with columns, and not lines. */
static bool
has_columns(const struct format_class *f)
{
	return f->read != NULL && (f->flags & (FORMAT_HEADER | FORMAT_OPEN)) != 0;
}

static int
find_format(struct lookup *l, const struct plan *plan, const char *name, int word, struct err *err)
{
	struct near near;

	if (name == NULL)
		return err_word(err, word, "the end of '%s' does not tell its format: "
		    "name it with --table-format", l->path);
	near_start(&near, name, strlen(name));
	for (size_t i = 0; plan->formats != NULL && plan->formats[i] != NULL; i++) {
		l->format = plan->formats[i];
		if (!has_columns(l->format))
			continue;
		if (strcmp(l->format->name, name) == 0)
			return 0;
		near_try(&near, l->format->name);
	}
	err_word(err, word, "no table can be read as '%s'", name);
	if (near.best != NULL)
		err_add(err, ", did you mean '%s'?", near.best);
	return -1;
}

/* ---- its columns ---- */

/* The file's text, whole records; behind it is the pad that formats may read. */
static int
load(struct lookup *l, struct file_stamp *stamp, struct err *err)
{
	struct buf *text = &l->text;
	int rc = l->files->load(l->files->arg, l->path, text, stamp, err);

	if (rc != 0)
		return rc;
	if ((text->len > 0 && text->data[text->len - 1] != '\n' && buf_add(text, "\n", 1) == -1) ||
	    buf_reserve(text, SCAN_PAD) == -1)
		return err_memory(err, "reading a table");
	memset(text->data + text->len, '\n', SCAN_PAD);
	return 0;
}

static size_t
header_size(const struct lookup *l)
{
	const char *text = l->text.data;

	if ((l->format->flags & FORMAT_HEADER) == 0 || l->text.len == 0)
		return 0;
	if ((l->format->flags & FORMAT_QUOTED) != 0)
		return records_skip(text, l->text.len, 1);
	return (size_t)((const char *)memchr(text, '\n', l->text.len) + 1 - text);
}

/* The names of the header; how many in *N, 0 if the format has none. */
static int
read_header(const struct lookup *l, struct arena *arena, const char **names, unsigned *n,
    struct err *err)
{
	size_t len = header_size(l);
	int got;

	*n = 0;
	if ((l->format->flags & FORMAT_HEADER) == 0)
		return 0;
	if (len == 0) {
		err_set(err, ERR_USAGE, "%s: it has no header that names its columns", l->path);
		return WRONG;
	}
	len -= l->text.data[len - 1] == '\n';
	len -= len > 0 && l->text.data[len - 1] == '\r';
	got = l->format->header(l->text.data, len, arena, names, err);
	if (got == -1) {
		if (strncmp(err->message, "out of memory", 13) == 0)
			return -1;
		err_prefix(err, l->path);
		return WRONG;
	}
	*n = (unsigned)got;
	return 0;
}

static int
make_schema(struct lookup *l, struct err *err)
{
	const char *names[SCHEMA_MAX];
	struct schema *s = &l->schema;
	unsigned n;
	int rc = read_header(l, &l->names, names, &n, err);

	*s = (struct schema){
		.width = 1, .input = true, .open = (l->format->flags & FORMAT_OPEN) != 0,
		.bare = (l->format->flags & FORMAT_BARE) != 0,	/* what is asked for later, too */
		.names = &l->names,
	};
	for (unsigned i = 0; i < n && rc == 0; i++)
		s->column[s->columns++] = (struct column){
			.name = names[i], .slot = SCHEMA_NO_SLOT,
			.bare = (l->format->flags & FORMAT_BARE) != 0,
		};
	return rc;
}

/* About the word, with its caret, but not its fault; memory that is short has none. */
static int
blame(int rc, int word, struct err *err)
{
	if (rc == WRONG) {
		err->code = ERR_RUN;
		err->word = word;
		err->column = err->length = 0;
	}
	return rc == 0 ? 0 : -1;
}

int
lookup_open(struct lookup *l, const struct plan *plan, const char *path, const char *format,
    int word, struct err *err)
{
	int rc;

	*l = (struct lookup){ .files = plan->files, .path = path, .rows = { .no_record = true } };
	if (find_format(l, plan, format == NULL ? format_of_name(path) : format, word, err) == -1)
		return -1;
	if (l->files == NULL)
		return err_word(err, word, "no file can be read here");
	if (load(l, &l->stamp, err) != 0)
		return -1;
	rc = make_schema(l, err);
	return blame(rc, word, err);
}

/* ---- its rows ---- */

static void
add_field(struct layout *out, struct layout_field field)
{
	unsigned i = out->fields++;

	for (; i > 0 && out->field[i - 1].at > field.at; i--)
		out->field[i] = out->field[i - 1];
	out->field[i] = field;
}

/* Where the wanted columns are in this file, whose header may have another order than before. */
static int
make_layout(const struct lookup *l, struct layout *out, struct err *err)
{
	const char *names[SCHEMA_MAX];
	struct arena scratch = { 0 };
	const struct schema *s = &l->schema;
	unsigned n;
	int rc = read_header(l, &scratch, names, &n, err);

	*out = (struct layout){ .width = s->width, .places = s->open || rc != 0 ? 0 : n };
	for (unsigned i = 0; i < s->columns && rc == 0; i++) {
		const char *name = s->column[i].name;
		unsigned at = 0;

		if (s->column[i].slot == SCHEMA_NO_SLOT)
			continue;
		while (!s->open && at < n && strcmp(names[at], name) != 0)
			at++;
		if (!s->open && at == n) {
			err_set(err, ERR_USAGE, "%s: its header has no column '%s'", l->path, name);
			rc = WRONG;
			break;
		}
		add_field(out, (struct layout_field){
			.name = name, .len = strlen(name), .at = s->open ? i : at,
			.slot = s->column[i].slot,
		});
	}
	arena_free(&scratch);
	return rc;
}

static int
add_rows(struct reading *in, struct rowlog *rows, const char *path, struct err *err)
{
	struct block b = { .cells = in->cells, .width = in->layout->width, .source = -1 };

	b.records = in->rows;
	if (in->bad->no_memory || (b.records > 0 && rowlog_add(rows, &b) == -1))
		return err_memory(err, "reading a table");
	if (in->bad->n == 0)
		return 0;
	err_set(err, ERR_USAGE, "%s: a record is bad: %s", path, in->bad->why);
	return WRONG;
}

static int
read_all(const struct lookup *l, struct reading *in, struct rowlog *rows, struct err *err)
{
	int rc = 0;

	while (in->text < in->end && rc == 0) {
		in->rows = 0;
		rc = l->format->read(in) == -1 ? err_memory(err, "reading a table") :
		    add_rows(in, rows, l->path, err);
		arena_reset(in->arena);
	}
	return rc;
}

/* Reads the rows of l->text. */
static int
read_rows(const struct lookup *l, struct rowlog *rows, struct err *err)
{
	struct layout layout;
	struct arena arena = { 0 };
	struct bad bad = { 0 };
	struct reading in = {
		.text = l->text.data + header_size(l), .end = l->text.data + l->text.len,
		.layout = &layout, .arena = &arena, .cap = READ_ROWS, .bad = &bad,
	};
	int rc = make_layout(l, &layout, err);

	if (rc != 0)
		return rc;
	in.private = mem_zalloc(l->format->lane_size + 1);
	in.cells = mem_alloc(READ_ROWS * layout.width * sizeof(*in.cells));
	if (in.private == NULL || in.cells == NULL)
		rc = err_memory(err, "reading a table");
	if (rc == 0 && l->format->lane_open != NULL)
		rc = l->format->lane_open(in.private, err);
	if (rc == 0)
		rc = read_all(l, &in, rows, err);
	if (in.private != NULL && l->format->lane_close != NULL)
		l->format->lane_close(in.private);
	mem_free(in.private);
	mem_free(in.cells);
	arena_free(&arena);
	bad_free(&bad);
	return rc;
}

int
lookup_read(struct lookup *l, int word, struct err *err)
{
	int rc = read_rows(l, &l->rows, err);

	buf_free(&l->text);
	return blame(rc, word, err);
}

/* A file that has changed is not read again until it changes once more, right or wrong. */
int
lookup_refresh(struct lookup *l, struct err *err)
{
	struct rowlog rows = { .no_record = true };
	int rc;

	if (l->stamp.fixed || !l->files->changed(l->files->arg, l->path, &l->stamp))
		return 0;
	rc = load(l, &l->stamp, err);
	if (rc == 0)
		rc = read_rows(l, &rows, err);
	buf_free(&l->text);
	if (rc != 0) {
		rowlog_free(&rows);
		if (rc == -1)
			return -1;
		err_add(err, " (the rows that were read before stand)");
		if (!l->told)
			l->files->tell(l->files->arg, err->message);
		l->told = true;
		return 0;
	}
	rowlog_free(&l->rows);
	l->rows = rows;
	l->told = false;
	return 1;
}

void
lookup_close(struct lookup *l)
{
	rowlog_free(&l->rows);
	buf_free(&l->text);
	arena_free(&l->names);
}
