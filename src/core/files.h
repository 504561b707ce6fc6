/*
 * Files that a stage reads besides its input: tables, lists of keys, first states, models, rules.
 * Core and stages do no I/O: the host gives them whole files, and tells when one has changed.
 */
#ifndef CORE_FILES_H
#define CORE_FILES_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* How a file looked when it was read. */
struct file_stamp {
	bool		fixed;		/* not a regular file: read once and never again */
	uint64_t	device, inode;
	int64_t		size, mtime;	/* bytes; nanoseconds since the epoch */
};

/* All three are set. */
struct files {
	void	*arg;

	/*
	 * Reads the whole file into TEXT (emptied before) and notes how it looked.  0; 1: it cannot
	 * be read and ERR says why, with the path in front; -1: memory is short.
	 */
	int	(*load)(void *arg, const char *path, struct buf *text, struct file_stamp *,
		    struct err *);

	/* True if the file looks other than so, or is not there. */
	bool	(*changed)(void *arg, const char *path, const struct file_stamp *);

	/* Tells the user, in one line, what does not end the run. */
	void	(*tell)(void *arg, const char *message);
};

#endif
