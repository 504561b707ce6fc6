/*
 * inotify: being told of changes early.  Nothing depends on it: where the system has none of it to
 * give, or a file system is silent, watches see nothing and their owner's own looks find out.
 */
#ifndef SOURCE_WATCH_H
#define SOURCE_WATCH_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/inotify.h>

struct event;
struct event_base;

struct watch {
	int		 fd;		/* -1: no inotify */
	struct event	*event;		/* for one event: the owner arms it again */
	void		(*wake)(void *);
	void		*arg;
};

/* WAKE is called when there is something to read, once for each watch_arm.  0, or -1 and ERR. */
int watch_open(struct watch *, struct event_base *, void (*wake)(void *), void *arg, struct err *);
void watch_close(struct watch *);	/* of an open one; harmless twice */

/* Waits for events; 0, or -1 when memory is short. */
int watch_arm(struct watch *);

/* Watches PATH, or the file behind FD, for MASK; a number, or -1: it cannot be watched. */
int watch_path(struct watch *, const char *path, uint32_t mask);
int watch_file(struct watch *, int fd, uint32_t mask);
void watch_forget(struct watch *, int number);	/* harmless with -1 */

/* Tells all events there are; IN_Q_OVERFLOW among them means that some are missing. */
void watch_read(struct watch *, void (*tell)(void *, const struct inotify_event *), void *arg);

#endif
