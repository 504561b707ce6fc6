/*
 * The checkpoint: one SQLite database that holds all that a run must know to go on after it was
 * stopped or killed.  What is put into it since the last commit becomes valid at the next one, all
 * at once.
 *
 *   meta      name, value          version of the program, identity of the pipeline, columns
 *   chunk     role, owner, tick, generation, seq, sum, bytes
 *                                  the state, see core/store.h; sum is the CRC-32 of the part's
 *                                  numbers, eight bytes little-endian each, and the bytes
 *   source    id, input, address, position, reconnects
 *   output    number, address, state
 *   progress  one row: the last batch, and sums since the beginning
 *   account   number, records, counted, late, bad: the same of each chain
 *   seal      chunks, sums, sum: that all of it is as it was committed, see checkpoint_seal.c
 *   status, sources, outputs, parts   views for people
 *
 * Write-ahead logging lets others read the last commit at any time.  One process has it: a lock
 * (flock(2)) on the file is held while it is open.
 */
#ifndef ENGINE_CHECKPOINT_H
#define ENGINE_CHECKPOINT_H

#include "base/buf.h"
#include "base/err.h"
#include "core/frame.h"
#include "core/lane.h"
#include "core/store.h"

#include <sqlite3.h>
#include <stdbool.h>

#define CHECKPOINT_VERSION 1
#define CHECKPOINT_APPLICATION 0x7374726d	/* "strm": what SQLite's header says the file is */

enum checkpoint_statement {
	CHECKPOINT_BEGIN, CHECKPOINT_COMMIT, CHECKPOINT_PUT, CHECKPOINT_CLEAR, CHECKPOINT_OLDEST,
	CHECKPOINT_DROP, CHECKPOINT_CHUNKS, CHECKPOINT_COUNT, CHECKPOINT_SEAL_GET,
	CHECKPOINT_SEAL_SET, CHECKPOINT_ALL_META, CHECKPOINT_ALL_PROGRESS,
	CHECKPOINT_ALL_ACCOUNTS, CHECKPOINT_ALL_SOURCES, CHECKPOINT_ALL_OUTPUTS,
	CHECKPOINT_META_GET, CHECKPOINT_META_SET, CHECKPOINT_PROGRESS_GET, CHECKPOINT_PROGRESS_SET,
	CHECKPOINT_SOURCE_FIND, CHECKPOINT_SOURCE_ADD, CHECKPOINT_SOURCE_SET,
	CHECKPOINT_ACCOUNT_GET, CHECKPOINT_ACCOUNT_SET, CHECKPOINT_OUTPUT_GET,
	CHECKPOINT_OUTPUT_SET, CHECKPOINT_STATEMENTS
};

struct checkpoint {			/* a zeroed one can be closed */
	const char	*path;
	sqlite3		*db;
	int		 lock;		/* a descriptor of the file, or -1 */
	bool		 begun;		/* a transaction is open */
	bool		 made;		/* it was not there, or empty */
	uint64_t	 put;		/* bytes of state in it */
	uint64_t	 chunks;	/* that are there ... */
	uint64_t	 sums;		/* ... and their sums, added up */
	bool		 resumed;	/* it was there, with a commit */
	struct store	 store;		/* what the pipeline puts its state into */
	sqlite3_stmt	*statement[CHECKPOINT_STATEMENTS];
};

/*
 * Opens PATH, which is made if it is missing; FULL: what is committed survives a loss of power, at
 * the price of waiting for the disk.  0, or -1 and the error: closed all the same.
 */
int checkpoint_open(struct checkpoint *, const char *path, bool full, struct err *);

/*
 * Without a run: takes the lock of a file that is there, so that no run begins; WRITE: nor can
 * another have it.  0, 1: another has it, as the error says; or -1 and the error.  In all cases *c
 * can be viewed and closed.
 */
int checkpoint_lock(struct checkpoint *, const char *path, bool write, struct err *);

/* Opens it to be read as of its last commit; 0, or -1 and the error. */
int checkpoint_view(struct checkpoint *, struct err *);

void checkpoint_close(struct checkpoint *);

/* Makes valid what was put; 0, or -1 and the error: the last commit stands. */
int checkpoint_commit(struct checkpoint *, struct err *);

/* Gives every chunk, in the order of their parts; TAKE returns 0, or -1 and the error. */
int checkpoint_chunks(struct checkpoint *, int (*take)(void *arg, const struct store_part *,
    const char *bytes, size_t len, struct err *), void *arg, struct err *);

/* A text under a name: appended to OUT, with a NUL behind it; 1, 0: there is none, or -1. */
int checkpoint_get(struct checkpoint *, const char *name, struct buf *out, struct err *);
int checkpoint_set(struct checkpoint *, const char *name, const char *value, struct err *);

/* The last commit. */
struct progress {
	uint64_t	batch;		/* batches that have ended since the beginning */
	int64_t		time;		/* end of the last one, microseconds since the epoch */
	int64_t		rows;		/* by rows: that were fed */
	struct frame_counts lines;	/* that were read */
	uint64_t	bad, late;	/* that the format or a stage found */
	uint64_t	keys, state_bytes;
	uint64_t	journal;	/* entries of the journal that were fed ... */
	uint64_t	skip_bytes;	/* ... and what was fed of the next one, too */
	uint64_t	skip_records;
	bool		open;		/* in the middle of a batch */
	bool		finished;	/* the input had ended */
};

/* Reads it, if there is one (c->resumed); puts a new one.  0, or -1 and the error. */
int checkpoint_progress(struct checkpoint *, struct progress *, struct err *);
int checkpoint_set_progress(struct checkpoint *, const struct progress *, int64_t now,
    struct err *);

/* What became of the records of chain NUMBER, if the checkpoint has it; 0, or -1 and the error. */
int checkpoint_account(struct checkpoint *, unsigned number, struct account *, struct err *);
int checkpoint_set_account(struct checkpoint *, unsigned number, const struct account *,
    struct err *);

/* The number of a source under which its state is put, made if it is new; 0 or -1. */
int checkpoint_source(struct checkpoint *, int input, const char *address, int64_t *id,
    uint64_t *reconnects, struct err *);
int checkpoint_set_source(struct checkpoint *, int64_t id, uint64_t position,
    uint64_t reconnects, struct err *);

/* Appends what a sink has saved; 1, 0: nothing; or -1 and the error. */
int checkpoint_output(struct checkpoint *, unsigned number, struct buf *state, struct err *);
int checkpoint_set_output(struct checkpoint *, unsigned number, const char *address,
    const struct buf *state, struct err *);

/* ---- between the files of the checkpoint ---- */

/* What a pipeline puts its state into. */
struct store checkpoint_store(struct checkpoint *);

/* Makes the function part_sum known to its SQL, see checkpoint.c; 0 or -1. */
int checkpoint_sums(struct checkpoint *, struct err *);

/* Runs SQL as it is; or, with the conversions of sqlite3_mprintf, in the open transaction. */
int checkpoint_execute(struct checkpoint *, const char *sql, struct err *);
int checkpoint_change(struct checkpoint *, struct err *, const char *format, ...);

/* A statement ready to be bound, or NULL and the error. */
sqlite3_stmt *checkpoint_statement(struct checkpoint *, enum checkpoint_statement,
    struct err *);

/*
 * Runs a statement: SQLITE_ROW or SQLITE_DONE (then it is reset), or -1 and the error.  One that
 * changes something begins a transaction if none is open.
 */
int checkpoint_read(struct checkpoint *, enum checkpoint_statement, struct err *);
int checkpoint_step(struct checkpoint *, enum checkpoint_statement, struct err *);

/* Ends a statement that gave a row. */
void checkpoint_reset(struct checkpoint *, enum checkpoint_statement);

/* Drops chunks by a statement that returns their sums; 0, or -1 and the error. */
int checkpoint_drop(struct checkpoint *, enum checkpoint_statement, struct err *);

/* Adds the eight bytes of a number, little-endian, to a CRC-32. */
void checkpoint_sum_number(uint32_t *sum, uint64_t n);

/* Puts the seal, as the last thing of a transaction; 0, or -1 and the error. */
int checkpoint_seal(struct checkpoint *, struct err *);

/* Finds out if all is as the last seal has it; 0, or -1 and the error. */
int checkpoint_check(struct checkpoint *, struct err *);

/* Chunks were changed other than through the store; 0, or -1 and the error. */
int checkpoint_recount(struct checkpoint *, struct err *);

/* What is not there, or is not what was put: fills the error; returns -1. */
int checkpoint_damaged(const struct checkpoint *, struct err *);

/* The trim of its store. */
int checkpoint_trim(void *checkpoint, const struct store_part *, struct err *);

/* The last call to SQLite has failed: fills the error; returns -1. */
int checkpoint_error(struct checkpoint *, struct err *);

#endif
