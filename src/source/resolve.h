/*
 * Looking up a host name without waiting: the hosts file, then name servers, through evdns.
 *
 * A lookup makes the event of the one who asked active when its answer is there; the answer lies
 * in the lookup until it is taken.  evdns cannot be kept from calling back, so a lookup that was
 * dropped before its answer lives on until evdns lets go of it, which takes a turn of the loop.
 */
#ifndef SOURCE_RESOLVE_H
#define SOURCE_RESOLVE_H

#include "source/endpoint.h"
#include "source/source.h"

struct event;
struct lookup;

enum lookup_status {
	LOOKUP_FOUND,
	LOOKUP_PENDING,			/* there is no answer yet */
	LOOKUP_NO_NAME,			/* the name does not exist */
	LOOKUP_FAILED,			/* nobody could tell */
	LOOKUP_NO_MEMORY,
};

/*
 * Asks for the IPv4 and IPv6 addresses of NAME; WAKE is made active once, never before this
 * returns.  NULL: memory is short.
 */
struct lookup *lookup_start(struct source *, const char *name, struct event *wake);

/*
 * Ends the lookup.  If its answer is there, *FOUND is an array of *COUNT addresses with PORT in
 * them, the caller's to free; otherwise both are untouched.
 */
enum lookup_status lookup_take(struct lookup *, uint16_t port, struct address **found,
    size_t *count);

/* Ends the lookup without its answer; NULL is none. */
void lookup_drop(struct lookup *);

#endif
