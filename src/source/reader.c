/* Reading one descriptor, see reader.h. */
#include "source/reader.h"

#include "engine/sys.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <string.h>

#define SLICE 16			/* reads before others have their turn: up to 4 MiB */
#define PIPE_SIZE (1 << 20)

/* True if epoll can wait for it; regular files and most devices it refuses. */
static bool
waitable(int fd, const struct stat *st)
{
	return S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode) ||
	    (S_ISCHR(st->st_mode) && sys.isatty(fd));
}

/* After the first read of an event, a blocking descriptor is read on only if it has more. */
static bool
has_more(const struct reader *r)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };

	return !r->blocking || sys.poll(&p, 1, 0) > 0;
}

void
reader_turn(struct reader *r)
{
	for (int i = 0; i < SLICE; i++) {
		if (i > 0 && !has_more(r))
			return;
		switch (r->source->host->receive(r->source, &r->framer, r->fd)) {
		case RECEIVE_SOME:
			r->received = true;
			break;
		case RECEIVE_NOTHING:
		case RECEIVE_STOP:
			return;
		case RECEIVE_EOF:
			r->end(r, READER_EOF, 0);
			return;
		case RECEIVE_ERROR:
			r->end(r, READER_ERROR, errno);
			return;
		}
	}
}

static void
readable_cb(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	reader_turn(arg);
}

int
reader_start(struct reader *r, struct source *source, int fd, bool blocking, reader_end_fn end,
    void *arg, struct err *err)
{
	struct stat st;

	*r = (struct reader){
		.source = source, .end = end, .arg = arg, .fd = fd, .blocking = blocking,
	};
	if (sys.fstat(fd, &st) == -1) {
		(void)err_system(err, source->address, "stat", errno);
		reader_stop(r);
		return -1;
	}
	if (!waitable(fd, &st)) {
		source->ready = true;
		return 0;
	}
	(void)sys.fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);	/* only faster; refused for others */
	r->event = event_new(source->host->base, fd, EV_READ | EV_PERSIST, readable_cb, r);
	if (r->event == NULL || event_add(r->event, NULL) == -1) {
		reader_stop(r);
		return err_memory(err, "starting to read");
	}
	return 0;
}

void
reader_ends_source(struct reader *r, enum reader_end how, int number)
{
	struct source *s = r->source;
	struct err err;

	s->host->finish(s, &r->framer, true);
	reader_stop(r);
	if (how == READER_EOF) {
		s->host->ended(s);
		return;
	}
	err_system(&err, s->address, "read", number);
	s->host->failed(s, &err);
}

void
reader_stop(struct reader *r)
{
	if (r->source == NULL)
		return;
	if (r->event != NULL)
		event_free(r->event);
	sys.close(r->fd);
	frame_close(&r->framer);
	*r = (struct reader){ 0 };
}
