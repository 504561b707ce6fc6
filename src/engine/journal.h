/*
 * The journal: what came from sources that cannot be read again, written down before it is counted.
 * An entry is a block of whole records.  After a crash the entries that the checkpoint does not
 * cover are fed once more; a commit that covers all of a file empties it.
 *
 * There are two files, FILE.journal-1 and -2, PATH being FILE: a commit can come in the middle of a
 * block, whose entry must stay; then the other file is begun, and this one is emptied by the next
 * commit.  So they are as large as what comes between two commits, and a block.
 *
 * An entry: length, number, CRC-32 of both and of what follows, source, records, length of the
 * header, the header record of its connection, the records; numbers little-endian.  One that was
 * cut short by a crash was never counted, and ends the journal.  One that is damaged, with others
 * behind it, is left out: their numbers tell how many are missing.
 */
#ifndef ENGINE_JOURNAL_H
#define ENGINE_JOURNAL_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct journal_file {
	char		*path;
	int		 fd;		/* -1: not open, or there is none */
	uint64_t	 size;		/* bytes */
	uint64_t	 last;		/* number of its last entry, 0: it is empty */
};

struct journal {
	struct journal_file	 file[2];
	unsigned		 current;	/* the one that is written */
	uint64_t		 number;	/* of the last entry, from 1 */
	uint64_t		 lost;		/* entries that the replay did not find */
	bool			 sync;
	struct buf		 scratch;
};

struct journal_entry {
	uint64_t	 number;
	int		 source;
	uint64_t	 records;
	const char	*header;	/* of the connection; length 0: none */
	size_t		 header_len;
	const char	*text;
	size_t		 len;
};

/*
 * Opens both files beside PATH.  MAKE: there will be entries; else it reads those that there are,
 * and a file that is missing is empty.  SYNC: an entry is on the disk when journal_add returns.
 * 0, or -1 and the error: then it is closed.
 */
int journal_open(struct journal *, const char *path, bool make, bool sync, struct err *);
void journal_close(struct journal *);

/* Its entries are those of a checkpoint that is gone: empties it; 0 or -1. */
int journal_clear(struct journal *, struct err *);

/* Appends an entry, whose number it sets; 0, or -1 and the error. */
int journal_add(struct journal *, struct journal_entry *, struct err *);

/*
 * Gives all entries behind number AFTER, in order, and sets lost; TAKE returns 0, or -1 and the
 * error.
 */
int journal_replay(struct journal *, uint64_t after,
    int (*take)(void *arg, const struct journal_entry *, struct err *), void *arg, struct err *);

/*
 * A commit covers all entries up to number UPTO.  CUT: and some of the next one, which must stay.
 * 0, or -1 and the error.
 */
int journal_committed(struct journal *, uint64_t upto, bool cut, struct err *);

/* Bytes in both files. */
uint64_t journal_bytes(const struct journal *);

#endif
