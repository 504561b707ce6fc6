/*
 * tcp://HOST:PORT: rows over a connection, which is made again when it is lost.
 *
 * A batch is kept until the peer's system has acknowledged all of it.  The next one begins only
 * then: so at most one batch is ever in doubt, and when the connection is lost that one is sent
 * again from its start.  At least once, at most one batch repeated.
 */
#include "base/buf.h"
#include "engine/sys.h"
#include "sink/descriptor.h"
#include "sink/peer.h"
#include "sink/sink.h"
#include "source/backoff.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define ATTEMPTS 10			/* to connect, in a row */
#define LONGEST_WAIT 5000000		/* microseconds between them */
#define POLL_MS 1			/* how often acknowledgements are looked for */
#define LINGER 1000000			/* microseconds that a peer that talks has to end */

struct tcp {
	struct peer	 peer;
	struct buf	 batch;		/* the bytes that are in doubt ... */
	size_t		 sent;		/* ... and how many went into this connection, ... */
	size_t		 head_sent;	/* ... behind so many of the column names */
	bool		 connected;	/* once at least */
	bool		 complete;	/* the batch has ended */
	bool		 failed;	/* and the user was told so: nothing is tried any more */
	bool		 peer_ended;	/* it sends no more; it may well read on */
	bool		 peer_talks;
	struct backoff	 backoff;
	unsigned	 attempts;	/* failed ones in a row */
};

/* ---- the connection ---- */

static void
hang_up(struct sink *s)
{
	if (s->fd != -1)
		sys.close(s->fd);
	s->fd = -1;
}

static int
connect_once(struct sink *s, struct peer_failure *f)
{
	struct tcp *t = s->private;

	s->fd = peer_connect(&t->peer, f);
	t->sent = t->head_sent = 0;
	t->peer_ended = t->peer_talks = false;
	t->connected |= s->fd != -1;
	return s->fd == -1 ? -1 : 0;
}

static int
give_up(struct sink *s, const char *why, struct err *err)
{
	struct tcp *t = s->private;

	t->failed = true;
	err_set(err, ERR_RUN, "%s: %s", s->address, why);
	if (t->attempts > 0)
		err_add(err, ", gave up after %u %s", t->attempts,
		    t->attempts == 1 ? "retry" : "retries");
	return -1;
}

/* The run had so much time to end, and the peer has not taken all: says so and returns -1. */
static int
overdue(struct sink *s, struct err *err)
{
	struct tcp *t = s->private;

	t->failed = true;
	return descriptor_overdue(s->address, err);
}

/* There is no connection, for the reason in F: makes one.  0, or -1 with the error. */
static int
retry(struct sink *s, struct peer_failure *f, struct err *err)
{
	struct tcp *t = s->private;

	do {
		int64_t wait;

		/* A name that never was is the user's mistake; one that vanished may come back. */
		if ((f->for_good && !t->connected) || t->attempts == ATTEMPTS)
			return give_up(s, f->why, err);
		t->attempts++;
		wait = backoff_next(&t->backoff);
		if (wait > LONGEST_WAIT)
			wait = LONGEST_WAIT / 2 + wait % (LONGEST_WAIT / 2);
		s->notice(s, "%s; retry %u of %d in %.1fs", f->why, t->attempts, ATTEMPTS,
		    (double)wait / 1e6);
		peer_pause(wait);
		if (sys_overdue != 0)
			return overdue(s, err);
	} while (connect_once(s, f) == -1);
	return 0;
}

/* The connection is lost: makes another one. */
static int
reconnect(struct sink *s, int number, struct err *err)
{
	struct peer_failure f = { 0 };
	int64_t lost = sys.mono();

	hang_up(s);
	(void)snprintf(f.why, sizeof(f.why), "connection lost: %s", strerror(number));
	if (retry(s, &f, err) == -1)
		return -1;
	s->notice(s, "reconnected after %.1fs; the batch is sent again",
	    (double)(sys.mono() - lost) / 1e6);
	return 0;
}

/*
 * Reads what the peer says and throws it away, so that it never waits for us, and so that closing
 * does not reset the connection.  0, or the errno that the connection is lost with.
 */
static int
hear(struct sink *s)
{
	struct tcp *t = s->private;
	char bytes[4096];

	while (!t->peer_ended) {
		ssize_t n = sys.read(s->fd, bytes, sizeof(bytes));

		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return 0;
		if (n == -1 && errno != EINTR)
			return errno;
		t->peer_ended = n == 0;
		t->peer_talks |= n > 0;
	}
	return 0;
}

/* Waits until the connection takes bytes (POLLOUT), or a moment (0); 0, or as hear. */
static int
wait_for(struct sink *s, short event, int timeout)
{
	const struct tcp *t = s->private;
	short ready = peer_wait(s->fd, (short)(event | (t->peer_ended ? 0 : POLLIN)), timeout);
	int number = 0;

	if ((ready & (POLLERR | POLLHUP)) != 0)
		number = peer_error(s->fd);
	if ((ready & POLLHUP) != 0 && number == 0)
		number = ECONNRESET;
	return number == 0 && (ready & POLLIN) != 0 ? hear(s) : number;
}

/* ---- sending ---- */

/* Writes some of what is left; as write(2).  Each connection begins with the column names. */
static ssize_t
write_some(struct sink *s)
{
	struct tcp *t = s->private;
	bool head = t->head_sent < s->head_len;
	size_t *sent = head ? &t->head_sent : &t->sent;
	ssize_t n = head ? sys.write(s->fd, s->head + *sent, s->head_len - *sent) :
	    sys.write(s->fd, t->batch.data + *sent, t->batch.len - *sent);

	if (n > 0)
		*sent += (size_t)n;
	return n;
}

/* Sends what is left of the batch, over as many connections as it takes. */
static int
push(struct sink *s, struct err *err)
{
	struct tcp *t = s->private;

	while (t->sent < t->batch.len) {
		int number = 0;
		ssize_t n;

		if (sys_overdue != 0)
			return overdue(s, err);
		n = write_some(s);
		if (n >= 0)
			continue;
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			number = wait_for(s, POLLOUT, -1);
		else if (errno != EINTR)
			number = errno;
		if (number != 0 && reconnect(s, number, err) == -1)
			return -1;
	}
	return 0;
}

/* The bytes that the peer's system has not acknowledged, or -1. */
static int
in_doubt(struct sink *s, struct err *err)
{
	int bytes = 0;

	while (sys.ioctl(s->fd, SIOCOUTQ, &bytes) == -1)
		if (errno != EINTR)
			return err_system(err, s->address, "ioctl", errno);
	return bytes;
}

/* Waits until the batch that has ended is acknowledged; afterwards there is none. */
static int
settle(struct sink *s, struct err *err)
{
	struct tcp *t = s->private;

	while (t->batch.len > 0) {
		int left, number;

		if (sys_overdue != 0)
			return overdue(s, err);
		left = in_doubt(s, err);
		if (left == -1) {
			t->failed = true;
			return -1;
		}
		number = wait_for(s, 0, left > 0 ? POLL_MS : 0);
		if (number != 0) {
			if (reconnect(s, number, err) == -1 || push(s, err) == -1)
				return -1;
		} else if (left == 0) {
			t->batch.len = 0;
		}
	}
	t->sent = 0;
	t->complete = false;
	t->attempts = 0;
	backoff_reset(&t->backoff);
	return 0;
}

/* ---- the sink ---- */

static int
open_tcp(struct sink *s, struct err *err)
{
	struct tcp *t = s->private;
	struct peer_failure f;
	uint64_t seed;

	s->fd = -1;
	t->peer.type = SOCK_STREAM;
	if (endpoint_parse_remote(&t->peer.endpoint, s->class->prefix, s->rest, s->word,
	    err) == -1)
		return -1;
	if (sys.getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		seed = (uint64_t)sys.mono();
	backoff_start(&t->backoff, seed);
	return connect_once(s, &f) == 0 ? 0 : retry(s, &f, err);
}

static int
write_tcp(struct sink *s, const char *bytes, size_t len, struct err *err)
{
	struct tcp *t = s->private;

	if (len == 0)
		return 0;
	if (t->complete && settle(s, err) == -1)
		return -1;
	if (buf_add(&t->batch, bytes, len) == -1) {
		t->failed = true;
		return err_memory(err, "keeping the rows of a batch");
	}
	return push(s, err);
}

/* A peer that has ended its side is often gone: then it is looked at now, not a batch later. */
static int
end_tcp(struct sink *s, int64_t time, struct err *err)
{
	struct tcp *t = s->private;
	int number;

	(void)time;
	if (t->batch.len == 0)
		return 0;
	t->complete = true;
	number = wait_for(s, 0, 0);
	if (number != 0 && (reconnect(s, number, err) == -1 || push(s, err) == -1))
		return -1;
	return t->peer_ended ? settle(s, err) : 0;
}

/* A peer that answers would be cut off by its own answer: it is given a moment to end. */
static void
linger(struct sink *s)
{
	struct tcp *t = s->private;
	int64_t end = sys.mono() + LINGER, left;

	if (sys.shutdown(s->fd, SHUT_WR) == -1 || !t->peer_talks)
		return;
	while (!t->peer_ended && (left = end - sys.mono()) > 0)
		if (peer_wait(s->fd, POLLIN, (int)(left / 1000) + 1) == 0 || hear(s) != 0)
			return;
}

static int
close_tcp(struct sink *s, struct err *err)
{
	struct tcp *t = s->private;
	int rc = 0;

	if (t->complete && !t->failed)
		rc = settle(s, err);
	if (s->fd != -1 && !t->failed)
		linger(s);
	hang_up(s);
	buf_free(&t->batch);
	return rc;
}

const struct sink_class sink_tcp = {
	.name = "tcp",
	.prefix = "tcp://",
	.usage = "tcp://HOST:PORT",
	.help = "a TCP server to connect to, again when it is lost",
	.flags = SINK_HEADS,
	.size = sizeof(struct tcp),
	.open = open_tcp,
	.write = write_tcp,
	.end = end_tcp,
	.close = close_tcp,
};
