/* One try to connect, see dial.h. */
#include "source/dial.h"

#include "engine/sys.h"

#include <errno.h>
#include <event2/event.h>

#define INTERRUPTS 8			/* of one connect(2) before it counts as failed */

/* Notices a peer that vanished without a word; only helps, so a failure is ignored. */
static void
set_keepalive(int fd)
{
	int yes = 1;

	(void)sys.setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
}

/* connect(2) without waiting; 0: connected or on the way; -1 with errno. */
static int
call_connect(int fd, const struct address *a)
{
	for (int i = 0; i < INTERRUPTS; i++) {
		if (sys.connect(fd, &a->any, a->length) == 0)
			return 0;
		if (errno == EINPROGRESS || errno == EALREADY || errno == EISCONN)
			return 0;
		if (errno != EINTR)
			return -1;
	}
	return -1;
}

/* The errno of a connect(2) that ended; 0: connected.  With itself is as good as refused. */
static int
connect_result(int fd, const struct address *a)
{
	int number = 0;
	socklen_t size = sizeof(number);

	if (sys.getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size) == -1)
		return errno;
	return number == 0 && address_is_own(fd, &a->any) ? ECONNREFUSED : number;
}

static void
writable_cb(evutil_socket_t fd, short events, void *arg)
{
	struct dial *d = arg;
	struct dial_failure failure = { .action = "connect" };

	event_free(d->writable);
	d->writable = NULL;
	if (!(events & EV_TIMEOUT)) {
		failure.number = connect_result(fd, d->address);
		if (failure.number == 0) {
			d->done(d->arg, fd, NULL);
			return;
		}
	}
	sys.close(fd);
	d->done(d->arg, -1, &failure);
}

/* A descriptor that is connected or on the way; or -1 with the failure. */
static int
make_socket(const struct address *a, struct dial_failure *failure)
{
	int fd = sys.socket(a->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	*failure = (struct dial_failure){ "socket", errno };
	if (fd == -1)
		return -1;
	set_keepalive(fd);
	if (call_connect(fd, a) == 0)
		return fd;
	*failure = (struct dial_failure){ "connect", errno };
	sys.close(fd);
	return -1;
}

enum dial_status
dial_start(struct dial *d, struct event_base *base, const struct address *a, int64_t timeout,
    dial_fn done, void *arg, struct dial_failure *failure)
{
	const struct timeval tv = sys_timeval(timeout);
	int fd = make_socket(a, failure);

	if (fd == -1)
		return DIAL_FAILED;
	*d = (struct dial){ .fd = fd, .address = a, .done = done, .arg = arg };
	d->writable = event_new(base, fd, EV_WRITE, writable_cb, d);
	if (d->writable == NULL) {
		sys.close(fd);
		return DIAL_NO_MEMORY;
	}
	if (event_add(d->writable, &tv) == -1) {
		dial_stop(d);
		return DIAL_NO_MEMORY;
	}
	return DIAL_UNDER_WAY;
}

void
dial_stop(struct dial *d)
{
	if (d->writable == NULL)
		return;
	event_free(d->writable);
	d->writable = NULL;
	sys.close(d->fd);
}
