/*
 * What the parts of tail: share: tail_find.c finds files, tail.c reads them and decides when.
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

/* Puts every file that has got the name on the list; 0, or -1: the source has failed. */
int tail_find(struct source *);

#endif
