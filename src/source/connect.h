/*
 * The state machine of an outgoing stream connection, for tcp:// and unix:.  One connection at a
 * time; it is made again when it could not be made or was lost.
 *
 *               .--> RESOLVING --.                .-- next address --.
 *               |  (a name only) v                v                  |
 *    start -> WAITING -------> (addresses) --> CONNECTING -----------+
 *               ^                                 |                  | all have failed
 *               |                                 v                  v
 *               '------ backoff ----- lost --- READING         retries left?
 *               '------ backoff ------------------------- yes -------'
 *
 * A round is one try of all addresses.  --retries bounds the rounds that fail in a row; a
 * connection that breaks counts as failed, too, and one that brought bytes starts the count and
 * the backoff again.  A peer that closes cleanly again and again (--on-eof reconnect) is waited
 * for without an end.
 *
 * Owns its events, its descriptor, its reader and the addresses that were looked up.
 */
#ifndef SOURCE_CONNECT_H
#define SOURCE_CONNECT_H

#include "source/backoff.h"
#include "source/dial.h"
#include "source/reader.h"

struct event;
struct lookup;

enum connect_state {
	CONNECT_IDLE,			/* not started, or over */
	CONNECT_WAITING,		/* for the next round */
	CONNECT_RESOLVING,
	CONNECT_CONNECTING,
	CONNECT_READING,
};

struct connector {			/* a zeroed struct is idle and can be closed */
	/* Set by the owner. */
	struct source		*source;
	const char		*name;		/* looked up in each round, or NULL: */
	uint16_t		 port;
	const struct address	*addresses;	/* these, or the ones found */
	size_t			 count;

	enum connect_state	 state;
	struct event		*timer;		/* of WAITING and RESOLVING */
	struct lookup		*lookup;
	struct address		*found;		/* what addresses points to if they are ours */
	size_t			 next;		/* address to try */
	struct dial		 dial;		/* of CONNECTING */
	struct reader		 reader;	/* of READING */
	struct backoff		 backoff;
	uint64_t		 retried;	/* in a row */
	bool			 connected;	/* once at least */
	int64_t			 lost;		/* when it was, on the monotonic clock */
	char			 why[128];	/* this round has failed */
	bool			 why_weak;	/* a better reason may take its place */
};

/* Starts to connect; all news come from the loop.  0, or -1 when memory is short. */
int connect_start(struct connector *, struct err *);

/* Ends it in whatever state it is. */
void connect_close(struct connector *);

#endif
