/*
 * What the parts of dir: share: dir.c finds files and reads them, dir_judge.c decides which,
 * dir_save.c writes down what was taken.
 */
#ifndef SOURCE_DIR_H
#define SOURCE_DIR_H

#include "source/intake.h"
#include "source/ledger.h"
#include "source/spot.h"
#include "source/watch.h"

#include <sys/stat.h>

struct dir {
	struct watch		 watch;
	int			 watched;	/* the directory's number in it, or -1 */
	struct event		*timer;
	struct ledger		 ledger;
	struct candidates	 names;
	struct intake		 intake;
	uint64_t		 scans;
	int64_t			 scanned;	/* when the last one was, monotonic */
	bool			 rescan;	/* whatever the directory's time says */
	struct timespec		 changed;	/* its time at the last scan */
	bool			 told_grown;
	dev_t			 dev;		/* of the directory */
	bool			 loaded;	/* it goes on where a run before stopped ... */
	char			*half;		/* ... in this file of it, or NULL ... */
	struct spot		 half_spot;	/* ... intake.framer tells where */
	uint64_t		 written;	/* entries put down since all were */
	ino_t			 put_ino;	/* of the open file as last put down, 0: none ... */
	uint64_t		 put;		/* ... and the position in it */
	char			 path[PATH_MAX];	/* of the file looked at */
};

enum verdict { TAKE, WAIT, LEAVE, FAILED };	/* WAIT: it may still be written to */

/* Makes path that of the file NAME; false if it is too long to exist. */
bool dir_path(struct source *, const char *name);

/* True if a file was taken, and has not been changed since; says that it is still there. */
bool dir_knows(struct dir *, const struct stat *);

/*
 * Decides about a candidate, which is put down as taken with TAKE: then *FD is it, open.  FAILED:
 * errno.
 */
enum verdict dir_judge(struct source *, struct candidate *, int *fd);

/* As of a class. */
int dir_save(struct source *, struct saving *, struct err *);
int dir_load(struct source *, const struct store_part *, struct wire *, struct err *);

/* All is loaded: opens the file that was being read.  0, or -1 and the error. */
int dir_resume(struct source *, struct err *);

#endif
