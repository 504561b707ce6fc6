/*
 * parse: cuts the text of a field, or of the whole record, into columns, which are added to those
 * there are.  What does not have the form is bad, or with --optional passes without them.
 */
#include "stage/parse.h"

#include <string.h>

enum { COLUMNS, OPTIONAL };

static const struct opt options[] = {
	{ "columns", 'c', COLUMNS, "A,B,C", "names of the fields in the text" },
	{ "optional", 'o', OPTIONAL, NULL, "pass what does not fit, with nulls" },
	{ 0 },
};

static int
option(struct stage *s, int id, const char *value, int word, struct err *err)
{
	struct parse_config *c = s->config;

	(void)err;
	if (id == OPTIONAL) {
		c->optional = true;
		return 0;
	}
	c->columns = value;
	c->columns_word = word;
	return 0;
}

static bool
is_regex(const struct parse_config *c)
{
	return strcmp(c->kind, "regex") == 0;
}

/* KIND [PATTERN] [FIELD] */
static int
argument(struct stage *s, const char *text, int word, struct err *err)
{
	struct parse_config *c = s->config;

	if (c->args++ == 0) {
		c->kind = text;
		c->kind_word = word;
	} else if (c->args == 2 && is_regex(c)) {
		c->pattern = text;
		c->pattern_word = word;
	} else if (c->field == NULL) {
		c->field = text;
		c->field_word = word;
	} else {
		return err_word(err, word, "unexpected '%s' (usage: parse %s)", text,
		    s->class->usage);
	}
	return 0;
}

static int
find_field(struct stage *s, struct err *err)
{
	struct parse_config *c = s->config;

	if (c->field == NULL) {
		c->slot = SCHEMA_RECORD;
		return s->in->input ? 0 : err_word(err, c->kind_word, "parse: which column of the "
		    "rows? name it behind the %s", is_regex(c) ? "pattern" : "format");
	}
	return schema_slot(s->in, c->field, c->field_word, &c->slot, err);
}

static int
open_stage(struct stage *s, struct err *err)
{
	struct parse_config *c = s->config;

	if (is_regex(c) && c->pattern == NULL)
		return err_word(err, c->kind_word, "parse: a pattern is missing behind 'regex'");
	s->out = &s->made;
	schema_over(s->out, s->in);
	if ((is_regex(c) ? parse_regex_open(s, err) : parse_format_open(s, err)) == -1)
		return -1;
	return find_field(s, err);
}

static void
close_stage(struct stage *s)
{
	struct parse_config *c = s->config;

	regex_close(&c->regex);
	arena_free(&c->names);
}

static int
lane_open(const struct stage *s, void *private, struct err *err)
{
	const struct parse_config *c = s->config;
	struct parse_lane *lane = private;

	extend_open(&lane->extend, s);
	for (unsigned i = 0; i < s->out->columns; i++)
		if (s->out->origin[i].from == SCHEMA_OWN)
			lane->own[lane->owns++] = s->out->column[i].slot;
	lane->format = c->format;
	return c->format != NULL ? parse_format_lane(s, lane, err) :
	    parse_regex_lane(s, lane, err);
}

static void
lane_close(void *private)
{
	struct parse_lane *lane = private;

	if (lane->format != NULL)
		parse_format_lane_close(lane);
	pcre2_match_data_free(lane->match);
	extend_close(&lane->extend);
	arena_free(&lane->text);
}

/* A number becomes the text that would be written. */
static int
show(struct parse_lane *lane, struct value *v)
{
	struct value shown;
	char *text;

	if (row_text_cell(&lane->extend.text, v, &shown) == -1)
		return -1;
	text = arena_bytes(&lane->text, shown.len);
	if (text == NULL)
		return -1;
	memcpy(text, shown.text, shown.len);
	*v = value_text(text, shown.len);
	return 0;
}

/* Cuts a cell into the own cells of ROW. */
static enum parse_got
cut(const struct stage *s, struct parse_lane *lane, struct value text, struct value *row,
    struct err *err)
{
	const struct parse_config *c = s->config;

	lane->bad.n = 0;
	lane->bad.why[0] = '\0';
	if (text.kind == VALUE_NULL) {
		bad_record(&lane->bad, "", 0, "the field is null");
		return PARSE_NO;
	}
	if (text.kind != VALUE_TEXT && show(lane, &text) == -1) {
		err_memory(err, "parsing a field");
		return PARSE_FAIL;
	}
	return c->format != NULL ? parse_format(s, lane, &text, row, err) :
	    parse_regex(s, lane, &text, row, err);
}

static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	const struct parse_config *c = s->config;
	struct parse_lane *lane = private;

	if (to->out->n == 0)
		arena_reset(&lane->text);
	if (extend_start(&lane->extend, in, to) == -1)
		return err_memory(err, "parsing records");
	for (uint64_t i = 0; i < in->records; i++) {
		const struct value *row = in->cells + i * in->width;
		struct value *made = extend_row(&lane->extend, row);

		switch (cut(s, lane, row[c->slot], made, err)) {
		case PARSE_FAIL:
			return -1;
		case PARSE_NO:
			if (c->optional)
				break;
			extend_drop(&lane->extend);
			row_text_bad(&lane->extend.text, s, row, to->bad, "%s: %s", c->kind,
			    lane->bad.why);
			break;
		case PARSE_OK:
			break;
		}
	}
	return extend_end(&lane->extend, to) == -1 ? err_memory(err, "parsing records") : 0;
}

const struct stage_class stage_parse = {
	.name = "parse",
	.usage = "[OPTION]... regex PATTERN|csv|tsv|json|logfmt [FIELD]",
	.help = "cut a field, or the whole record, into columns",
	.detail =
	    "The columns that are found are added to those of the record.  Those of a\n"
	    "pattern (PCRE2) are its named groups: '(?<ip>\\S+) .* (?<status>\\d{3})'; one\n"
	    "that takes no part in the match is null.  A format reads the text as a record\n"
	    "of it; --columns names its fields.  Without that json and logfmt have those\n"
	    "that later stages ask for.  What does not match is bad, unless --optional.\n"
	    "Rows: the columns that come in and those found, in the order they come.\n"
	    "State: none.\n",
	.spark = "map(line => pattern.findFirstMatchIn(line))",
	.flags = STAGE_ROWS,
	.options = options,
	.min_args = 1,
	.max_args = 3,
	.config_size = sizeof(struct parse_config),
	.lane_size = sizeof(struct parse_lane),
	.option = option,
	.argument = argument,
	.open = open_stage,
	.close = close_stage,
	.lane_open = lane_open,
	.lane_close = lane_close,
	.feed = feed,
};
