/*
 * The files that dir: makes in its folder.  A file is a hidden one, named by a random number of the
 * sink and one of its own, until it is complete and gets its name: at once, or with a checkpoint
 * when that is committed.  Until then it waits; what waits is saved, and so is the random number,
 * by which the hidden files that a killed run has left are found.
 */
#ifndef SINK_FOLDER_H
#define SINK_FOLDER_H

#include "base/err.h"
#include "base/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FOLDER_NAME 64			/* bytes of a name, NUL included */

struct waiting {			/* a complete file ... */
	uint64_t	number;
	char		name[FOLDER_NAME];	/* ... that will have this name */
};

struct folder {				/* a zeroed one can be closed */
	const char	*path;
	char		*from, *to;	/* room for two paths in it, of ROOM bytes */
	size_t		 room;
	uint64_t	 id, number;	/* of the hidden file that is open or comes next */
	bool		 exists;	/* there is that file */
	struct waiting	*waiting;	/* in order */
	size_t		 n, cap;
	size_t		 saved, synced;	/* the first of them: in a checkpoint, on the disk */
	bool		 changed;	/* names may not be on the disk yet ... */
	bool		 placed;	/* ... where the folder's own is: it was there */
};

/* Makes the folder, if it is not there, and a first hidden file; its descriptor, or -1. */
int folder_open(struct folder *, const char *path, struct err *);

/*
 * The same for one that was saved: gives the files that waited then their names, and removes
 * all others that a run behind that has left.
 */
int folder_reopen(struct folder *, const char *path, struct err *);

/* The next hidden file; its descriptor, or -1. */
int folder_make(struct folder *, struct err *);

/* The file is complete and closed, and has its name at once; or when it is published.  0 or -1. */
int folder_name(struct folder *, const char *name, struct err *);
int folder_wait(struct folder *, const char *name, struct err *);

/* All files that wait are on the disk.  0 or -1. */
int folder_sync(struct folder *, struct err *);

/* Puts down what waits; 0, or -1 (memory).  And reads it, before folder_reopen: 0 or -1. */
int folder_save(struct folder *, struct buf *);
int folder_load(struct folder *, struct wire *, struct err *);

/* Gives the files that were saved their names.  0 or -1. */
int folder_publish(struct folder *, struct err *);

/* Removes hidden files, but those that were saved: they may be in the checkpoint.  0 or -1. */
int folder_close(struct folder *, struct err *);

#endif
