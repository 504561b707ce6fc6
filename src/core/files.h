/*
 * Files that a stage reads besides its input: tables, lists of keys, first states, models, rules;
 * and those that it writes.  Core and stages do no I/O: the host gives them whole files, takes
 * whole ones, and tells when one has changed.
 */
#ifndef CORE_FILES_H
#define CORE_FILES_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a file looked when it was read. */
struct file_stamp {
	bool		fixed;		/* not a regular file: read once and never again */
	uint64_t	device, inode;
	int64_t		size, mtime;	/* bytes; nanoseconds since the epoch */
	unsigned	asked;		/* how often the user had asked for all to be read again */
};

/* All are set. */
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

	/*
	 * Makes the file one of LEN bytes, all of them or none: whatever fails, and if the power
	 * does, the old file is still there or the new one is.  What is not a regular file is
	 * written to.  0, or -1 with the error.
	 */
	int	(*save)(void *arg, const char *path, const char *bytes, size_t len, struct err *);

	/* True if there is nothing of that name. */
	bool	(*missing)(void *arg, const char *path);
};

#endif
