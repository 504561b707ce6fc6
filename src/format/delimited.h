/*
 * What csv and tsv share: records of fields between separators.  Text without a byte that asks for
 * a closer look (a quote, a backslash) is cut by offsets, and only the wanted fields are touched;
 * stretches with one go record by record through the format's own function.
 *
 * A blank line is no record, except where a record has one field: it is skipped, neither a row nor
 * bad, as Miller, csvkit and pandas do.
 */
#ifndef FORMAT_DELIMITED_H
#define FORMAT_DELIMITED_H

#include "base/marks.h"
#include "core/format.h"

struct delimited {
	char	 separator;
	char	 special;	/* with it in sight, records are taken one by one */

	/*
	 * Takes the one record at in->text, which it moves behind it; ROW is where the cells go.
	 * 1: a row; 0: none; -1: memory is short.
	 */
	int	(*record)(struct reading *, struct value *row);
};

struct delimited_lane {
	const struct marks_path	*path;
	struct marks		 marks;
};

int delimited_lane_open(void *private, struct err *);

/* As read of a format class. */
int delimited_read(struct reading *, const struct delimited *);

/*
 * What a record of HAVE fields is, START[0 .. len) without its line end: true if it is a row, of
 * which cell 0 is set here.  If not it was blank, or has been counted as bad.
 */
bool delimited_accept(struct reading *, struct value *row, const char *start, size_t len,
    size_t have);

/* As header of a format class; a byte order mark at its start is dropped. */
int delimited_header(const struct delimited *, const char *record, size_t len, struct arena *,
    const char **names, struct err *);

/* TEXT[0 .. len) without the carriage return of a line end, if it ends in one. */
static inline size_t
delimited_trim(const char *text, size_t len)
{
	return len > 0 && text[len - 1] == '\r' ? len - 1 : len;
}

#endif
