/* parse regex: the named groups of a pattern are the columns; see parse.h. */
#include "stage/parse.h"

#include <string.h>

/* A place in the pattern for the caret: where NAME is. */
static void
point_at(const struct parse_config *c, const char *name, struct err *err)
{
	size_t len = strlen(name);

	for (const char *at = strstr(c->pattern, name); at != NULL; at = strstr(at + 1, name)) {
		if (at == c->pattern || strchr("<'", at[-1]) == NULL ||
		    strchr(">'", at[len]) == NULL)
			continue;
		err->column = (size_t)(at - c->pattern);
		err->length = len;
	}
}

static int
add_column(struct stage *s, const char *name, struct err *err)
{
	struct parse_config *c = s->config;
	size_t len = strlen(name);
	char *copy;

	for (unsigned i = 0; i < s->out->columns; i++) {
		if (strcmp(s->out->column[i].name, name) != 0)
			continue;
		err_word(err, c->pattern_word, "parse: there is a column '%s' already", name);
		point_at(c, name, err);
		return -1;
	}
	copy = arena_bytes(&c->names, len + 1);
	if (copy == NULL)
		return err_memory(err, "reading a pattern");
	memcpy(copy, name, len + 1);
	return schema_add(s->out, copy, true, err);
}

/* The name of group NUMBER, or NULL; PCRE2's table has them by name. */
static const char *
name_of(PCRE2_SPTR table, uint32_t names, uint32_t size, uint32_t number)
{
	for (uint32_t i = 0; i < names; i++, table += size)
		if (((uint32_t)table[0] << 8 | table[1]) == number)
			return (const char *)table + 2;
	return NULL;
}

static int
add_columns(struct stage *s, struct err *err)
{
	struct parse_config *c = s->config;
	uint32_t groups = 0, names = 0, size = 0;
	PCRE2_SPTR table = NULL;
	unsigned n = 0;

	(void)pcre2_pattern_info(c->regex.code, PCRE2_INFO_CAPTURECOUNT, &groups);
	(void)pcre2_pattern_info(c->regex.code, PCRE2_INFO_NAMECOUNT, &names);
	(void)pcre2_pattern_info(c->regex.code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	(void)pcre2_pattern_info(c->regex.code, PCRE2_INFO_NAMETABLE, &table);
	for (uint32_t i = 1; i <= groups && names > 0; i++) {
		const char *name = name_of(table, names, size, i);

		if (name == NULL)
			continue;
		if (add_column(s, name, err) == -1)
			return -1;
		c->group[n++] = i;
	}
	if (n == 0)
		return err_word(err, c->pattern_word, "parse: the pattern names no columns: name "
		    "groups, as in (?<status>\\d+)");
	return 0;
}

int
parse_regex_open(struct stage *s, struct err *err)
{
	struct parse_config *c = s->config;

	if (c->columns != NULL)
		return err_word(err, c->columns_word, "parse: the groups of the pattern name the "
		    "columns; --columns is for formats");
	return regex_open(&c->regex, c->pattern, c->pattern_word, false, err) == -1 ? -1 :
	    add_columns(s, err);
}

int
parse_regex_lane(const struct stage *s, struct parse_lane *lane, struct err *err)
{
	const struct parse_config *c = s->config;

	lane->match = regex_match_data(&c->regex, true);
	return lane->match == NULL ? err_memory(err, "starting parse") : 0;
}

enum parse_got
parse_regex(const struct stage *s, struct parse_lane *lane, const struct value *text,
    struct value *cells, struct err *err)
{
	const struct parse_config *c = s->config;
	const PCRE2_SIZE *place = pcre2_get_ovector_pointer(lane->match);

	switch (regex_match(&c->regex, lane->match, text->text, text->len, err)) {
	case REGEX_FAIL:
		return PARSE_FAIL;
	case REGEX_NO:
		bad_record(&lane->bad, "", 0, "the pattern does not match");
		return PARSE_NO;
	case REGEX_HARD:
		bad_record(&lane->bad, "", 0, "the pattern backtracks too much");
		return PARSE_NO;
	case REGEX_YES:
		break;
	}
	for (unsigned i = 0; i < lane->owns; i++) {
		PCRE2_SIZE from = place[2 * c->group[i]], to = place[2 * c->group[i] + 1];

		/* Not part of the match; or \K in a lookahead: it ends before it starts. */
		if (from != PCRE2_UNSET && from <= to)
			cells[lane->own[i]] = value_text(text->text + from, to - from);
	}
	return PARSE_OK;
}
