/* parse csv, json and the like: a text is read as one record of a format; see parse.h. */
#include "stage/parse.h"

#include "base/mem.h"
#include "base/near.h"
#include "base/scan.h"

#include <string.h>

/* Formats that cut a record into fields; lines do not. */
static bool
cuts(const struct format_class *f)
{
	return f->read != NULL && (f->flags & (FORMAT_HEADER | FORMAT_OPEN)) != 0;
}

static int
find_format(struct parse_config *c, const struct format_class *const *formats, struct err *err)
{
	struct near near;

	near_start(&near, c->kind, strlen(c->kind));
	near_try(&near, "regex");
	for (; formats != NULL && *formats != NULL; formats++) {
		if (!cuts(*formats))
			continue;
		if (strcmp((*formats)->name, c->kind) == 0) {
			c->format = *formats;
			return 0;
		}
		near_try(&near, (*formats)->name);
	}
	err_word(err, c->kind_word, "parse: '%s' is not regex, csv, tsv, json or logfmt", c->kind);
	if (near.best != NULL)
		err_add(err, ", did you mean '%s'?", near.best);
	return -1;
}

static int
add_column(struct stage *s, const char *name, size_t len, size_t at, struct err *err)
{
	struct parse_config *c = s->config;
	char *copy = arena_bytes(&c->names, len + 1);
	int rc = 0;

	if (copy == NULL)
		return err_memory(err, "reading the command line");
	memcpy(copy, name, len);
	copy[len] = '\0';
	if (len == 0)
		rc = err_word(err, c->columns_word, "parse: the name of a column is empty");
	for (unsigned i = 0; i < s->out->columns && rc == 0; i++)
		if (strcmp(s->out->column[i].name, copy) == 0)
			rc = err_word(err, c->columns_word, "parse: there is a column '%s' already",
			    copy);
	if (rc == 0)
		return schema_add(s->out, copy, (c->format->flags & FORMAT_BARE) != 0, err);
	err->column = at;
	err->length = len;
	return -1;
}

int
parse_format_open(struct stage *s, struct err *err)
{
	struct parse_config *c = s->config;

	if (find_format(c, s->plan->formats, err) == -1)
		return -1;
	if (c->columns == NULL) {
		if ((c->format->flags & FORMAT_OPEN) == 0 || !s->in->input || s->in->open)
			return err_word(err, c->kind_word, "parse: name the columns with "
			    "--columns a,b,c");
		s->out->open = true;	/* what later stages ask for */
		s->out->names = &c->names;
		return 0;
	}
	for (size_t from = 0, len; ; from += len + 1) {
		len = strcspn(c->columns + from, ",");
		if (add_column(s, c->columns + from, len, from, err) == -1)
			return -1;
		if (c->columns[from + len] == '\0')
			return 0;
	}
}

int
parse_format_lane(const struct stage *s, struct parse_lane *lane, struct err *err)
{
	const struct parse_config *c = s->config;
	struct layout *l = &lane->layout;

	l->width = lane->owns + 1;
	l->places = (c->format->flags & FORMAT_OPEN) != 0 ? 0 : lane->owns;
	for (unsigned i = 0; i < s->out->columns; i++) {
		const char *name = s->out->column[i].name;

		if (s->out->origin[i].from != SCHEMA_OWN)
			continue;
		l->field[l->fields] = (struct layout_field){
			.name = name, .len = strlen(name), .at = l->fields, .slot = l->fields + 1,
		};
		l->fields++;
	}
	lane->reader = mem_zalloc(c->format->lane_size);
	if (lane->reader == NULL)
		return err_memory(err, "starting parse");
	lane->reader_open = true;
	return c->format->lane_open == NULL ? 0 : c->format->lane_open(lane->reader, err);
}

void
parse_format_lane_close(struct parse_lane *lane)
{
	if (lane->reader_open && lane->format->lane_close != NULL)
		lane->format->lane_close(lane->reader);
	mem_free(lane->reader);
}

/* A text as a record: a line of its own, in memory that stays as long as its fields. */
static char *
make_line(struct parse_lane *lane, const struct value *text)
{
	char *line = arena_bytes(&lane->text, (size_t)text->len + 1 + SCAN_PAD);

	if (line == NULL)
		return NULL;
	if (text->len > 0)
		memcpy(line, text->text, text->len);
	memset(line + text->len, '\n', 1 + SCAN_PAD);
	return line;
}

enum parse_got
parse_format(const struct stage *s, struct parse_lane *lane, const struct value *text,
    struct value *cells, struct err *err)
{
	const struct parse_config *c = s->config;
	struct reading r = {
		.layout = &lane->layout, .arena = &lane->text, .private = lane->reader,
		.cells = lane->cells, .cap = 1, .bad = &lane->bad,
	};

	r.text = make_line(lane, text);
	if (r.text == NULL) {
		err_memory(err, "parsing a field");
		return PARSE_FAIL;
	}
	r.end = r.text + text->len + 1;
	if (c->format->read(&r) == -1) {
		err_memory(err, "parsing a field");
		return PARSE_FAIL;
	}
	if (lane->bad.n > 0)
		return PARSE_NO;
	if (r.rows != 1 || r.text != r.end) {
		bad_record(&lane->bad, "", 0, r.rows == 0 ? "there is nothing in it" :
		    "it has several lines");
		return PARSE_NO;
	}
	for (unsigned i = 0; i < lane->owns; i++)
		cells[lane->own[i]] = lane->cells[i + 1];
	return PARSE_OK;
}
