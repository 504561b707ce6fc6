/* Bound sockets, see bind.h. */
#include "source/bind.h"

#include "engine/sys.h"

#include <errno.h>

#define BACKLOG 4096
#define FREE_PORT_TRIES 16		/* until a free port is free in both families */

/* Sets a socket of TYPE up at A; what failed is left in ACTION, why in errno. */
static int
set_up(int fd, const struct address *a, int type, const char **action)
{
	int yes = 1;

	/* Only for comfort; clients inherit the keepalive.  Datagrams would go to one of two. */
	if (type == SOCK_STREAM) {
		(void)sys.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
		(void)sys.setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
	}
	*action = "setsockopt";
	if (a->any.sa_family == AF_INET6 &&
	    sys.setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes)) == -1)
		return -1;
	*action = "bind";
	if (sys.bind(fd, &a->any, a->length) == -1)
		return -1;
	*action = "listen";
	return type == SOCK_STREAM ? sys.listen(fd, BACKLOG) : 0;
}

/* Learns the port that the kernel picked, if it did; -1 with errno. */
static int
learn_port(int fd, struct address *a)
{
	struct address bound = { .length = sizeof(bound.in6) };

	if (address_port(a) != 0)
		return 0;
	if (sys.getsockname(fd, &bound.any, &bound.length) == -1)
		return -1;
	address_set_port(a, address_port(&bound));
	return 0;
}

/* Adds a socket at A; -1 with ACTION and errno. */
static int
add_socket(struct binding *b, struct address a, int type, const char **action)
{
	int fd, number;

	*action = "socket";
	fd = sys.socket(a.any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (set_up(fd, &a, type, action) == 0) {
		*action = "getsockname";
		if (learn_port(fd, &a) == 0) {
			b->fd[b->sockets] = fd;
			b->address[b->sockets++] = a;
			return 0;
		}
	}
	number = errno;
	sys.close(fd);
	errno = number;
	return -1;
}

/* Adds a socket for each address, all on one port; -1 with ACTION and errno. */
static int
add_all(struct binding *b, const struct endpoint *e, int type, const char **action)
{
	int number = 0;

	for (size_t i = 0; i < e->addresses; i++) {
		struct address a = e->address[i];

		if (b->sockets > 0)
			address_set_port(&a, address_port(&b->address[0]));
		if (add_socket(b, a, type, action) == 0)
			continue;
		number = errno;
		if (number != EAFNOSUPPORT && number != EADDRNOTAVAIL) {
			binding_close(b);
			break;
		}
	}
	errno = number;
	return b->sockets > 0 ? 0 : -1;
}

int
binding_open(struct binding *b, const struct endpoint *e, int type, const char *subject,
    struct err *err)
{
	const char *action = "bind";

	for (int i = 0; i < FREE_PORT_TRIES; i++) {
		if (add_all(b, e, type, &action) == 0)
			return 0;
		if (e->port != 0 || errno != EADDRINUSE)
			break;
	}
	return err_system(err, subject, action, errno);
}

void
binding_close(struct binding *b)
{
	while (b->sockets > 0)
		sys.close(b->fd[--b->sockets]);
}
