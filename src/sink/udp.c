/*
 * udp://HOST:PORT: a datagram for each row, with its line end, as statsd and its like take them.
 * Nobody says whether a datagram arrives.  Of those that are known to be lost the first is told,
 * with the reason, and the number of all in the end; they do not end the run.
 */
#include "base/buf.h"
#include "engine/sys.h"
#include "sink/peer.h"
#include "sink/sink.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define LARGEST 65507			/* bytes of a datagram over IPv4 */

struct udp {
	struct peer	 peer;
	bool		 tried;		/* the address has been sent to */
	bool		 quoted;	/* CSV: between quotes a line end belongs to the row */
	uint64_t	 lost;
};

/* Errors of the network, or of this one row; the next one may well arrive. */
static bool
is_loss(int number)
{
	switch (number) {
	case ECONNREFUSED: case EHOSTUNREACH: case ENETUNREACH: case ENETDOWN: case ENOBUFS:
	case EMSGSIZE: case EPERM:
		return true;
	default:
		return false;
	}
}

static void
count_lost(struct sink *s, const char *why)
{
	struct udp *u = s->private;

	if (u->lost++ == 0)
		s->notice(s, "a row is lost: %s; more are only counted", why);
}

/* 0 or an errno. */
static int
send_once(int fd, const char *row, size_t len)
{
	while (sys.write(fd, row, len) == -1) {
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			(void)peer_wait(fd, POLLOUT, -1);
		else if (errno != EINTR)
			return errno;
	}
	return 0;
}

/*
 * A name such as localhost has two addresses, and only one may have a receiver, which connect(2)
 * cannot tell.  On this machine a datagram to the wrong one is refused at once; then the next
 * address gets it.  0, an errno, or -1 with the error.
 */
static int
send_first(struct sink *s, const char *row, size_t len)
{
	struct udp *u = s->private;
	struct peer_failure f;
	int number;

	u->tried = true;
	for (;;) {
		int fd;

		number = send_once(s->fd, row, len);
		if (number == 0)
			number = peer_error(s->fd);
		if (number != ECONNREFUSED)
			return number;
		u->peer.skip++;
		fd = peer_connect(&u->peer, &f);
		if (fd == -1)
			return number;
		sys.close(s->fd);
		s->fd = fd;
	}
}

static int
send_row(struct sink *s, const char *row, size_t len, struct err *err)
{
	struct udp *u = s->private;
	int number;

	if (len > LARGEST) {
		count_lost(s, "it is longer than 65507 bytes");
		return 0;
	}
	number = u->tried ? send_once(s->fd, row, len) : send_first(s, row, len);
	if (number == ECONNREFUSED) {	/* said of an earlier one; this one was not sent */
		count_lost(s, strerror(number));
		number = send_once(s->fd, row, len);
	}
	if (number == 0)
		return 0;
	if (!is_loss(number))
		return err_system(err, s->address, "write", number);
	count_lost(s, strerror(number));
	return 0;
}

/* The end of the row at TEXT, behind its line end. */
static const char *
row_end(const struct udp *u, const char *text, const char *end)
{
	bool inside = false;

	for (; text < end; text++) {
		if (*text == '"' && u->quoted)
			inside = !inside;
		else if (*text == '\n' && !inside)
			return text + 1;
	}
	return end;
}

static int
open_udp(struct sink *s, struct err *err)
{
	struct udp *u = s->private;
	struct peer_failure f;

	s->fd = -1;
	u->peer.type = SOCK_DGRAM;
	u->quoted = s->format != NULL && strcmp(s->format, "csv") == 0;
	if (endpoint_parse_remote(&u->peer.endpoint, s->class->prefix, s->rest, s->word,
	    err) == -1)
		return -1;
	s->fd = peer_connect(&u->peer, &f);
	return s->fd == -1 ? err_set(err, ERR_RUN, "%s: %s", s->address, f.why) : 0;
}

static int
write_udp(struct sink *s, const char *bytes, size_t len, struct err *err)
{
	const char *end = bytes + len;

	while (bytes < end) {
		const char *next = row_end(s->private, bytes, end);

		if (send_row(s, bytes, (size_t)(next - bytes), err) == -1)
			return -1;
		bytes = next;
	}
	return 0;
}

static int
close_udp(struct sink *s, struct err *err)
{
	struct udp *u = s->private;

	(void)err;
	if (u->lost > 1)
		s->notice(s, "%" PRIu64 " rows are lost", u->lost);
	if (s->fd != -1)
		sys.close(s->fd);
	s->fd = -1;
	u->lost = 0;
	return 0;
}

const struct sink_class sink_udp = {
	.name = "udp",
	.prefix = "udp://",
	.usage = "udp://HOST:PORT",
	.help = "a datagram for each row",
	.flags = SINK_HEADS,		/* and sends none */
	.size = sizeof(struct udp),
	.open = open_udp,
	.write = write_udp,
	.close = close_udp,
};
