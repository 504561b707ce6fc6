/*
 * What the files of the stage sql share.  sql.c: words, tables, columns; sql_run.c: windows, rows;
 * sql_save.c: what is put down of them.
 *
 * A serial stage has one lane, so the query and the files are changed by that lane alone, though
 * they are made when the stage is opened.
 */
#ifndef STAGE_SQL_H
#define STAGE_SQL_H

#include "core/history_save.h"
#include "core/lookup.h"
#include "core/query.h"
#include "core/stage.h"

struct sql_file {			/* --table NAME=FILE */
	char		*name;
	const char	*path;
	int		 word;
	struct lookup	 lookup;
	struct block	*block;		/* its rows as the query sees them */
};

struct sql_table {			/* one that the query reads */
	const char	*name;
	unsigned	 port;		/* whose rows; unused of a file */
	struct sql_file	*file;
};

struct sql_config {
	struct query_text	 text;
	const char		*format;	/* of all files, or NULL */
	struct sql_file		*file;
	unsigned		 files;
	struct sql_table	*table;
	unsigned		 tables;
	struct query		*query;
	struct arena		 names;
};

struct sql_lane {
	/* The state: what came in the window, of each port, and what has been told of it. */
	struct history	 input[STAGE_PORTS + 1];
	bool		 reads[STAGE_PORTS + 1];	/* rows of that port are asked for */
	int64_t		 answered;	/* tick of the last answer */
	bool		 came;		/* something, since then */
	bool		 ended;		/* the input */
	struct buf	 saved;		/* the three above, as they were put down */

	/* An answer while it is given out. */
	bool		 due, running;
	int64_t		 end;		/* of its window */
	struct block	*block;
	size_t		 blocks;
	struct arena	 text;
};

/* sql_run.c */

/* Gives the query the rows of a file; 0 or -1 (memory). */
int sql_give_file(const struct sql_config *, unsigned table, struct err *);

int sql_lane_open(const struct stage *, void *lane, struct err *);
void sql_lane_close(void *lane);
int sql_feed(const struct stage *, void *lane, const struct block *, struct feed *, struct err *);
int sql_tick(const struct stage *, void *lane, int64_t tick, bool last, struct err *);
int sql_fire(const struct stage *, void *lane, const struct map *, struct err *);
int sql_rows(const struct stage *, void *lane, const struct rows *, struct err *);
int sql_save(const struct stage *, void *lane, struct saving *, struct err *);
int sql_load(const struct stage *, void *lane, const struct store_part *, struct wire *,
    struct err *);
void sql_held(const struct stage *, const void *lane, uint64_t *rows, size_t *bytes);

#endif
