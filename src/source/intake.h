/*
 * The names in a directory that are to be looked at, in the order in which they are to be read, and
 * the one file that is being read.
 */
#ifndef SOURCE_INTAKE_H
#define SOURCE_INTAKE_H

#include "source/source.h"
#include "source/unpack.h"

#include <limits.h>
#include <time.h>

struct candidate {
	char		*name;
	bool		 complete;	/* it was renamed in, or closed after writing */
	bool		 looked;	/* size and written are those of the last look */
	uint64_t	 size;
	struct timespec	 written;	/* mtime */
	int64_t		 since;		/* they are so, monotonic */
};

struct candidates {			/* zeroed: none; they are list[first .. n) */
	struct candidate	*list;
	size_t			 first, n, cap;
};

/* Adds a copy of NAME, unless it is among the last SEARCH; COMPLETE is told to it.  0 or -1. */
int candidates_add(struct candidates *, const char *name, bool complete, size_t search);

/* Sorts those from FROM on by name. */
void candidates_sort(struct candidates *, size_t from);

void candidates_remove(struct candidates *, size_t at);
void candidates_free(struct candidates *);

/* True if a name is none of a file that is complete: hidden, a backup, or still being written. */
bool candidate_ignored(const char *name);

struct intake {				/* zeroed: nothing is read */
	bool		 open;
	int		 fd;
	char		 path[PATH_MAX];
	struct framer	 framer;
	struct unpack	*unpack;
};

/* Gets what it takes to open one, which then cannot fail.  0, or -1 when memory is short. */
int intake_ready(struct intake *);

/*
 * Begins to read FD, the file PATH, which is now the intake's, behind what its framer has already
 * had of it.  0, or -1 when memory is short.
 */
int intake_open(struct intake *, int fd, const char *path);

/*
 * Reads a slice.  RECEIVE_SOME: there is more, after *WAIT microseconds; RECEIVE_EOF; RECEIVE_ERROR
 * or _DAMAGED: ERR tells; RECEIVE_STOP.  At the end its last line is finished.
 */
enum receive intake_read(struct intake *, struct source *, int64_t *wait, struct err *);

void intake_close(struct intake *);	/* harmless twice */

#endif
