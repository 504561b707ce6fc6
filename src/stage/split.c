/*
 * split: one row for each piece of a field, with the other fields as they are.  The rows have the
 * columns of what comes in, also those of open records that later stages ask for.
 */
#include "core/stage.h"

#include <string.h>

#define CHUNK 256			/* rows of a block at most */

enum { ON };

struct config {
	const char	*field;
	int		 word;
	const char	*on;			/* NULL: white space */
	size_t		 on_len;
	int		 column;
};

/* The rows in to->out, and the block that is being filled. */
struct lane {
	struct arena	 cells;
	struct block	 open;
	struct value	*next;			/* its next row */
};

static const struct opt options[] = {
	{ "on", 'o', ON, "TEXT", "pieces are between TEXT instead of white space" },
	{ 0 },
};

static int
option(struct stage *s, int id, const char *value, int word, struct err *err)
{
	struct config *c = s->config;

	(void)id;
	if (value[0] == '\0')
		return err_word(err, word, "split: the text of --on is empty");
	c->on = value;
	c->on_len = strlen(value);
	return 0;
}

static int
argument(struct stage *s, const char *text, int word, struct err *err)
{
	struct config *c = s->config;

	(void)err;
	c->field = text;
	c->word = word;
	return 0;
}

static int
open_stage(struct stage *s, struct err *err)
{
	struct config *c = s->config;

	c->column = schema_find(s->in, c->field, strlen(c->field), c->word, 0, err);
	return c->column == -1 ? -1 : 0;
}

static void
lane_close(void *private)
{
	arena_free(&((struct lane *)private)->cells);
}

static int
end_block(struct lane *lane, struct blocks *out)
{
	int rc = lane->open.records == 0 ? 0 : blocks_add(out, lane->open);

	lane->open.records = 0;
	lane->next = NULL;
	return rc;
}

/* Adds a row like ROW but with V in cell SLOT; 0 or -1 (memory). */
static int
add_row(struct lane *lane, const struct value *row, unsigned slot, struct value v,
    struct blocks *out)
{
	unsigned width = lane->open.width;

	if (lane->open.records == CHUNK && end_block(lane, out) == -1)
		return -1;
	if (lane->next == NULL) {
		lane->next = arena_bytes(&lane->cells, (size_t)CHUNK * width * sizeof(*row));
		if (lane->next == NULL)
			return -1;
		lane->open.cells = lane->next;
	}
	memcpy(lane->next, row, width * sizeof(*row));
	lane->next[slot] = v;
	lane->next += width;
	lane->open.records++;
	return 0;
}

/* The first ON in AT .. END, or END. */
static const char *
find_on(const struct config *c, const char *at, const char *end)
{
	while ((size_t)(end - at) >= c->on_len) {
		at = memchr(at, c->on[0], (size_t)(end - at) - c->on_len + 1);
		if (at == NULL)
			return end;
		if (memcmp(at, c->on, c->on_len) == 0)
			return at;
		at++;
	}
	return end;
}

static int
split_on(const struct config *c, struct lane *lane, const struct value *row, unsigned slot,
    struct blocks *out)
{
	const char *at = row[slot].text, *end = at + row[slot].len;

	for (;;) {
		const char *stop = find_on(c, at, end);

		if (add_row(lane, row, slot, value_text(at, (size_t)(stop - at)), out) == -1)
			return -1;
		if (stop == end)
			return 0;
		at = stop + c->on_len;
	}
}

static bool
is_white(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static int
split_white(struct lane *lane, const struct value *row, unsigned slot, struct blocks *out)
{
	const char *at = row[slot].text, *end = at + row[slot].len;

	while (at < end) {
		const char *begin = at;

		while (at < end && !is_white(*at))
			at++;
		if (at > begin &&
		    add_row(lane, row, slot, value_text(begin, (size_t)(at - begin)), out) == -1)
			return -1;
		while (at < end && is_white(*at))
			at++;
	}
	return 0;
}

static int
split_row(const struct config *c, struct lane *lane, const struct value *row, unsigned slot,
    struct blocks *out)
{
	if (row[slot].kind == VALUE_NULL)
		return 0;
	if (row[slot].kind != VALUE_TEXT)
		return add_row(lane, row, slot, row[slot], out);
	if (row[slot].len == 0)
		return c->on == NULL ? 0 : add_row(lane, row, slot, row[slot], out);
	return c->on != NULL ? split_on(c, lane, row, slot, out) :
	    split_white(lane, row, slot, out);
}

static int
split_lines(const struct config *c, struct lane *lane, const struct block *in, unsigned slot,
    struct blocks *out)
{
	const char *text = in->text, *end = in->text + in->len;
	struct value row[SCHEMA_MAX + 1] = { { 0 } };

	while (text < end) {
		const char *line = text;
		size_t len;

		text = line_next(text, end, &len);
		row[slot] = value_text(line, len);
		if (split_row(c, lane, row, slot, out) == -1)
			return -1;
	}
	return 0;
}

static int
split_block(const struct config *c, struct lane *lane, const struct block *in, unsigned slot,
    struct blocks *out)
{
	if (in->text != NULL)
		return split_lines(c, lane, in, slot, out);
	for (uint64_t i = 0; i < in->records; i++)
		if (split_row(c, lane, in->cells + i * in->width, slot, out) == -1)
			return -1;
	return 0;
}

/* What the blocks in to->out borrow stays until somebody has taken them. */
static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	const struct config *c = s->config;
	unsigned slot = s->in->column[c->column].slot;
	struct lane *lane = private;

	if (to->out->n == 0)
		arena_reset(&lane->cells);
	lane->open = *in;
	lane->open.text = NULL;
	lane->open.len = 0;
	lane->open.records = 0;
	if (in->text != NULL)
		lane->open.width = slot + 1;
	lane->next = NULL;
	if (split_block(c, lane, in, slot, to->out) == -1 || end_block(lane, to->out) == -1)
		return err_memory(err, "splitting records");
	return 0;
}

const struct stage_class stage_split = {
	.name = "split",
	.usage = "[OPTION]... FIELD",
	.help = "one row for each piece of a field",
	.detail =
	    "Pieces are between runs of ASCII white space, none of them empty; or with --on\n"
	    "between each TEXT, empty ones too.  A number is one piece, null is none.  What\n"
	    "is shown of JSON and logfmt is the record: name the columns with select.\n"
	    "Rows: as they come in but for FIELD, which holds the piece; in order.\n"
	    "State: none.\n",
	.spark = "flatMap(_.split(\" \"))",
	.flags = STAGE_LINES | STAGE_ROWS | STAGE_EXPANDS,
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.config_size = sizeof(struct config),
	.lane_size = sizeof(struct lane),
	.option = option,
	.argument = argument,
	.open = open_stage,
	.lane_close = lane_close,
	.feed = feed,
};
