/*
 * Tables for people: the columns of a block lie under each other, below their names, numbers to the
 * right; a blank line ends the answer.  Widths are those of the block at hand, so that nothing is
 * kept back.  What would drive a terminal is shown as an escape, broken UTF-8 as U+FFFD, and null
 * as a dash; a cell wider than WIDE pushes the rest of its row to the right.
 */
#include "core/format.h"

#include "base/mem.h"
#include "base/num.h"
#include "base/utf8.h"
#include "format/json_text.h"

#include <string.h>

#define WIDE 48			/* columns that are kept for a cell at most */
#define CELL_MAX(len) (4 * (size_t)(len))	/* bytes of a text of LEN: each as \xNN */

struct shape {			/* of a column */
	size_t	width;
	bool	numbers;	/* there are cells, and each is a number */
	bool	words;		/* one is not */
};

struct table {
	struct encoder		*encoder;
	const struct schema	*schema;
	const struct block	*block;
	struct shape		 shape[SCHEMA_MAX];
	struct shape		 time, batch;			/* of the columns before */
	struct buf		 cell;				/* one, rendered */
	size_t			 width;				/* columns of that */
};

/* ---- cells ---- */

/* \t, \n, \r or \xNN; returns how many bytes. */
static size_t
put_control(char *out, unsigned byte)
{
	static const char hex[] = "0123456789abcdef";
	const char *letter = memchr("\tt\nn\rr", (int)byte, 6);

	out[0] = '\\';
	if (letter != NULL) {
		out[1] = letter[1];
		return 2;
	}
	out[1] = 'x';
	out[2] = hex[byte >> 4 & 15];
	out[3] = hex[byte & 15];
	return 4;
}

static int
render_text(struct table *t, const char *text, size_t len)
{
	char *p;

	if (buf_reserve(&t->cell, CELL_MAX(len)) == -1)
		return -1;
	p = t->cell.data;
	for (size_t i = 0, size; i < len; i += size) {
		uint32_t cp;

		size = utf8_decode((const unsigned char *)text + i, len - i, &cp);
		if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
			p += put_control(p, cp);
		else
			p += utf8_encode(p, cp == UTF8_INVALID ? 0xfffd : cp);
	}
	t->cell.len = (size_t)(p - t->cell.data);
	t->width = utf8_columns(t->cell.data, t->cell.len);
	return 0;
}

/* Renders a value into t->cell; 0, or -1 when memory is short. */
static int
render(struct table *t, const struct value *v)
{
	size_t len;

	t->cell.len = 0;
	if (v->kind == VALUE_TEXT)
		return render_text(t, v->text, v->len);
	if (v->kind == VALUE_BOOL)
		return v->i != 0 ? render_text(t, "true", 4) : render_text(t, "false", 5);
	if (v->kind == VALUE_NULL)
		return render_text(t, "-", 1);
	if (buf_reserve(&t->cell, NUM_DOUBLE_BYTES) == -1)
		return -1;
	len = v->kind == VALUE_INT ? num_format_i64(t->cell.data, v->i) :
	    num_format_double(t->cell.data, v->d);
	t->cell.len = t->width = len;
	return 0;
}

static bool
is_number(const struct value *v, bool bare)
{
	return v->kind == VALUE_INT || v->kind == VALUE_DOUBLE ||
	    (v->kind == VALUE_TEXT && bare && json_text_is_number(v->text, v->len));
}

/* ---- shapes ---- */

static int
widen(struct table *t, struct shape *shape, const struct value *v)
{
	size_t width;

	if (render(t, v) == -1)
		return -1;
	width = t->width < WIDE ? t->width : WIDE;
	if (shape->width < width)
		shape->width = width;
	return 0;
}

static struct value
name_of(const struct column *column)
{
	return value_text(column->name, strlen(column->name));
}

static const struct value *
cell_of(const struct table *t, uint64_t row, unsigned i)
{
	return &t->block->cells[row * t->block->width + t->schema->column[i].slot];
}

static int
find_shape(struct table *t, unsigned i)
{
	const struct column *column = &t->schema->column[i];
	struct shape *shape = &t->shape[i];
	struct value name = name_of(column);

	if (widen(t, shape, &name) == -1)
		return -1;
	for (uint64_t row = 0; row < t->block->records; row++) {
		const struct value *v = cell_of(t, row, i);

		if (widen(t, shape, v) == -1)
			return -1;
		if (is_number(v, column->bare))
			shape->numbers = true;
		else if (v->kind != VALUE_NULL)
			shape->words = true;
	}
	return 0;
}

/* ---- rows ---- */

static int
put_blanks(struct buf *out, size_t n)
{
	if (buf_reserve(out, n) == -1)
		return -1;
	if (n > 0)
		memset(out->data + out->len, ' ', n);
	out->len += n;
	return 0;
}

/* Appends the cell for the column of SHAPE; blanks to the right are left out of the LAST. */
static int
put_cell(struct table *t, const struct shape *shape, const struct value *v, bool last)
{
	struct buf *out = &t->encoder->out;
	bool right = shape->numbers && !shape->words;
	size_t blanks;

	if (render(t, v) == -1)
		return -1;
	blanks = shape->width > t->width ? shape->width - t->width : 0;
	if (right && put_blanks(out, blanks) == -1)
		return -1;
	if (buf_add(out, t->cell.data, t->cell.len) == -1)
		return -1;
	if (last)
		return buf_add(out, "\n", 1);
	return put_blanks(out, (right ? 0 : blanks) + 2);
}

/* The columns before those of the row; LAST: there are no others. */
static int
put_lead(struct table *t, const struct value *time, const struct value *batch, bool last)
{
	const struct encoder *e = t->encoder;

	if (e->time_len > 0 &&
	    put_cell(t, &t->time, time, last && e->batch_len == 0) == -1)
		return -1;
	return e->batch_len > 0 ? put_cell(t, &t->batch, batch, last) : 0;
}

/* The cells of a row, or the names where ROW is NULL. */
static int
put_row(struct table *t, const uint64_t *row)
{
	unsigned columns = t->schema->columns;

	for (unsigned i = 0; i < columns; i++) {
		struct value name = name_of(&t->schema->column[i]);
		const struct value *v = row == NULL ? &name : cell_of(t, *row, i);

		if (put_cell(t, &t->shape[i], v, i + 1 == columns) == -1)
			return -1;
	}
	return 0;
}

static int
put_table(struct table *t)
{
	const struct encoder *e = t->encoder;
	struct value time = value_text(e->time, e->time_len), times = value_text("time", 4);
	struct value batch = value_text(e->batch, e->batch_len), batches = value_text("batch", 5);
	bool none = t->schema->columns == 0;

	if (widen(t, &t->time, &times) == -1 || widen(t, &t->time, &time) == -1 ||
	    widen(t, &t->batch, &batches) == -1 || widen(t, &t->batch, &batch) == -1)
		return -1;
	for (unsigned i = 0; i < t->schema->columns; i++)
		if (find_shape(t, i) == -1)
			return -1;
	if (put_lead(t, &times, &batches, none) == -1 || put_row(t, NULL) == -1)
		return -1;
	for (uint64_t row = 0; row < t->block->records; row++)
		if (put_lead(t, &time, &batch, none) == -1 || put_row(t, &row) == -1)
			return -1;
	return buf_add(&t->encoder->out, "\n", 1);
}

/* The lines of a block as rows; NULL when memory is short. */
static struct value *
cells_of_lines(const struct block *b)
{
	struct value *cells = mem_alloc(b->records * sizeof(*cells));
	const char *text = b->text;

	for (uint64_t i = 0; cells != NULL && i < b->records; i++) {
		const char *line = text;
		size_t len;

		text = line_next(text, b->text + b->len, &len);
		cells[i] = value_text(line, len);
	}
	return cells;
}

static int
table_rows(struct encoder *e, const struct schema *s, const struct block *b)
{
	struct block rows = *b;
	struct table t = { .encoder = e, .schema = s, .block = &rows, .batch.numbers = true };
	struct value *cells = NULL;
	int done;

	if (b->records == 0)
		return 0;
	if (b->text != NULL) {
		rows.cells = cells = cells_of_lines(b);
		rows.width = 1;
		if (cells == NULL)
			return -1;
	}
	done = put_table(&t);
	buf_free(&t.cell);
	mem_free(cells);
	return done;
}

/* Each answer has its names. */
static int
table_head(struct encoder *e, const struct schema *s)
{
	(void)e;
	(void)s;
	return 0;
}

const struct format_class format_table = {
	.name = "table",
	.help = "aligned columns for people",
	.head = table_head,
	.rows = table_rows,
};
