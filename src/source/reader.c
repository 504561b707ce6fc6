/* Reading one descriptor, see reader.h. */
#include "source/reader.h"

#include "engine/sys.h"
#include "source/unpack.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <string.h>

#define SLICE 16			/* reads before others have their turn: up to 8 MiB */
#define PIPE_SIZE (1 << 20)

/* True if epoll can wait for it; regular files and most devices it refuses. */
static bool
waitable(int fd, const struct stat *st)
{
	return S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode) ||
	    (S_ISCHR(st->st_mode) && sys.isatty(fd));
}

/* True if a read would not block. */
static bool
has_more(const struct reader *r)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };

	return !r->blocking || unpack_pending(r->unpack) || sys.poll(&p, 1, 0) > 0;
}

static void read_slice(struct reader *, bool readable);

/* The time to wait is over. */
static void
resume_cb(evutil_socket_t fd, short events, void *arg)
{
	struct reader *r = arg;

	(void)fd;
	(void)events;
	if (r->event == NULL)
		r->source->paused = false;	/* the loop gives it a turn */
	else if (event_add(r->event, NULL) == -1)
		r->end(r, READER_ERROR, ENOMEM);
	else
		read_slice(r, false);
}

/* Reads nothing for WAIT microseconds. */
static void
pause_reading(struct reader *r, int64_t wait)
{
	struct timeval tv = sys_timeval(wait);

	if (r->resume == NULL)
		r->resume = evtimer_new(r->source->host->base, resume_cb, r);
	if (r->resume == NULL || event_add(r->resume, &tv) == -1) {
		r->end(r, READER_ERROR, ENOMEM);
		return;
	}
	if (r->event == NULL)
		r->source->paused = true;
	else
		event_del(r->event);
}

static enum receive
read_once(struct reader *r)
{
	if (r->unpack != NULL)
		return unpack_receive(r->unpack, r->source, &r->framer, r->fd);
	return r->source->host->receive(r->source, &r->framer, r->fd);
}

/* Reads until there is nothing more for now or a slice is spent; READABLE: the first is known. */
static void
read_slice(struct reader *r, bool readable)
{
	int64_t wait;

	for (int i = 0; i < SLICE; i++) {
		if (!(readable && i == 0) && !has_more(r))
			return;
		if (r->source->host->allowed(r->source, &wait) == 0) {
			pause_reading(r, wait);
			return;
		}
		switch (read_once(r)) {
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
		case RECEIVE_DAMAGED:
			r->end(r, READER_DAMAGED, 0);
			return;
		}
	}
	if (r->event != NULL && unpack_pending(r->unpack))
		pause_reading(r, 0);	/* nothing more may come that would wake it */
}

void
reader_turn(struct reader *r)
{
	read_slice(r, true);
}

static void
readable_cb(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	read_slice(arg, true);
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

int
reader_unpacks(struct reader *r, const char *name, uint64_t start, uint64_t skip, struct err *err)
{
	r->unpack = unpack_open(name);
	if (r->unpack == NULL)
		return err_memory(err, "starting to read");
	unpack_skip(r->unpack, start, skip);
	return 0;
}

void
reader_stop(struct reader *r)
{
	if (r->source == NULL)
		return;
	if (r->event != NULL)
		event_free(r->event);
	else
		r->source->paused = false;
	if (r->resume != NULL)
		event_free(r->resume);
	sys.close(r->fd);
	unpack_close(r->unpack);
	frame_close(&r->framer);
	*r = (struct reader){ 0 };
}
