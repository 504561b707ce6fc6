/*
 * One try to connect to one address, with a time limit.  Owns the descriptor until it is connected.
 */
#ifndef SOURCE_DIAL_H
#define SOURCE_DIAL_H

#include "source/endpoint.h"

#include <stdint.h>

struct event;
struct event_base;

struct dial_failure {
	const char	*action;	/* the system call */
	int		 number;	/* its errno; 0: the time was over */
};

/* FD is connected and the callee's, or -1 because of the failure. */
typedef void (*dial_fn)(void *arg, int fd, const struct dial_failure *);

struct dial {				/* a zeroed struct is at rest */
	struct event	*writable;	/* NULL: at rest */
	int		 fd;
	const struct address *address;
	dial_fn		 done;
	void		*arg;
};

enum dial_status { DIAL_UNDER_WAY, DIAL_FAILED, DIAL_NO_MEMORY };

/*
 * Starts to connect to an address, which must stay; DONE is called once from the loop, within
 * TIMEOUT microseconds, if it is UNDER_WAY.  If it FAILED at once, *FAILURE says why.
 */
enum dial_status dial_start(struct dial *, struct event_base *, const struct address *,
    int64_t timeout, dial_fn done, void *arg, struct dial_failure *failure);

/* Ends it without calling back; harmless at rest. */
void dial_stop(struct dial *);

#endif
