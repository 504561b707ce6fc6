/*
 * A checkpoint as a thing, without a run: looked at, removed, and copied as text.
 *
 * The text (export, import) is versioned and made of lines of fields, tabs between them, escaped as
 * in TSV:
 *
 *   streamctl-checkpoint VERSION-OF-THE-TEXT VERSION-OF-THE-CHECKPOINT
 *   SUM TABLE VALUE...     whole numbers, text, bytes as hexadecimal digits
 *   SUM end
 *
 * SUM is the CRC-32 of all that stands before it and of the rest of its line, so that a line that
 * was changed, lost or moved is found where it is.  Tables are those of the checkpoint, and
 * journal, for what was accepted behind the last commit by a run that died.
 */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATE_VERSION 1

struct state_table {
	const char	*name;
	const char	*kinds;		/* of its columns: i number, t text, b bytes */
	const char	*select;	/* NULL: the journal */
};

/* In the order in which they are written; ended by a zeroed one. */
extern const struct state_table state_tables[];

/* The files beside a checkpoint: what they end in; the checkpoint itself is "". */
#define STATE_FILES 6
extern const char *const state_suffixes[STATE_FILES];

/* Each: 0, or -1 and the error. */

/* What people want to know, as TSV to FD; the checkpoint may be in use. */
int state_show(const char *path, int fd, struct err *);

/* Removes the checkpoint and the files beside it; another's file is left, and one in use. */
int state_reset(const char *path, struct err *);

/* Writes it to FD as of its last commit; if nobody uses it, with what its journal has. */
int state_export(const char *path, int fd, struct err *);

/* Makes it from what FD has; nothing is left behind when that is damaged. */
int state_import(const char *path, int fd, struct err *);

/* ---- between the files of it ---- */

struct state_field {
	char	*text;			/* or bytes */
	size_t	 len;
	int64_t	 number;
};

/*
 * Cuts what LINE has at its tabs and takes the values, in place; false if there are not as many of
 * these kinds.
 */
bool state_take(const char *kinds, char *line, struct state_field *fields);

/* PATH and a suffix, to be freed with mem_free; NULL and the error. */
char *state_file(const char *path, const char *suffix, struct err *);

/* Removes those of the files that are there. */
int state_remove(const char *path, struct err *);

#endif
