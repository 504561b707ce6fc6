/*
 * What the parts of tail: share: tail_find.c finds files, tail.c reads them and decides when,
 * tail_save.c writes down how far, tail_resume.c finds the files of a run before.
 */
#ifndef SOURCE_TAIL_H
#define SOURCE_TAIL_H

#include "source/arrivals.h"
#include "source/trail.h"
#include "source/watch.h"

#include <fcntl.h>

#define TAIL_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

struct tail {
	struct trail	*first;
	struct watch	 watch;
	int		 watched;	/* the directory's number in it, or -1 */
	char		*dir;		/* that holds the name, ended by '/'; "" is here */
	struct event	*timer;
	struct arrivals	 arrivals;
	bool		 told;		/* why the file cannot be opened */
	bool		 woken;		/* by inotify, which rests until the next look */
	struct buf	 put;		/* what was last put down */
};

/* Ends the source with an error; ENOMEM is told as such.  Returns -1. */
int tail_fail(struct source *, const char *action, int number);

/* Takes a file off the list. */
void tail_drop(struct tail *, struct trail **at);

/* What FD begins with if that is no text, else NULL. */
const char *tail_recognise(int fd);

/* Is told by inotify of a file that it changes. */
int tail_watch_file(struct tail *, int fd);

/* Watches the directory, unless that is done; it may be there by now. */
void tail_watch_dir(struct tail *);

/* Adds FD, a file that is not on the list, to its end; 0, or -1 when memory is short. */
int tail_add(struct tail *, int fd, const struct stat *);

/* The path of NAME in the file's directory; false if it is too long. */
bool tail_path(const struct tail *, const char *name, char path[PATH_MAX]);

/* True if there is a trail of the file. */
bool tail_follows(const struct tail *, const struct stat *);

/*
 * The list was loaded: finds its files, and those that had the name since; what cannot be found is
 * told and dropped.  0, or -1 and the error.
 */
int tail_resume(struct source *, struct err *);

/* As of a class. */
int tail_save(struct source *, struct saving *, struct err *);
int tail_load(struct source *, const struct store_part *, struct wire *, struct err *);

/* Puts every file that has got the name on the list; 0, or -1: the source has failed. */
int tail_find(struct source *);

#endif
