/*
 * listen://[HOST:]PORT: lines from any number of clients, each with its own framing.
 *
 * Owns the listening sockets (one for each address family) and the clients, a list.  While no more
 * can be taken (--max-clients, descriptors or memory) the sockets are not watched, and the kernel
 * holds who comes; that ends when a client leaves or, unless it was --max-clients, after a second.
 */
#include "base/mem.h"
#include "engine/sys.h"
#include "source/bind.h"
#include "source/reader.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>

#define SLICE 64			/* clients taken before others have their turn */
#define QUIET 10000000			/* microseconds without a shortage until it is over */

struct client {
	struct reader	 reader;
	struct client	*next, *prev;
};

struct listen {
	struct binding	 binding;
	struct event	*event[2];	/* of its sockets */
	struct event	*resume;	/* a timer */
	bool		 paused;	/* the sockets are not watched */
	struct client	*clients;
	uint64_t	 count;		/* of clients */
	int64_t		 quiet;		/* no shortage is told until then, on the monotonic clock */
};

static struct listen *
listen_of(const struct source *s)
{
	return s->private;
}

/* Stops watching the sockets. */
static void
pause_accepting(struct listen *l)
{
	for (size_t i = 0; i < l->binding.sockets; i++)
		event_del(l->event[i]);
	l->paused = true;
}

static void
fail_system(struct source *s, const char *action, int number)
{
	struct err err;

	pause_accepting(listen_of(s));
	err_system(&err, s->address, action, number);
	s->host->failed(s, &err);
}

/* Watches the sockets again; 0, or -1 when memory is short. */
static int
watch(struct listen *l)
{
	event_del(l->resume);
	for (size_t i = 0; i < l->binding.sockets; i++)
		if (event_add(l->event[i], NULL) == -1)
			return -1;
	l->paused = false;
	return 0;
}

static void
resume_accepting(struct source *s)
{
	if (watch(listen_of(s)) == -1)
		fail_system(s, "watching for clients", ENOMEM);
}

static void
resume_cb(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	resume_accepting(arg);
}

static void
forget_client(struct listen *l, struct client *c)
{
	reader_stop(&c->reader);
	if (c->next != NULL)
		c->next->prev = c->prev;
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		l->clients = c->next;
	l->count--;
	mem_free(c);
}

/* Takes note of a shortage; true if it is to be told: once, until there was none for a while. */
static bool
begin_shortage(struct listen *l)
{
	int64_t now = sys.mono();
	bool tell = now >= l->quiet;

	l->quiet = now + QUIET;
	return tell;
}

static void
client_ended(struct reader *r, enum reader_end how, int number)
{
	struct source *s = r->source;
	struct listen *l = listen_of(s);

	if (how == READER_ERROR && number != ECONNRESET)	/* that is its own affair */
		s->host->notice(s, "lost a client: %s", strerror(number));
	s->host->finish(s, &r->framer, how == READER_EOF);
	forget_client(l, r->arg);
	if (l->paused && !s->done)
		resume_accepting(s);
}

/* There is no memory for a client: it is sent away, the others stay. */
static void
tell_sent_away(struct source *s, const char *why)
{
	if (begin_shortage(listen_of(s)))
		s->host->notice(s, "cannot take a client: %s; its connection was closed", why);
}

static void
add_client(struct source *s, int fd)
{
	struct listen *l = listen_of(s);
	struct client *c = mem_zalloc(sizeof(*c));
	struct err err;

	if (c == NULL) {
		sys.close(fd);
		tell_sent_away(s, "out of memory");
		return;
	}
	c->next = l->clients;
	if (c->next != NULL)
		c->next->prev = c;
	l->clients = c;
	l->count++;
	if (reader_start(&c->reader, s, fd, false, client_ended, c, &err) == -1) {
		forget_client(l, c);
		tell_sent_away(s, err.message);
	}
}

/* accept(2) has no descriptor or memory left: waits for better times. */
static void
shortage(struct source *s, int number)
{
	const struct timeval second = { .tv_sec = 1 };
	struct listen *l = listen_of(s);

	pause_accepting(l);
	if (begin_shortage(l))
		s->host->notice(s, "cannot take more clients: %s; waiting for one to leave",
		    strerror(number));
	if (event_add(l->resume, &second) == -1)
		fail_system(s, "waiting for clients to leave", ENOMEM);
}

/* What an errno of accept(2) means; true: the next client may do better. */
static bool
accept_failed(struct source *s, int number)
{
	switch (number) {
	case EAGAIN:
		return false;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		shortage(s, number);
		return false;
	case EINTR:			/* that client is gone, or the network told of an error */
	case ECONNABORTED:
	case EPERM:
	case EPROTO:
	case ENOPROTOOPT:
	case EOPNOTSUPP:
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENONET:
	case ETIMEDOUT:
		return true;
	default:
		fail_system(s, "accept", number);
		return false;
	}
}

static void
accept_cb(evutil_socket_t listener, short events, void *arg)
{
	struct source *s = arg;
	struct listen *l = listen_of(s);

	(void)events;
	for (int i = 0; i < SLICE; i++) {
		int fd;

		if (l->count >= s->host->options.max_clients) {
			pause_accepting(l);
			return;
		}
		fd = sys.accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd != -1)
			add_client(s, fd);
		else if (!accept_failed(s, errno))
			return;
	}
}

static int
open_listen(struct source *s, struct err *err)
{
	struct endpoint e;

	if (endpoint_parse_local(&e, s->class->prefix, s->rest, s->word, err) == -1)
		return -1;
	return binding_open(&listen_of(s)->binding, &e, SOCK_STREAM, s->address,
	    err);
}

static void
tell_addresses(struct source *s)
{
	const struct binding *b = &listen_of(s)->binding;
	char one[ADDRESS_TEXT], two[ADDRESS_TEXT];

	address_format(&b->address[0], one);
	if (b->sockets == 1)
		s->host->notice(s, "listening on %s", one);
	else
		s->host->notice(s, "listening on %s and %s", one,
		    address_format(&b->address[1], two));
}

static int
start_listen(struct source *s, struct err *err)
{
	struct listen *l = listen_of(s);
	struct event_base *base = s->host->base;
	bool made;

	l->resume = evtimer_new(base, resume_cb, s);
	made = l->resume != NULL;
	for (size_t i = 0; i < l->binding.sockets; i++) {
		l->event[i] = event_new(base, l->binding.fd[i], EV_READ | EV_PERSIST, accept_cb, s);
		made = made && l->event[i] != NULL;
	}
	if (!made || watch(l) == -1)
		return err_memory(err, "starting to listen");
	tell_addresses(s);
	return 0;
}

static void
close_listen(struct source *s)
{
	struct listen *l = listen_of(s);

	while (l->clients != NULL)
		forget_client(l, l->clients);
	for (size_t i = 0; i < l->binding.sockets; i++)
		if (l->event[i] != NULL)
			event_free(l->event[i]);
	if (l->resume != NULL)
		event_free(l->resume);
	binding_close(&l->binding);
}

const struct source_class source_listen = {
	.name = "listen",
	.prefix = "listen://",
	.usage = "listen://[HOST:]PORT",
	.help = "any number of TCP clients; loopback without HOST",
	.size = sizeof(struct listen),
	.open = open_listen,
	.start = start_listen,
	.close = close_listen,
};
