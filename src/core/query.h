/*
 * SQL over rows where they lie: expressions (where, select) and whole queries (sql).
 *
 *   words -> columns found, names rewritten (query_names) -> SQLite's statement
 *   blocks -> read-only virtual tables (query_table) -> rows of the statement
 *
 * A query is an SQLite connection of its own that can reach nothing else: no file, no clock, no
 * randomness, no table but those that it is given, nothing to write to.  So the same rows give
 * the same answer.  Each thread has its own; query_clone makes one from another.
 *
 * Cells are read as they are asked for and never copied into tables.  A column that is `bare`
 * holds numbers where its text is a JSON number, and is compared as SQLite's NUMERIC affinity
 * does: `status = 200` and `status = '200'` are both true of the field 200.
 *
 * Life: open -> query_expression or query_select -> query_prepare [-> clone] -> query_rows,
 * query_step ... (as often as wanted) -> close.
 */
#ifndef CORE_QUERY_H
#define CORE_QUERY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "core/bad.h"
#include "core/block.h"
#include "core/query_token.h"

#include <stdbool.h>

#define QUERY_TABLE "\x01"	/* names the only table of an expression; no word can */

struct query;

/* A table as a query sees it.  Both outlive the query; asking for a column may make it. */
struct query_table {
	const char	*name;
	struct schema	*schema;
};

/* SQL that is part of a word: TEXT[at .. at + len). */
struct query_text {
	const char	*what;		/* whose it is, for messages: "where" */
	const char	*text;		/* the whole word */
	size_t		 at, len;
	int		 word;
};

enum query_got {
	QUERY_FAIL = -1,	/* the query cannot go on, and why is in ERR */
	QUERY_END,
	QUERY_ROW,
	QUERY_BAD,		/* a value of the row read last made it fail, not the query */
};

/*
 * Asked now and then while a query runs, when it is set; true makes the query fail.  For the host,
 * which must end even when a query does not.
 */
extern bool (*query_stop)(void);

/* Two random words of the host's, so that no attacker can choose keys of a join that collide. */
extern uint64_t query_seed[2];

/* A connection over N tables; 0, or -1.  Closed by query_close either way (NULL is fine). */
int query_open(struct query **, const struct query_table *, size_t n, struct err *);
void query_close(struct query *);

/*
 * Checks an expression over the only table's columns and appends it, in parentheses and with its
 * names rewritten, to SQL.  A usage error has its caret.  COLUMN, if not NULL, is the column that
 * the expression is, or -1 if it is more than a column.
 */
int query_expression(struct query *, const struct query_text *, struct buf *sql, int *column,
    struct err *);

/*
 * All of that for the rows of one table that an expression is true of: opens *Q, which is to be
 * closed either way.
 */
int query_filter(struct query **q, struct schema *, const struct query_text *, struct err *);

/* The same for a whole SELECT over the tables. */
int query_select(struct query *, const struct query_text *, struct buf *sql, struct err *);

/*
 * The NTH name (from 0) of a table that a whole SELECT reads, by its words alone: in FROM, behind
 * JOIN or IN, and not one that its WITH defines.  False if there are no more.
 */
bool query_reads(const struct query_text *, unsigned nth, struct token *);

/* True if a token of the text is NAME, in quotes or not, in any case. */
bool query_names_table(const struct query_text *, struct token, const char *name);

/* Makes what the above have checked the statement of the query; ended by NUL. */
int query_prepare(struct query *, const char *sql, struct err *);

/*
 * The columns of the answer, added to OUT; names are copied to NAMES.  WORD is for the error when
 * two have one name.
 */
int query_columns(struct query *, struct schema *out, struct arena *names, int word,
    struct err *);

/* An expression of a list, with the name that AS gives it. */
struct query_item {
	struct query_text	text;
	struct token		alias;		/* of text.text; TOKEN_END: none */
	bool			all;		/* it is a `*` */
};

/* Cuts LIST at its commas: how many items, to be freed by the caller, or -1. */
int query_list(const struct query_text *list, struct query_item **items, struct err *);

/* Another connection with the same tables and statement. */
int query_clone(struct query **, const struct query *, struct err *);

/* The rows of a table from now on: they and the blocks stay until the query is at its end. */
int query_rows(struct query *, size_t table, const struct block *, size_t n, struct err *);

/* Starts over: the first row read of table 0 is FROM. */
void query_start(struct query *, uint64_t from);

/* The next row of the answer. */
enum query_got query_step(struct query *, struct err *);

/* Which row of table 0 was read last; in an expression the row of the answer. */
uint64_t query_at(const struct query *);

/* Counts that row as bad, with what SQLite said, after QUERY_BAD. */
void query_bad(const struct query *, const char *what, struct bad *);

/* What SQLite said, after QUERY_BAD. */
const char *query_reason(const struct query *);

/* Where row I of table 0 lies. */
const struct value *query_row(const struct query *, uint64_t i);

/* Cell I of the row of the answer; text is copied to TEXT.  0, or -1 when memory is short. */
int query_cell(struct query *, int i, struct arena *text, struct value *);

#endif
