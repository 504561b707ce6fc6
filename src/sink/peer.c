/* Reaching a host and port, see peer.h. */
#include "sink/peer.h"

#include "engine/sys.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#define CONNECT_SECONDS 10
#define INTERRUPTS 8			/* of one connect(2) before it counts as failed */

short
peer_wait(int fd, short events, int timeout)
{
	struct pollfd p = { .fd = fd, .events = events };

	return sys.poll(&p, 1, timeout) == 1 ? p.revents : 0;
}

void
peer_pause(int64_t us)
{
	int64_t end = sys.mono() + us;

	while (us > 0 && sys_overdue == 0 &&
	    sys.poll(NULL, 0, (int)((us + 999) / 1000)) == -1 && errno == EINTR)
		us = end - sys.mono();
}

int
peer_error(int fd)
{
	int number = 0;
	socklen_t size = sizeof(number);

	if (sys.getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size) == -1)
		return errno;
	return number;
}

/* An error that only says that this machine lacks the address's family. */
static bool
is_weak(int number)
{
	return number == EAFNOSUPPORT || number == EADDRNOTAVAIL || number == ENETUNREACH;
}

/* Waits for a connection that is on its way; 0 or an errno. */
static int
await(int fd)
{
	int64_t end = sys.mono() + CONNECT_SECONDS * INT64_C(1000000), left;

	while ((left = end - sys.mono()) > 0 && sys_overdue == 0) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		int n = sys.poll(&p, 1, (int)((left + 999) / 1000));

		if (n == 1)
			return peer_error(fd);
		if (n == -1 && errno != EINTR && errno != EAGAIN)
			return errno;
	}
	return ETIMEDOUT;
}

/* 0 or an errno. */
static int
call_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	for (int i = 0; i < INTERRUPTS; i++) {
		if (sys.connect(fd, address, length) == 0 || errno == EISCONN)
			return 0;
		if (errno == EINPROGRESS || errno == EALREADY)
			return await(fd);
		if (errno != EINTR)
			break;
	}
	return errno;
}

/* A connected descriptor, or -1; then *NUMBER is the errno of *ACTION. */
static int
try_address(const struct peer *p, const struct sockaddr *address, socklen_t length,
    const char **action, int *number)
{
	int fd = sys.socket(address->sa_family, p->type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int yes = 1;

	*action = "socket";
	*number = errno;
	if (fd == -1)
		return -1;
	if (p->type == SOCK_STREAM) {	/* a peer that vanished is noticed, and the end of a batch
					 * does not wait for an acknowledgement; both only help */
		(void)sys.setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
		(void)sys.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	}
	*action = "connect";
	*number = call_connect(fd, address, length);
	if (*number == 0 && p->type == SOCK_STREAM && address_is_own(fd, address))
		*number = ECONNREFUSED;
	if (*number == 0)
		return fd;
	sys.close(fd);
	return -1;
}

/* Tries one more address; a descriptor, or -1 with the reason, unless there was a better one. */
static int
try_next(const struct peer *p, const struct sockaddr *address, socklen_t length,
    struct peer_failure *f, bool *weak)
{
	const char *action;
	int number, fd = try_address(p, address, length, &action, &number);

	if (fd == -1 && (f->why[0] == '\0' || *weak)) {
		(void)snprintf(f->why, sizeof(f->why), "%s: %s", action, strerror(number));
		*weak = is_weak(number);
	}
	return fd;
}

static void
lookup_failed(const struct endpoint *e, int result, int number, struct peer_failure *f)
{
	f->for_good = result == EAI_NONAME || result == EAI_MEMORY;
	if (result == EAI_NONAME)
		(void)snprintf(f->why, sizeof(f->why), "there is no host named %.100s", e->host);
	else if (result == EAI_MEMORY)
		(void)snprintf(f->why, sizeof(f->why), "out of memory looking up its name");
	else
		(void)snprintf(f->why, sizeof(f->why), "looking up %.80s: %s", e->host,
		    result == EAI_SYSTEM ? strerror(number) : gai_strerror(result));
}

static int
connect_name(const struct peer *p, struct peer_failure *f)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = p->type };
	struct addrinfo *found = NULL;
	bool weak = false;
	size_t skip = p->skip;
	int fd = -1, result = EAI_NONAME;
	char port[8];

	(void)snprintf(port, sizeof(port), "%u", (unsigned)p->endpoint.port);
	if (!endpoint_is_invalid(p->endpoint.host))
		result = sys.getaddrinfo(p->endpoint.host, port, &hints, &found);
	if (result != 0) {
		lookup_failed(&p->endpoint, result, errno, f);
		return -1;
	}
	for (struct addrinfo *a = found; a != NULL && fd == -1; a = a->ai_next)
		if (skip == 0)
			fd = try_next(p, a->ai_addr, a->ai_addrlen, f, &weak);
		else
			skip--;
	freeaddrinfo(found);
	return fd;
}

int
peer_connect(const struct peer *p, struct peer_failure *f)
{
	const struct endpoint *e = &p->endpoint;
	bool weak = false;
	int fd = -1;

	*f = (struct peer_failure){ 0 };
	if (e->kind == ENDPOINT_NAME)
		return connect_name(p, f);
	for (size_t i = p->skip; i < e->addresses && fd == -1; i++)
		fd = try_next(p, &e->address[i].any, e->address[i].length, f, &weak);
	return fd;
}
