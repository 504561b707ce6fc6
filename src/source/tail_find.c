/* Finding the files that get the name, see tail.h. */
#include "source/tail.h"

#include "engine/sys.h"
#include "source/unpack.h"

#include <errno.h>
#include <string.h>

#define TRIES 16			/* to open files that are renamed meanwhile */
#define DIR_MASK (IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR)
#define FILE_MASK (IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB)

static struct tail *
tail_of(const struct source *s)
{
	return s->private;
}

int
tail_watch_file(struct tail *t, int fd)
{
	return watch_file(&t->watch, fd, FILE_MASK);
}

void
tail_watch_dir(struct tail *t)
{
	if (t->watched == -1)
		t->watched = watch_path(&t->watch, t->dir[0] != '\0' ? t->dir : ".", DIR_MASK);
}

int
tail_fail(struct source *s, const char *action, int number)
{
	struct err err;

	if (number == ENOMEM)
		err_memory(&err, "following a file");
	else
		err_system(&err, s->address, action, number);
	s->host->failed(s, &err);
	return -1;
}

/* ---- the list ---- */

static struct trail **
end_of(struct tail *t)
{
	struct trail **at = &t->first;

	while (*at != NULL)
		at = &(*at)->next;
	return at;
}

/* Makes a file that is followed already the last one; false if there is none like it. */
static bool
make_last(struct tail *t, const struct stat *st)
{
	for (struct trail **at = &t->first; *at != NULL; at = &(*at)->next) {
		struct trail *found = *at;

		if (found->ino != st->st_ino || found->dev != st->st_dev)
			continue;
		if (found->next != NULL) {
			*at = found->next;
			found->next = NULL;
			*end_of(t) = found;
		}
		return true;
	}
	return false;
}

int
tail_add(struct tail *t, int fd, const struct stat *st)
{
	struct trail *new = trail_open(fd, st);

	if (new == NULL)
		return -1;
	*end_of(t) = new;
	new->watched = tail_watch_file(t, fd);
	return 0;
}

void
tail_drop(struct tail *t, struct trail **at)
{
	struct trail *gone = *at;

	*at = gone->next;
	watch_forget(&t->watch, gone->watched);
	trail_close(gone);
}

const char *
tail_recognise(int fd)
{
	char bytes[UNPACK_MAGIC];
	ssize_t n = sys.pread(fd, bytes, sizeof(bytes), 0);

	return n > 0 ? unpack_recognise(bytes, (size_t)n) : NULL;
}

/* Follows FD, which is closed if that is done already; 0, or -1: the source has failed. */
static int
follow(struct source *s, int fd)
{
	struct tail *t = tail_of(s);
	const char *packing;
	struct stat st;
	int number;

	if (sys.fstat(fd, &st) == -1) {
		number = errno;
		sys.close(fd);
		return tail_fail(s, "stat", number);
	}
	if (!S_ISREG(st.st_mode) || make_last(t, &st)) {
		if (!S_ISREG(st.st_mode) && !t->told)
			s->host->notice(s, "is no regular file; waiting for one");
		t->told = !S_ISREG(st.st_mode);
		sys.close(fd);
		return 0;
	}
	if (tail_add(t, fd, &st) == -1) {
		sys.close(fd);
		return tail_fail(s, "", ENOMEM);
	}
	t->told = false;
	packing = tail_recognise(fd);
	if (packing != NULL)
		s->host->notice(s, "is %s data now; it is read as plain text", packing);
	return 0;
}

/* ---- finding files ---- */

static void
tell(void *arg, const struct inotify_event *e)
{
	struct tail *t = arg;

	if (e->wd == t->watched && (e->mask & IN_IGNORED) != 0)
		t->watched = -1;
	if (e->wd == t->watched)
		arrivals_event(&t->arrivals, e);
}

bool
tail_path(const struct tail *t, const char *name, char path[PATH_MAX])
{
	size_t len = strlen(t->dir);

	if (len + strlen(name) >= PATH_MAX)
		return false;
	memcpy(path, t->dir, len);
	strcpy(path + len, name);
	return true;
}

/* Opens what an arrival is called by now; -1 if it cannot be. */
static int
open_arrival(const struct tail *t, const struct arrival *a)
{
	char path[PATH_MAX];

	errno = ENOENT;
	if (a->name[0] == '\0' || !tail_path(t, a->name, path))
		return -1;
	return sys_open(path, TAIL_FLAGS, 0);
}

/* The first arrival is opened, or cannot be. */
static int
take_arrival(struct source *s, int fd, int number)
{
	struct arrivals *a = &tail_of(s)->arrivals;
	bool named = strcmp(a->list[0].name, a->name) == 0;

	memmove(a->list, a->list + 1, --a->n * sizeof(*a->list));
	if (fd != -1)
		return follow(s, fd);
	if (!named)		/* else stat(2) will see to it */
		s->host->notice(s, "one of the files of that name was gone before it could be "
		    "read: %s", strerror(number));
	return 0;
}

/*
 * Follows every file that has got the name, also those that have lost it again.  Which name is
 * which file is sure only if nothing was renamed until it was open.
 */
static int
find_arrivals(struct source *s)
{
	struct tail *t = tail_of(s);
	struct arrivals *a = &t->arrivals;

	watch_read(&t->watch, tell, t);
	for (int tries = 1; tries <= TRIES && a->n > 0; tries++) {
		uint64_t before = a->changes;
		int fd = open_arrival(t, &a->list[0]), number = errno;
		bool half;

		watch_read(&t->watch, tell, t);
		half = a->list[0].cookie != 0 && tries < TRIES;
		if (a->changes != before || half) {
			if (fd != -1)
				sys.close(fd);
			continue;
		}
		if (take_arrival(s, fd, number) == -1)
			return -1;
		tries = 0;
	}
	return a->failed ? tail_fail(s, "", ENOMEM) : 0;
}

/* The file cannot be opened now; that may pass. */
static int
cannot_open(struct source *s, const char *action, int number)
{
	struct tail *t = tail_of(s);

	switch (number) {
	case ENOENT:
	case ENOTDIR:
		return 0;
	case EACCES:
	case EMFILE:
	case ENFILE:
	case ELOOP:
		if (!t->told)
			s->host->notice(s, "cannot be opened: %s; trying on", strerror(number));
		t->told = true;
		return 0;
	default:
		return tail_fail(s, action, number);
	}
}

/* Follows the file that has the name now; 0, or -1: the source has failed. */
static int
find_named(struct source *s)
{
	struct tail *t = tail_of(s);
	struct stat st;
	int fd;

	if (sys.stat(s->rest, &st) == -1)
		return cannot_open(s, "stat", errno);
	if (S_ISREG(st.st_mode) && make_last(t, &st))
		return 0;
	fd = sys_open(s->rest, TAIL_FLAGS, 0);
	if (fd == -1)
		return cannot_open(s, "open", errno);
	watch_read(&t->watch, tell, t);
	if (t->arrivals.n == 0)
		return follow(s, fd);
	sys.close(fd);		/* there may be others before it */
	return find_arrivals(s);
}

int
tail_find(struct source *s)
{
	return find_arrivals(s) == -1 ? -1 : find_named(s);
}
