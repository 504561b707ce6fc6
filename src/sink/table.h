/*
 * A table of an SQLite file that rows are put into, for sqlite:.  It has one column for the time,
 * one for the number of the batch if that is asked for, and one for each column of the rows.
 *
 * The rows of a batch are kept in a temporary table, which SQLite moves from memory to the disk as
 * it grows, and go into the table at once when the batch ends.  So the lock on the file is held for
 * that moment only, and several sinks of one run, or other programs, can write to the same file.
 */
#ifndef SINK_TABLE_H
#define SINK_TABLE_H

#include "base/err.h"
#include "core/schema.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

enum table_statement {
	TABLE_BEGIN,			/* a transaction that holds no lock on the file */
	TABLE_LOCK,			/* one that may write */
	TABLE_COMMIT,
	TABLE_KEEP,			/* a row: its time, its batch if told, its columns */
	TABLE_MARK,			/* a time whose rows are to be removed */
	TABLE_REMOVE,			/* the rows of the times that are marked */
	TABLE_COPY,			/* the rows that are kept into the table */
	TABLE_FORGET, TABLE_UNMARK,	/* what was kept, what was marked */
	TABLE_STATEMENTS
};

struct table {				/* a zeroed one can be closed */
	sqlite3		*db;
	char		*file;
	const char	*name;
	bool		 batch;		/* there is a column for it */
	sqlite3_stmt	*statement[TABLE_STATEMENTS];
	bool		 ready;		/* table_prepare has been called */
	int64_t		 newest;	/* milliseconds, in the table as found; INT64_MIN: none */
};

/* Opens FILE, which is made if it is missing and CREATE.  0, or -1; to be closed either way. */
int table_open(struct table *, bool create, struct err *);

/* From now on a transaction that is over is on the disk.  0 or -1. */
int table_full(struct table *, struct err *);

/* 1 if there is a table or view of this name, 0 if not; -1 with the error. */
int table_exists(struct table *, const char *name, struct err *);

/* Finds or makes the table for rows of this schema, and makes all statements ready.  0 or -1. */
int table_prepare(struct table *, const struct schema *, struct err *);

/* Runs a statement to its end and makes it ready for the next time.  0 or -1. */
int table_run(struct table *, enum table_statement, struct err *);

/*
 * SQL from sqlite3_mprintf, which is freed; NULL: memory was short.  Makes a statement of it that
 * will be run many times; or runs it once.  0 or -1.
 */
int table_compile(struct table *, char *sql, sqlite3_stmt **, struct err *);
int table_run_once(struct table *, char *sql, struct err *);

/* Runs any statement as table_run does. */
int table_step(struct table *, sqlite3_stmt *, struct err *);

/* Appends the names of all columns, quoted, with commas between. */
void table_columns(const struct table *, sqlite3_str *, const struct schema *);

/* The last call to SQLite has failed: fills the error; returns -1. */
int table_error(struct table *, struct err *);

void table_close(struct table *);

#endif
