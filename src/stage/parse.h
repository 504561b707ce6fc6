/*
 * Between parse.c, which has the words and the rows, and the two ways in which a text is cut into
 * columns: by a regular expression (parse_regex.c) and by a format (parse_format.c).
 */
#ifndef STAGE_PARSE_H
#define STAGE_PARSE_H

#include "core/extend.h"
#include "core/plan.h"
#include "core/regex.h"

struct parse_config {
	const char	*kind, *field, *columns;
	const char	*pattern;
	int		 kind_word, field_word, columns_word, pattern_word;
	bool		 optional;
	unsigned	 args;
	unsigned	 slot;			/* what is parsed */
	const struct format_class *format;	/* NULL: a regular expression: */
	struct regex	 regex;
	unsigned	 group[SCHEMA_MAX];	/* of each own column */
	struct arena	 names;
};

struct parse_lane {
	struct extend	 extend;
	struct arena	 text;			/* of the rows in to->out */
	unsigned	 own[SCHEMA_MAX];	/* slots of the columns that are found */
	unsigned	 owns;
	pcre2_match_data *match;
	const struct format_class *format;
	struct layout	 layout;		/* of a format; its fields are the own columns */
	struct value	 cells[SCHEMA_MAX + 1];
	void		*reader;
	bool		 reader_open;
	struct bad	 bad;			/* why a text was refused */
};

enum parse_got { PARSE_OK, PARSE_NO, PARSE_FAIL };	/* FAIL: the error is filled */

/*
 * They add the columns to s->out, make what a lane needs, free it, and cut TEXT, which stays as
 * long as the row, into the own columns of a row CELLS.
 */
int parse_regex_open(struct stage *, struct err *);
int parse_regex_lane(const struct stage *, struct parse_lane *, struct err *);
enum parse_got parse_regex(const struct stage *, struct parse_lane *, const struct value *text,
    struct value *cells, struct err *);

int parse_format_open(struct stage *, struct err *);
int parse_format_lane(const struct stage *, struct parse_lane *, struct err *);
void parse_format_lane_close(struct parse_lane *);
enum parse_got parse_format(const struct stage *, struct parse_lane *, const struct value *text,
    struct value *cells, struct err *);

#endif
