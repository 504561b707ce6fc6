/*
 * udp://[HOST:]PORT: datagrams from anyone who can reach the address; the end of a datagram ends
 * its line.  What comes while the system's buffer is full is thrown away by the system, which
 * counts it: that is told, and kept in the source.
 */
#include "base/mem.h"
#include "engine/sys.h"
#include "source/bind.h"
#include "source/source.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>

#define SLICE 1024			/* datagrams before others have their turn */
#define DATAGRAM 65536			/* bytes; more than any has */
#define RECEIVE_BUFFER (8 << 20)	/* asked of the system */
#define QUIET 10000000			/* microseconds between two notices of losses */

struct udp {
	struct binding	 binding;
	struct event	*event[2];	/* of its sockets */
	struct event	*resume;	/* a timer, while --max-rate holds it up */
	uint32_t	 lost[2];	/* as the system last said of each socket */
	uint64_t	 told;		/* of source->dropped */
	int64_t		 quiet;		/* no loss is told until then, on the monotonic clock */
	char		*bytes;		/* one datagram and a newline */
};

static struct udp *
udp_of(const struct source *s)
{
	return s->private;
}

static void
fail(struct source *s, const char *action, int number)
{
	struct udp *u = udp_of(s);
	struct err err;

	for (size_t i = 0; i < u->binding.sockets; i++)
		event_del(u->event[i]);
	err_system(&err, s->address, action, number);
	s->host->failed(s, &err);
}

/* ---- losses ---- */

static void
tell_lost(struct source *s)
{
	struct udp *u = udp_of(s);

	if (s->dropped == u->told)
		return;
	s->host->notice(s, "%llu datagrams came too fast and were dropped by the system",
	    (unsigned long long)(s->dropped - u->told));
	u->told = s->dropped;
	u->quiet = sys.mono() + QUIET;
}

/* Reads how many datagrams the socket has lost so far: it comes with the next one that it has. */
static void
count_lost(struct source *s, size_t socket, struct msghdr *message)
{
	struct udp *u = udp_of(s);
	uint32_t lost;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL)
			continue;
		memcpy(&lost, CMSG_DATA(c), sizeof(lost));
		s->dropped += lost - u->lost[socket];
		u->lost[socket] = lost;
	}
	if (s->dropped != u->told && sys.mono() >= u->quiet)
		tell_lost(s);
}

/* ---- receiving ---- */

static int
watch(struct udp *u)
{
	for (size_t i = 0; i < u->binding.sockets; i++)
		if (event_add(u->event[i], NULL) == -1)
			return -1;
	return 0;
}

static void
resume_cb(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	if (watch(udp_of(arg)) == -1)
		fail(arg, "watching for datagrams", ENOMEM);
}

static void
pause_receiving(struct source *s, int64_t wait)
{
	struct timeval tv = sys_timeval(wait);
	struct udp *u = udp_of(s);

	for (size_t i = 0; i < u->binding.sockets; i++)
		event_del(u->event[i]);
	if (event_add(u->resume, &tv) == -1)
		fail(s, "setting a timer", ENOMEM);
}

/* Takes one datagram; false if there is none or nothing more is to be touched. */
static bool
receive_one(struct source *s, size_t socket)
{
	struct udp *u = udp_of(s);
	union {
		char		bytes[CMSG_SPACE(sizeof(uint32_t))];
		struct cmsghdr	aligned;
	} control;
	struct iovec room = { .iov_base = u->bytes, .iov_len = DATAGRAM };
	struct msghdr message = {
		.msg_iov = &room, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t n = sys.recvmsg(u->binding.fd[socket], &message, 0);

	if (n == -1) {
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
			fail(s, "recvmsg", errno);
		return false;
	}
	count_lost(s, socket, &message);
	if (n > 0 && u->bytes[n - 1] != '\n')
		u->bytes[n++] = '\n';
	return s->host->take(s, u->bytes, (size_t)n);
}

static void
readable_cb(evutil_socket_t fd, short events, void *arg)
{
	struct source *s = arg;
	size_t socket = fd == udp_of(s)->binding.fd[0] ? 0 : 1;
	int64_t wait;

	(void)events;
	for (int i = 0; i < SLICE; i++) {
		if (s->host->allowed(s, &wait) == 0) {
			pause_receiving(s, wait);
			return;
		}
		if (!receive_one(s, socket))
			return;
	}
}

/* ---- life ---- */

/* All of this is only for comfort: without it less is held and losses are not told. */
static void
ask_for_room(int fd)
{
	int size = RECEIVE_BUFFER, yes = 1;

	if (sys.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) == -1)
		(void)sys.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	(void)sys.setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &yes, sizeof(yes));
}

static int
open_udp(struct source *s, struct err *err)
{
	struct udp *u = udp_of(s);
	struct endpoint e;

	if (endpoint_parse_local(&e, s->class->prefix, s->rest, s->word, err) == -1 ||
	    binding_open(&u->binding, &e, SOCK_DGRAM, s->address, err) == -1)
		return -1;
	for (size_t i = 0; i < u->binding.sockets; i++)
		ask_for_room(u->binding.fd[i]);
	u->bytes = mem_zalloc(DATAGRAM + 1 + SCAN_PAD);
	return u->bytes == NULL ? err_memory(err, "starting") : 0;
}

static int
start_udp(struct source *s, struct err *err)
{
	struct udp *u = udp_of(s);
	const struct binding *b = &u->binding;
	char one[ADDRESS_TEXT], two[ADDRESS_TEXT];
	bool made;

	u->resume = evtimer_new(s->host->base, resume_cb, s);
	made = u->resume != NULL;
	for (size_t i = 0; i < b->sockets; i++) {
		u->event[i] = event_new(s->host->base, b->fd[i], EV_READ | EV_PERSIST, readable_cb,
		    s);
		made = made && u->event[i] != NULL;
	}
	if (!made || watch(u) == -1)
		return err_memory(err, "starting to receive");
	address_format(&b->address[0], one);
	s->host->notice(s, "receiving on %s%s%s", one, b->sockets > 1 ? " and " : "",
	    b->sockets > 1 ? address_format(&b->address[1], two) : "");
	return 0;
}

static void
close_udp(struct source *s)
{
	struct udp *u = udp_of(s);

	tell_lost(s);
	for (size_t i = 0; i < u->binding.sockets; i++)
		if (u->event[i] != NULL)
			event_free(u->event[i]);
	if (u->resume != NULL)
		event_free(u->resume);
	binding_close(&u->binding);
	mem_free(u->bytes);
}

const struct source_class source_udp = {
	.name = "udp",
	.prefix = "udp://",
	.usage = "udp://[HOST:]PORT",
	.help = "datagrams; loopback without HOST",
	.size = sizeof(struct udp),
	.open = open_udp,
	.start = start_udp,
	.close = close_udp,
};
