/*
 * A table that is a file, to be looked up beside a stream: a csv or tsv file with a header, or
 * json or logfmt records.  It is read again when the file has changed; one that is then missing
 * or broken is told of once, and the rows that were read before stand.
 *
 * Life: open, which knows the columns -> schema_find on lookup.schema, for those that are wanted
 * -> read, once -> refresh, again and again -> close.
 */
#ifndef CORE_LOOKUP_H
#define CORE_LOOKUP_H

#include "core/plan.h"
#include "core/rowlog.h"

struct lookup {
	const struct files		*files;
	const char			*path;
	const struct format_class	*format;
	struct schema			 schema;
	struct arena			 names;
	struct rowlog			 rows;
	struct buf			 text;	/* of the file, between open and read */
	struct file_stamp		 stamp;
	bool				 told;	/* that it cannot be read, since it last could */
};

/*
 * FORMAT is the name of one that the plan has, or NULL: by the end of the file's name.  0, or -1
 * with an error about WORD: of usage, or that the file cannot be read or is wrong; or memory.
 */
int lookup_open(struct lookup *, const struct plan *, const char *path, const char *format,
    int word, struct err *);

/* Reads the rows; 0 or -1 as above. */
int lookup_read(struct lookup *, int word, struct err *);

/* Reads them again if the file has changed: 1 if the rows are others now, 0, or -1 (memory). */
int lookup_refresh(struct lookup *, struct err *);

void lookup_close(struct lookup *);

#endif
