/* Being told of changes, see watch.h. */
#include "source/watch.h"

#include "engine/sys.h"

#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <stdalign.h>
#include <stdio.h>

#define BUFFER (16 * (sizeof(struct inotify_event) + NAME_MAX + 1))

static void
readable_cb(evutil_socket_t fd, short events, void *arg)
{
	struct watch *w = arg;

	(void)fd;
	(void)events;
	w->wake(w->arg);
}

int
watch_open(struct watch *w, struct event_base *base, void (*wake)(void *), void *arg,
    struct err *err)
{
	*w = (struct watch){ .fd = sys.inotify_init1(IN_NONBLOCK | IN_CLOEXEC), .wake = wake,
	    .arg = arg };
	if (w->fd == -1)
		return 0;
	w->event = event_new(base, w->fd, EV_READ, readable_cb, w);
	return w->event == NULL ? err_memory(err, "starting to watch") : 0;
}

void
watch_close(struct watch *w)
{
	if (w->event != NULL)
		event_free(w->event);
	w->event = NULL;
	if (w->fd > 0)
		sys.close(w->fd);
	w->fd = -1;
}

int
watch_arm(struct watch *w)
{
	return w->event != NULL ? event_add(w->event, NULL) : 0;
}

int
watch_path(struct watch *w, const char *path, uint32_t mask)
{
	return w->fd == -1 ? -1 : sys.inotify_add_watch(w->fd, path, mask);
}

int
watch_file(struct watch *w, int fd, uint32_t mask)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return watch_path(w, path, mask);
}

void
watch_forget(struct watch *w, int number)
{
	if (w->fd != -1 && number != -1)
		(void)sys.inotify_rm_watch(w->fd, number);
}

void
watch_read(struct watch *w, void (*tell)(void *, const struct inotify_event *), void *arg)
{
	alignas(struct inotify_event) char bytes[BUFFER];
	ssize_t n = 1;

	while (w->fd != -1 && (n > 0 || (n == -1 && errno == EINTR))) {
		n = sys.read(w->fd, bytes, sizeof(bytes));
		for (const char *at = bytes; at < bytes + n;) {
			const struct inotify_event *e = (const void *)at;

			tell(arg, e);
			at += sizeof(*e) + e->len;
		}
	}
}
