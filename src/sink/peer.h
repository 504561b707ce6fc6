/*
 * A host and port that rows are sent to, for tcp:// and udp://.  All calls wait: nothing else is
 * to be done while rows cannot leave.
 */
#ifndef SINK_PEER_H
#define SINK_PEER_H

#include "source/endpoint.h"

#include <stdint.h>

#define PEER_WHY 160

struct peer {
	struct endpoint	 endpoint;
	int		 type;			/* SOCK_STREAM or SOCK_DGRAM */
	size_t		 skip;			/* addresses to leave out, from the first */
};

/* Why a peer could not be reached. */
struct peer_failure {
	bool	for_good;			/* it makes no sense to try again */
	char	why[PEER_WHY];
};

/*
 * Looks up the name, if it is one, and tries all its addresses, each for 10 s at most; a
 * descriptor that does not block, or -1 with the failure.
 */
int peer_connect(const struct peer *, struct peer_failure *);

/*
 * Waits until FD is ready for EVENTS, or has failed, or TIMEOUT milliseconds are over (-1: never);
 * what it is ready for, 0 if nothing.
 */
short peer_wait(int fd, short events, int timeout);

/* Waits so many microseconds, or until the time to end is over. */
void peer_pause(int64_t us);

/* The errno that a socket has failed with; 0: it has not. */
int peer_error(int fd);

#endif
