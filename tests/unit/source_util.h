/*
 * A source by itself: a host that keeps the lines it was given, a store in memory, and a folder for
 * its files.  A run can be cut after any number of bytes, as if the process had died there.
 */
#ifndef UNIT_SOURCE_UTIL_H
#define UNIT_SOURCE_UTIL_H

#include "source/source.h"
#include "util.h"

struct chunk {
	struct buf	bytes;
};

struct rig {
	struct source_host	 host;
	struct source		 source;
	struct lines		 lines;
	struct buf		 out;		/* lines that were taken, of all runs */
	struct buf		 told;		/* notices, a line each */
	uint64_t		 stop;		/* bytes of this run after which it is cut */
	uint64_t		 taken;		/* in this run */
	size_t			 piece;		/* the most that is read at a time */
	bool			 dry;		/* runs read nothing */
	bool			 eager;		/* all that is taken is saved at once */
	bool			 stopped, ended, failed;
	struct err		 err;
	struct chunk		*chunk;		/* what was saved */
	size_t			 chunks;
	struct buf		 saved;		/* entries that are not put yet */
};

#define FOR_EVER UINT64_MAX
#define RIG_MAX_LINE 64

void rig_open(struct rig *);
void rig_close(struct rig *);

/*
 * A run of a source: loads what was saved, if anything, and reads until it ends, fails, has given
 * STOP bytes or, if it does not end, nothing has come for a while; then saves.  0, or -1 if it
 * could not be opened, loaded or started.
 */
int rig_run(struct rig *, const char *address, uint64_t stop);

/* Forgets what was saved. */
void rig_forget(struct rig *);

/* The path of a name in the folder of this test, which is new for each test; valid until 8 more. */
const char *in_folder(const char *format, ...) __attribute__((format(printf, 1, 2)));
void files_open(void);
void files_close(void);

/* Writes a file whole, or appends to it. */
void file_write(const char *path, const char *bytes, size_t len);
void file_append(const char *path, const char *text);

#endif
