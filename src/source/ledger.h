/*
 * The files that dir: has taken: a file is known by device, inode, size and first bytes, whatever
 * its names and times are.  Pure memory.  Once it has been put down it keeps which files have
 * changed since, or were forgotten.
 */
#ifndef SOURCE_LEDGER_H
#define SOURCE_LEDGER_H

#include "source/probe.h"

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

struct taken {
	dev_t		dev;
	ino_t		ino;			/* 0: an empty slot */
	uint64_t	size;
	struct timespec	changed;		/* its ctime: only a reason to look again */
	struct head	head;
	uint64_t	seen;			/* the last scan that found it */
};

struct file_id {
	dev_t		dev;
	ino_t		ino;
};

struct ledger {				/* zeroed: empty */
	struct taken	*slot;
	size_t		 n, cap;
	bool		 tracked;	/* it was put down: since then ... */
	struct file_id	*changed;	/* ... these were put or forgotten */
	size_t		 nchanged, changed_cap;
};

/* The entry of a file, or NULL; valid until the next change. */
struct taken *ledger_find(const struct ledger *, dev_t, ino_t);

/* Adds a file, or replaces its entry; 0, or -1 when memory is short. */
int ledger_put(struct ledger *, const struct taken *);

/*
 * Forgets the files that no scan since BEFORE has found: their inodes may be others' by now.  0, or
 * -1 when memory is short (nothing is forgotten).
 */
int ledger_sweep(struct ledger *, uint64_t before);

/* All of it is put down. */
void ledger_saved(struct ledger *);

void ledger_free(struct ledger *);

#endif
