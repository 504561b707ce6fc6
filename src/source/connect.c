/* The outgoing connection, see connect.h. */
#include "source/connect.h"

#include "base/mem.h"
#include "base/num.h"
#include "engine/sys.h"
#include "source/resolve.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void try_next(struct connector *);

static double
seconds(int64_t us)
{
	return (double)us / 1e6;
}

/* Lets go of all that belongs to a round or a connection. */
static void
release(struct connector *c)
{
	lookup_drop(c->lookup);
	c->lookup = NULL;
	dial_stop(&c->dial);
	reader_stop(&c->reader);
	if (c->timer != NULL)
		event_del(c->timer);
	c->state = CONNECT_IDLE;
}

/* The source cannot go on. */
static void
fail(struct connector *c, const struct err *err)
{
	release(c);
	c->source->host->failed(c->source, err);
}

static void
out_of_memory(struct connector *c)
{
	struct err err;

	err_memory(&err, "connecting");
	fail(c, &err);
}

static void
give_up(struct connector *c)
{
	struct err err;

	err_set(&err, ERR_RUN, "%s: %s", c->source->address, c->why);
	if (c->retried > 0)
		err_add(&err, ", gave up after %" PRIu64 " %s", c->retried,
		    c->retried == 1 ? "retry" : "retries");
	fail(c, &err);
}

/* Begins the next round in DELAY microseconds. */
static void
wait_for_round(struct connector *c, int64_t delay)
{
	struct timeval tv = sys_timeval(delay);

	c->state = CONNECT_WAITING;
	if (event_add(c->timer, &tv) == -1)
		out_of_memory(c);
}

/* Sets the reason why the round fails, unless there is a good one already. */
static void __attribute__((format(printf, 3, 4)))
set_why(struct connector *c, bool weak, const char *format, ...)
{
	va_list ap;

	if (c->why[0] != '\0' && !c->why_weak)
		return;
	va_start(ap, format);
	(void)vsnprintf(c->why, sizeof(c->why), format, ap);
	va_end(ap);
	c->why_weak = weak;
}

/* A round failed, or a connection broke, for the reason that is set. */
static void
round_failed(struct connector *c)
{
	uint64_t retries = c->source->host->options.retries;
	int64_t delay;

	if (c->retried >= retries) {
		give_up(c);
		return;
	}
	c->retried++;
	delay = backoff_next(&c->backoff);
	c->source->host->notice(c->source, "%s; retry %" PRIu64 " of %" PRIu64 " in %.1fs", c->why,
	    c->retried, retries, seconds(delay));
	wait_for_round(c, delay);
}

/* The connection broke: NUMBER is why. */
static void
reader_broke(struct connector *c, int number)
{
	c->why[0] = '\0';
	set_why(c, false, "connection lost: %s", strerror(number));
	round_failed(c);
}

/* The peer closed the connection, and another one is wanted. */
static void
reader_closed(struct connector *c)
{
	int64_t delay = backoff_next(&c->backoff);

	c->retried = 0;
	c->source->host->notice(c->source,
	    "connection closed by the peer; connecting again in %.1fs", seconds(delay));
	wait_for_round(c, delay);
}

static void
reader_ended(struct reader *r, enum reader_end how, int number)
{
	struct connector *c = r->arg;
	struct source_host *host = c->source->host;
	enum source_on_eof on_eof = host->options.on_eof;
	bool over = how == READER_EOF && on_eof != ON_EOF_RECONNECT;

	if (r->received) {
		c->retried = 0;
		backoff_reset(&c->backoff);
	}
	host->finish(c->source, &r->framer, over);
	release(c);
	if (over) {
		if (on_eof == ON_EOF_EXIT)
			host->ended(c->source);
		return;
	}
	c->lost = sys.mono();
	if (how == READER_EOF)
		reader_closed(c);
	else
		reader_broke(c, number);
}

/* FD is connected: it becomes the reader's. */
static void
start_reading(struct connector *c, int fd)
{
	struct source *s = c->source;
	struct err err;

	c->state = CONNECT_READING;
	if (reader_start(&c->reader, s, fd, false, reader_ended, c, &err) == -1) {
		fail(c, &err);
		return;
	}
	if (c->connected) {
		s->reconnects++;
		s->host->notice(s, "reconnected after %.1fs", seconds(sys.mono() - c->lost));
	}
	c->connected = true;
}

/* An error that only says that this machine lacks the address's family. */
static bool
is_weak(int number)
{
	return number == EAFNOSUPPORT || number == EADDRNOTAVAIL || number == ENETUNREACH;
}

static void
address_failed(struct connector *c, const struct dial_failure *f)
{
	char time[NUM_DURATION_BYTES + 1];

	if (f->number != 0) {
		set_why(c, is_weak(f->number), "%s: %s", f->action, strerror(f->number));
		return;
	}
	time[num_format_duration(time, c->source->host->options.connect_timeout)] = '\0';
	set_why(c, false, "%s: timed out after %s", f->action, time);
}

static void
dialled(void *arg, int fd, const struct dial_failure *failure)
{
	struct connector *c = arg;

	if (fd != -1) {
		start_reading(c, fd);
		return;
	}
	address_failed(c, failure);
	try_next(c);
}

/* Tries the addresses that are left, until one is on the way. */
static void
try_next(struct connector *c)
{
	const struct source_host *host = c->source->host;
	struct dial_failure failure;

	c->state = CONNECT_CONNECTING;
	while (c->next < c->count) {
		switch (dial_start(&c->dial, host->base, &c->addresses[c->next++],
		    host->options.connect_timeout, dialled, c, &failure)) {
		case DIAL_UNDER_WAY:
			return;
		case DIAL_NO_MEMORY:
			out_of_memory(c);
			return;
		case DIAL_FAILED:
			address_failed(c, &failure);
			break;
		}
	}
	round_failed(c);
}

/* A name that never was is the user's mistake; one that vanished may come back. */
static void
no_such_name(struct connector *c)
{
	set_why(c, false, "there is no host named %s", c->name);
	if (c->connected)
		round_failed(c);
	else
		give_up(c);
}

/* The lookup ended, or its time is over. */
static void
resolved(struct connector *c)
{
	enum lookup_status status;

	mem_free(c->found);
	c->found = NULL;
	c->addresses = NULL;
	c->count = 0;
	status = lookup_take(c->lookup, c->port, &c->found, &c->count);
	c->lookup = NULL;
	c->addresses = c->found;
	if (status == LOOKUP_NO_MEMORY) {
		out_of_memory(c);
	} else if (status == LOOKUP_NO_NAME) {
		no_such_name(c);
	} else {
		if (status != LOOKUP_FOUND)
			set_why(c, false, "looking up %s: %s", c->name, status == LOOKUP_PENDING ?
			    "no answer from the name servers" : "the name servers could not tell");
		try_next(c);
	}
}

static void
begin_round(struct connector *c)
{
	struct timeval tv = sys_timeval(c->source->host->options.connect_timeout);

	c->next = 0;
	c->why[0] = '\0';
	if (c->name == NULL) {
		try_next(c);
		return;
	}
	c->state = CONNECT_RESOLVING;
	c->lookup = lookup_start(c->source, c->name, c->timer);
	if (c->lookup == NULL || event_add(c->timer, &tv) == -1)
		out_of_memory(c);
}

static void
timer_cb(evutil_socket_t fd, short events, void *arg)
{
	struct connector *c = arg;

	(void)fd;
	(void)events;
	if (c->state == CONNECT_RESOLVING)
		resolved(c);
	else if (c->state == CONNECT_WAITING)
		begin_round(c);
}

int
connect_start(struct connector *c, struct err *err)
{
	const struct timeval now = { 0 };
	const struct source_host *host = c->source->host;

	backoff_start(&c->backoff, host->random + (uint64_t)c->source->word);
	c->state = CONNECT_WAITING;
	c->timer = evtimer_new(host->base, timer_cb, c);
	if (c->timer == NULL || event_add(c->timer, &now) == -1)
		return err_memory(err, "connecting");
	return 0;
}

void
connect_close(struct connector *c)
{
	release(c);
	if (c->timer != NULL)
		event_free(c->timer);
	c->timer = NULL;
	mem_free(c->found);
	c->found = NULL;
}
