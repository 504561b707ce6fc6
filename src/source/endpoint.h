/*
 * Where a stream socket is: HOST:PORT as people write it, checked before anything is tried, and
 * socket addresses to and from text.  Nothing here asks a name server.
 */
#ifndef SOURCE_ENDPOINT_H
#define SOURCE_ENDPOINT_H

#include "base/err.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#define ENDPOINT_HOST 254		/* longest host name, with its NUL */
#define ADDRESS_TEXT 80			/* bytes that address_format needs */

struct address {
	socklen_t	length;
	union {
		struct sockaddr		any;
		struct sockaddr_in	in;
		struct sockaddr_in6	in6;
		struct sockaddr_un	un;
	};
};

enum endpoint_kind {
	ENDPOINT_NAME,			/* a name that must be looked up */
	ENDPOINT_ADDRESSES,		/* all addresses are known */
};

struct endpoint {
	enum endpoint_kind	kind;
	uint16_t		port;
	char			host[ENDPOINT_HOST];	/* as written, without brackets */
	struct address		address[2];		/* in the order to try them */
	size_t			addresses;
};

/*
 * Reads the TEXT behind PREFIX as HOST:PORT or [IPV6]:PORT of a server to connect to; PORT is 1 to
 * 65535.  "localhost" is ::1 and 127.0.0.1 without asking anyone (RFC 6761, 6.3).
 * 0, or -1 with a usage error about WORD; its column counts from the start of PREFIX.
 */
int endpoint_parse_remote(struct endpoint *, const char *prefix, const char *text, int word,
    struct err *);

/*
 * Reads the TEXT behind PREFIX as [HOST:]PORT to listen at; PORT may be 0, HOST is an address,
 * "localhost" (also when it is left out) or "*" for all.  Otherwise as endpoint_parse_remote.
 */
int endpoint_parse_local(struct endpoint *, const char *prefix, const char *text, int word,
    struct err *);

/* True for names that never exist (RFC 6761, 6.4): "invalid" and all below it. */
bool endpoint_is_invalid(const char *name);

/* The port of an IPv4 or IPv6 address. */
uint16_t address_port(const struct address *);
void address_set_port(struct address *, uint16_t port);

/*
 * True if FD, connected to the address, is connected to itself, as chance has it now and then when
 * nobody listens on a port of this machine from which connections also begin.  Then closing it
 * leaves nothing behind that keeps others from listening there.
 */
bool address_is_own(int fd, const struct sockaddr *);

/* Writes 127.0.0.1:7000 or [::1]:7000 to OUT and returns it. */
const char *address_format(const struct address *, char out[ADDRESS_TEXT]);

#endif
