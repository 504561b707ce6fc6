/*
 * What the files of core/query share: a query from inside.
 */
#ifndef CORE_QUERY_INNER_H
#define CORE_QUERY_INNER_H

#include "base/map.h"
#include "core/query.h"

#include <sqlite3.h>

/* The hash index of a column: equal keys lead to the first of a chain of rows. */
struct query_index {
	struct query_index	*older;
	unsigned		 slot;
	struct map		 map;		/* key -> first row, last row */
	uint32_t		*next;		/* row -> the next with its key, or QUERY_NO_ROW */
};

#define QUERY_NO_ROW UINT32_MAX
#define QUERY_ANY "\x01*"	/* a column of open tables for those that are not known */

struct query_source {
	struct query		*query;
	char			*name;		/* mangled: the table's in SQLite */
	const char		*plain;
	struct schema		*schema;
	unsigned		 known;		/* columns that SQLite knows */
	bool			 read[SCHEMA_MAX];	/* columns that the statement reads */

	const struct block	*block;		/* rows form */
	size_t			 blocks;
	struct block		*copy;		/* for blocks of lines: those of their cells */
	size_t			 copies;
	struct value		*cells;		/* of lines */
	size_t			 cells_cap;
	uint64_t		 rows;

	const struct value	**row;		/* where each lies, for an index; or NULL */
	struct query_index	*index;		/* made as they are asked for */
	uint64_t		 from, at;	/* the first row to read; the one read last */
};

struct query {
	sqlite3			*db;
	sqlite3_stmt		*stmt;
	struct buf		 sql;		/* of stmt */
	struct query_source	*source;
	size_t			 sources;
	bool			 declaring;	/* a table: the SQL is ours */
	char			 refused[120];	/* by the authorizer, and why; or "" */
	char			 reason[160];	/* of the last QUERY_BAD */
};

/* query_table.c: declares the tables with the columns that they have now; an SQLite code. */
int query_declare(struct query *);

/* query_index.c: the rows whose cell SLOT may equal KEY, or QUERY_NO_ROW; an SQLite code. */
int query_lookup(struct query_source *, unsigned slot, sqlite3_value *key,
    const struct query_index **, uint32_t *first);
void query_forget(struct query_source *);

/* query_function.c: the functions that SQLite has not, and the nearest to a misspelt one. */
int query_functions(sqlite3 *);
bool query_nearest(struct query *, const char *name, size_t len, char *best, size_t size);

/* query_guard.c: the authorizer and limits; a VFS without clock and files. */
int query_guard(struct query *);
const char *query_vfs(void);
bool query_may_call(const char *function);

/*
 * query_mangle.c: a name as SQLite gets it, which tells names apart by case: a capital letter is
 * \1 and the small one, \1 is twice itself.  Appends it, ended by a NUL that is not counted.
 */
int query_mangle(struct buf *out, const char *name, size_t len);

/* The same in quotes, as an identifier; without a NUL. */
int query_quote(struct buf *out, const char *name, size_t len);

/* Back again, in place. */
void query_demangle(char *text);

/* query_names.c: the SQL that SQLite can take of a text, while its names are being found. */
struct query_names {
	struct query			*q;
	const struct query_text		*text;
	bool				 whole;		/* a SELECT, not an expression */
	struct buf			 out;
	struct buf			 anchors;	/* struct query_anchor */
	struct buf			 aliases;	/* struct query_alias */
	unsigned char			*forced;	/* bytes where a column's name begins */
	unsigned			 tokens;	/* written; a column is one */
	int				 column;	/* written last, or -1 */
};

struct query_anchor {
	size_t	out, in;		/* a token's place in what is written and in the text */
};

struct query_alias {
	const char		*name;	/* in the text */
	struct token		 token;
	struct query_source	*source;
};

/* query_alias.c: begins and ends with a text; and the table that a name stands for, or NULL. */
int query_names_open(struct query_names *, struct err *);
void query_names_close(struct query_names *);
struct query_source *query_find_table(const struct query_names *, const char *name, size_t len);
bool query_same(const char *known, const char *name, size_t len, bool caseless);

/* Writes the text anew into OUT. */
int query_names_write(struct query_names *, struct err *);

/* query_check.c: refuses what no rewriting could make right, before SQLite sees it. */
int query_check(const struct query_text *, bool whole, struct err *);

/* A usage error about the text from byte AT on; returns -1. */
int query_wrong(const struct query_text *, size_t at, struct err *, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same: no table has a column NAME; names the nearest that one has. */
int query_no_column(const struct query *, const struct query_text *, size_t at, const char *name,
    size_t len, struct err *);

/* query.c: fills ERR from RC, the last failure of SQLite; -1. */
int query_failed(struct query *, int rc, struct err *);

#endif
