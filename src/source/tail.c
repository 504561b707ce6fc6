/*
 * tail:FILE: follows a file by its name, as tail -F does, and loses nothing when it is rotated.
 *
 * Owns a list of trails: the files that have had the name, oldest first; the last one has it now,
 * or had it last.  An older one is read to its end before a newer one is begun, and is followed
 * beside it until nobody can write to it any more: that is when the writer has gone over to
 * the new file.  Then its last line is finished.  What has happened is found out by stat(2) four
 * times a second; inotify only makes it known earlier, and names the files that were rotated away
 * before they were seen.
 */
#include "source/tail.h"

#include "base/mem.h"
#include "engine/sys.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>

#define POLL_US 250000			/* between looks at an idle file */
#define BUSY_US 10000			/* between looks at one that grows */
#define QUIET_US 10000000		/* until an old file is over where the system cannot tell */
#define OLD_MOST 16			/* files followed beside the newest */

static struct tail *
tail_of(const struct source *s)
{
	return s->private;
}

/* ---- reading ---- */

/*
 * True if an old file at its end will not grow; WRITERS were asked for before it was read.  Who
 * keeps more than OLD_MOST of them open is not waited for.
 */
static bool
is_over(const struct trail *old, enum writers writers)
{
	int64_t since = old->grown > old->next->opened ? old->grown : old->next->opened;
	size_t newer = 0;

	for (const struct trail *next = old->next; next != NULL; next = next->next)
		newer++;
	return writers == WRITERS_NONE || newer > OLD_MOST ||
	    (writers == WRITERS_UNKNOWN && old->looked - since > QUIET_US);
}

/* Reads all files in order; what there is in an older one comes before a newer one. */
static enum trail_state
read_files(struct source *s, int64_t *wait)
{
	struct tail *t = tail_of(s);
	struct trail **at = &t->first;

	while (*at != NULL) {
		struct trail *one = *at;
		enum writers writers = one->next != NULL ? probe_writers(one->fd) : WRITERS_SOME;
		uint64_t before = one->offset;
		enum trail_state state = trail_read(one, s, wait);

		if (state != TRAIL_END)
			return state;
		if (one->offset != before)
			*wait = BUSY_US;
		if (one->next != NULL && is_over(one, writers)) {
			trail_finish(one, s);
			tail_drop(t, at);
			continue;
		}
		s->dev = one->dev;
		s->ino = one->ino;
		s->offset = one->offset;
		at = &one->next;
	}
	return TRAIL_END;
}

/* ---- the looks ---- */

/* Looks at everything, and again after some time: soon if there was something. */
static void
look(struct source *s)
{
	struct tail *t = tail_of(s);
	int64_t wait = POLL_US;
	enum trail_state state;
	struct timeval tv;

	if (s->done)
		return;
	tail_watch_dir(t);
	if (tail_find(s) == -1)
		return;
	state = read_files(s, &wait);
	if (state == TRAIL_STOP)
		return;
	if (state == TRAIL_END && t->woken)
		wait = BUSY_US;
	t->woken = false;
	if (state == TRAIL_END && wait == POLL_US && watch_arm(&t->watch) == -1) {
		tail_fail(s, "", ENOMEM);
		return;
	}
	tv = sys_timeval(wait);
	if (event_add(t->timer, &tv) == -1)
		tail_fail(s, "", ENOMEM);
}

static void
timer_cb(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	look(arg);
}

static void
wake(void *arg)
{
	tail_of(arg)->woken = true;
	look(arg);
}

/* ---- life ---- */

static int
split_path(struct source *s, struct err *err)
{
	struct tail *t = tail_of(s);
	const char *slash = strrchr(s->rest, '/');

	t->arrivals.name = slash != NULL ? slash + 1 : s->rest;
	if (t->arrivals.name[0] == '\0')
		return err_word(err, s->word, "%s: no file is named, write tail:FILE", s->address);
	if (strlen(t->arrivals.name) > NAME_MAX)
		return err_word(err, s->word, "%s: the name is too long", s->address);
	t->dir = mem_strdup(s->rest);
	if (t->dir == NULL)
		return err_memory(err, "starting");
	t->dir[t->arrivals.name - s->rest] = '\0';
	return 0;
}

/* Refuses what cannot be followed as text. */
static int
check_content(struct source *s, struct trail *t, struct err *err)
{
	const char *packing = tail_recognise(t->fd);

	if (packing != NULL)
		return err_set(err, ERR_RUN, "%s: is %s data; only plain text can be followed",
		    s->address, packing);
	if (s->host->options.from == FROM_START)
		return 0;
	return trail_skip(t, s, err);
}

static int
open_file(struct source *s, int fd, struct err *err)
{
	struct tail *t = tail_of(s);
	struct stat st;
	int rc;

	rc = sys.fstat(fd, &st);
	if (rc == -1)
		err_system(err, s->address, "stat", errno);
	else if (!S_ISREG(st.st_mode))
		rc = err_set(err, ERR_RUN, "%s: is no regular file; only those can be followed",
		    s->address);
	else if ((t->first = trail_open(fd, &st)) == NULL)
		rc = err_memory(err, "starting");
	if (rc == -1) {
		sys.close(fd);
		return -1;
	}
	t->first->watched = tail_watch_file(t, fd);
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	return check_content(s, t->first, err);
}

static int
open_tail(struct source *s, struct err *err)
{
	struct tail *t = tail_of(s);
	int fd;

	t->watched = -1;
	s->replayable = true;
	if (split_path(s, err) == -1 || watch_open(&t->watch, s->host->base, wake, s, err) == -1)
		return -1;
	tail_watch_dir(t);
	fd = sys_open(s->rest, TAIL_FLAGS, 0);
	if (fd != -1)
		return open_file(s, fd, err);
	if (errno != ENOENT)
		return err_system(err, s->address, "open", errno);
	s->host->notice(s, "is not there; waiting for it");
	return 0;
}

static int
start_tail(struct source *s, struct err *err)
{
	struct tail *t = tail_of(s);
	const struct timeval now = { .tv_sec = 0 };

	t->timer = evtimer_new(s->host->base, timer_cb, s);
	if (t->timer == NULL || event_add(t->timer, &now) == -1)
		return err_memory(err, "starting to follow");
	return 0;
}

static void
close_tail(struct source *s)
{
	struct tail *t = tail_of(s);

	while (t->first != NULL)
		tail_drop(t, &t->first);
	if (t->timer != NULL)
		event_free(t->timer);
	watch_close(&t->watch);
	arrivals_free(&t->arrivals);
	buf_free(&t->put);
	mem_free(t->dir);
}

const struct source_class source_tail = {
	.name = "tail",
	.prefix = "tail:",
	.usage = "tail:FILE",
	.help = "a log by its name, through every rotation",
	.flags = SOURCE_REPLAYABLE,
	.size = sizeof(struct tail),
	.open = open_tail,
	.start = start_tail,
	.close = close_tail,
	.save = tail_save,
	.load = tail_load,
};
