/*
 * Sockets that are bound at all addresses of an endpoint, one for each, on one port: listening
 * stream sockets, or datagram sockets.
 */
#ifndef SOURCE_BIND_H
#define SOURCE_BIND_H

#include "source/endpoint.h"

#include <stddef.h>

struct binding {			/* a zeroed struct has no sockets */
	size_t		 sockets;
	int		 fd[2];		/* non-blocking */
	struct address	 address[2];	/* what they are bound to, port included */
};

/*
 * Binds sockets of TYPE, SOCK_STREAM ones listen; port 0 picks one that is free at every address.
 * An address family that this machine lacks is left out if there is another.  0, or -1 with an
 * error that begins with SUBJECT.
 */
int binding_open(struct binding *, const struct endpoint *, int type, const char *subject,
    struct err *);

/* Closes the sockets; harmless twice. */
void binding_close(struct binding *);

#endif
