/*
 * What a checkpoint belongs to: lines of text that say what its state means, "NAME: VALUE" each.
 * First those that give times and records their meaning, then the pipeline in the order of its
 * words ("stage", "also", "as", "from", "into"), then the outputs.
 */
#ifndef ENGINE_IDENTITY_H
#define ENGINE_IDENTITY_H

#include "engine/job.h"

/*
 * Compares the lines of the run with those of the run that made the checkpoint, or puts them into a
 * new one.  Others are refused with what differs (ERR_CHECKPOINT); with resume_changed what is
 * alike is kept, and all else begins anew.  0, or -1 and the error.
 */
int identity_check(struct checkpoint *, const struct job_config *, struct err *);

/* ---- between the files of the identity ---- */

size_t identity_length(const char *line);
const char *identity_next(const char *line);
bool identity_same(const char *line, const char *other);

/* True if the line has that name. */
bool identity_named(const char *line, const char *name);

/* The Nth line of that name, from 0; NULL: there are fewer. */
const char *identity_find(const char *lines, const char *name, unsigned n);
unsigned identity_count(const char *lines, const char *name);

/*
 * OLD is not what the run has, but means the same times and records: the state of stages and
 * outputs that are alike is given their numbers, and that of others is dropped, in the open
 * transaction.  Tells which begin anew.  0, or -1 and the error.
 */
int identity_keep(struct checkpoint *, const struct job_config *, const char *old, struct err *);

#endif
