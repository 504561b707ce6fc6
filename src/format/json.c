/*
 * JSON lines: one object a line, its members the fields.  Kinds are kept; a member that is not
 * there is null, one that holds others is its compact text, and a.b is member b of member a unless
 * one is called a.b.  Of two members of one name the last counts.  Blank lines are skipped, neither
 * a row nor bad.
 */
#include "core/format.h"

#include "format/json_dom.h"
#include "format/json_write.h"

#include <string.h>

struct json_lane {
	struct json_space	 space;		/* of one record */
	struct buf		 text;		/* of a nested value, while it is made */
};

static int
json_lane_open(void *private, struct err *err)
{
	(void)private;
	(void)err;
	json_dom_setup();
	return 0;
}

static void
json_lane_close(void *private)
{
	struct json_lane *lane = private;

	arena_free(&lane->space.arena);
	buf_free(&lane->text);
}

/* Text that lives as long as the rows; 0, or -1 when memory is short. */
static int
keep_text(struct arena *arena, const char *text, size_t len, struct value *cell)
{
	char *copy = arena_bytes(arena, len);

	if (copy == NULL)
		return -1;
	if (len > 0)
		memcpy(copy, text, len);
	*cell = value_text(copy, len);
	return 0;
}

static int
take_value(struct json_lane *lane, struct arena *arena, const json_t *value, struct value *cell)
{
	if (value == NULL) {
		*cell = value_null();
		return 0;
	}
	switch (json_typeof(value)) {
	case JSON_STRING:
		return keep_text(arena, json_string_value(value), json_string_length(value), cell);
	case JSON_INTEGER:
		*cell = value_int(json_integer_value(value));
		return 0;
	case JSON_REAL:
		*cell = value_double(json_real_value(value));
		return 0;
	case JSON_TRUE:
	case JSON_FALSE:
		*cell = value_bool(json_is_true(value));
		return 0;
	case JSON_OBJECT:
	case JSON_ARRAY:
		lane->text.len = 0;
		if (json_dom_text(&lane->text, value) == -1)
			return -1;
		return keep_text(arena, lane->text.data, lane->text.len, cell);
	default:
		*cell = value_null();
		return 0;
	}
}

/* The object that the record is, or NULL: it is bad and counted, or memory is short. */
static const json_t *
parse(struct reading *in, struct json_space *space, const char *record, size_t len)
{
	const char *nul = memchr(record, '\0', len);
	json_error_t why;
	json_t *root;

	json_space_clear(space);
	if (nul != NULL) {		/* jansson overlooks it behind a number */
		bad_record(in->bad, record, len, "column %zu: a NUL byte",
		    (size_t)(nul - record) + 1);
		return NULL;
	}
	root = json_dom_parse(space, record, len, &why);
	if (space->no_memory)
		return NULL;
	if (root == NULL)
		bad_record(in->bad, record, len, "column %d: %s", why.column, why.text);
	else if (!json_is_object(root))
		bad_record(in->bad, record, len, "an array, not an object");
	return json_is_object(root) ? root : NULL;
}

/* Takes one record; 1: a row, 0: it is bad, -1: memory is short. */
static int
take_record(struct reading *in, const char *record, size_t len, struct value *row)
{
	struct json_lane *lane = in->private;
	const struct layout *layout = in->layout;
	const json_t *root = parse(in, &lane->space, record, len);

	if (root == NULL)
		return lane->space.no_memory ? -1 : 0;
	row[0] = value_text(record, len);
	for (unsigned i = 0; i < layout->fields; i++) {
		const struct layout_field *field = &layout->field[i];
		const json_t *value = json_dom_find(root, field->name, field->len);

		if (take_value(lane, in->arena, value, &row[field->slot]) == -1)
			return -1;
	}
	return 1;
}

static bool
is_blank(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r'))
		i++;
	return i == len;
}

static int
json_read(struct reading *in)
{
	in->rows = 0;
	while (in->text < in->end && in->rows < in->cap) {
		const char *record = in->text;
		size_t len;
		int made = 0;

		in->text = line_next(record, in->end, &len);
		if (!is_blank(record, len))
			made = take_record(in, record, len,
			    in->cells + in->rows * in->layout->width);
		if (made == -1)
			return -1;
		in->rows += (size_t)made;
	}
	return 0;
}

const struct format_class format_json = {
	.name = "json",
	.help = "JSON lines, one object a line",
	.flags = FORMAT_OPEN,
	.lane_size = sizeof(struct json_lane),
	.lane_open = json_lane_open,
	.lane_close = json_lane_close,
	.read = json_read,
	.head = json_write_head,
	.rows = json_write_rows,
};
