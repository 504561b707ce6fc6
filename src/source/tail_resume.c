/*
 * Finding the files that a run before has followed, see tail.h.  While nobody was looking they may
 * have been renamed: they are found by inode and by how they begin; or copied and truncated, or
 * restored: then by how they begin alone, if only one file does.  Files that had the name in
 * between are those with a rotated name that were written to later.
 */
#include "source/tail.h"

#include "engine/sys.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#define HEAD_SURE 64			/* first bytes that are enough to know a file by */

struct search {				/* for the file of one trail */
	struct trail	*trail;
	bool		 copy;		/* by how it begins alone */
	int		 fd;		/* found, or -1 */
	unsigned	 n;		/* files that fit */
};

typedef int (*found_fn)(struct source *, void *arg, const char *name, const struct stat *,
    struct err *);

/* ---- the directory ---- */

/* Tells all files of the directory; 0 or -1. */
static int
scan(struct source *s, found_fn found, void *arg, struct err *err)
{
	struct tail *t = s->private;
	DIR *dir = sys.opendir(t->dir[0] != '\0' ? t->dir : ".");
	struct dirent *entry;
	char path[PATH_MAX];
	struct stat st;
	int rc = 0, number;

	if (dir == NULL)
		return errno == ENOENT ? 0 : err_system(err, s->address, "scan", errno);
	while (rc == 0 && (entry = sys.readdir(dir)) != NULL) {
		if (!tail_path(t, entry->d_name, path))
			continue;
		if (sys.stat(path, &st) == 0)
			rc = S_ISREG(st.st_mode) ? found(s, arg, entry->d_name, &st, err) : 0;
		else if (errno != ENOENT && errno != ELOOP && errno != EACCES)
			rc = err_system(err, path, "stat", errno);
	}
	number = errno;
	sys.closedir(dir);
	if (rc == 0 && number != 0)
		return err_system(err, s->address, "scan", number);
	return rc;
}

static int
open_name(const struct tail *t, const char *name)
{
	char path[PATH_MAX];

	return tail_path(t, name, path) ? sys_open(path, TAIL_FLAGS, 0) : -1;
}

bool
tail_follows(const struct tail *t, const struct stat *st)
{
	for (const struct trail *one = t->first; one != NULL; one = one->next)
		if (one->fd != -1 && one->ino == st->st_ino && one->dev == st->st_dev)
			return true;
	return false;
}

static bool
begins_with(const char *name, const char *base)
{
	return strncmp(name, base, strlen(base)) == 0;
}

/* ---- the file of a trail ---- */

static bool
may_be(const struct tail *t, const struct search *to, const char *name, const struct stat *st)
{
	if ((uint64_t)st->st_size < to->trail->offset || tail_follows(t, st))
		return false;
	if (!to->copy)
		return st->st_ino == to->trail->ino;
	return to->trail->head.len >= HEAD_SURE && begins_with(name, t->arrivals.name);
}

/* A found_fn. */
static int
try_file(struct source *s, void *arg, const char *name, const struct stat *st, struct err *err)
{
	struct tail *t = s->private;
	struct search *to = arg;
	struct head head = to->trail->head;
	enum head_check check;
	int fd;

	if (!may_be(t, to, name, st))
		return 0;
	fd = open_name(t, name);
	if (fd == -1)			/* a stranger's file may be closed to us */
		return errno == ENOENT || (to->copy && errno == EACCES) ? 0 :
		    err_system(err, name, "open", errno);
	check = head_check(&head, fd);
	if (check == HEAD_SAME && to->n++ == 0) {
		to->fd = fd;
		to->trail->head = head;
		return 0;
	}
	if (check == HEAD_ERROR)
		err_system(err, name, "read", errno);
	sys.close(fd);
	return check == HEAD_ERROR ? -1 : 0;
}

/* The trail goes on with the file that was found. */
static int
adopt(struct source *s, struct trail *one, int fd, struct err *err)
{
	struct tail *t = s->private;
	struct stat st;

	if (sys.fstat(fd, &st) == -1) {
		err_system(err, s->address, "stat", errno);
		sys.close(fd);
		return -1;
	}
	one->fd = fd;
	one->dev = st.st_dev;
	one->ino = st.st_ino;
	one->watched = tail_watch_file(t, fd);
	return 0;
}

/* Looks under the name itself first; a rename may hide a file from a scan, but not from two. */
static int
find_file(struct source *s, struct trail *one, bool copy, struct err *err)
{
	struct tail *t = s->private;
	struct search to = { .trail = one, .copy = copy, .fd = -1 };
	struct stat st;
	int rc = 0;

	if (!copy && sys.stat(s->rest, &st) == 0 && S_ISREG(st.st_mode))
		rc = try_file(s, &to, t->arrivals.name, &st, err);
	for (int i = 0; i < 2 && to.n == 0 && rc == 0; i++)
		rc = scan(s, try_file, &to, err);
	if (to.fd == -1)
		return rc;
	if (rc == -1 || (copy && to.n > 1)) {
		sys.close(to.fd);	/* which of them it is cannot be known */
		return rc;
	}
	return adopt(s, one, to.fd, err);
}

static int
find_files(struct source *s, bool copies, struct err *err)
{
	struct tail *t = s->private;

	for (struct trail *one = t->first; one != NULL; one = one->next)
		if (one->fd == -1 && find_file(s, one, copies, err) == -1)
			return -1;
	return 0;
}

/* ---- what is gone ---- */

/* A file was not found; TRUNCATED: what has the name is what is left of it. */
static void
tell_gone(struct source *s, const struct trail *one, bool truncated)
{
	unsigned long long read = one->offset;
	unsigned long long missing = one->size > one->offset ? one->size - one->offset : 0;

	if (truncated)
		s->host->notice(s, "was truncated since the run before, at byte %llu or behind it; "
		    "lost are %llu bytes that were seen there, and any that were written since",
		    read, missing);
	else if (one->next == NULL || missing > 0)
		s->host->notice(s, "the file that had the name was read to byte %llu by the run "
		    "before and is not found, or not as it was; missing are %llu bytes that were "
		    "seen there, and any that were written since", read, missing);
}

/* Drops the trails that have no file. */
static void
drop_gone(struct source *s)
{
	struct tail *t = s->private;
	struct trail **at = &t->first;
	struct stat st;
	bool named = sys.stat(s->rest, &st) == 0;

	while (*at != NULL) {
		struct trail *one = *at;

		if (one->fd == -1) {
			tell_gone(s, one, named && st.st_ino == one->ino);
			tail_drop(t, at);
		} else {
			at = &one->next;
		}
	}
}

/* ---- files that had the name in between ---- */

struct between {
	struct timespec	after;		/* when the last one known was written to */
	struct stat	named;		/* the file that has the name; st_ino 0: none */
	struct trail	**at;		/* where in the list they begin */
};

static int
compare_times(struct timespec a, struct timespec b)
{
	if (a.tv_sec != b.tv_sec)
		return a.tv_sec < b.tv_sec ? -1 : 1;
	return (a.tv_nsec > b.tv_nsec) - (a.tv_nsec < b.tv_nsec);
}

/* True for a name as rotation makes them: the base name, then numbers. */
static bool
is_rotated(const char *name, const char *base)
{
	const char *rest = name + strlen(base);

	return begins_with(name, base) && strchr(".-_", rest[0]) != NULL &&
	    strspn(rest, "0123456789.-_:") == strlen(rest) &&
	    strpbrk(rest, "0123456789") != NULL;
}

/* A found_fn: puts it on the list, in the order of their last writes. */
static int
add_between(struct source *s, void *arg, const char *name, const struct stat *st,
    struct err *err)
{
	struct tail *t = s->private;
	const struct between *b = arg;
	struct trail **at = b->at, *new;
	int fd;

	if (!is_rotated(name, t->arrivals.name) || st->st_size == 0 ||
	    st->st_ino == b->named.st_ino ||
	    compare_times(st->st_mtim, b->after) <= 0 || tail_follows(t, st))
		return 0;
	fd = open_name(t, name);
	if (fd == -1)
		return errno == ENOENT ? 0 : err_system(err, name, "open", errno);
	new = tail_recognise(fd) == NULL ? trail_open(fd, st) : NULL;
	if (new == NULL) {
		bool packed = tail_recognise(fd) != NULL;

		sys.close(fd);
		return packed ? 0 : err_memory(err, "starting");
	}
	while (*at != NULL && compare_times((*at)->changed, st->st_mtim) < 0)
		at = &(*at)->next;
	new->changed = st->st_mtim;
	new->next = *at;
	*at = new;
	new->watched = tail_watch_file(t, fd);
	s->host->notice(s, "was rotated to %s since the run before; that is read first", name);
	return 0;
}

/* AFTER: when the newest file of the run before was last seen to be written to. */
static int
find_between(struct source *s, struct timespec after, struct err *err)
{
	struct tail *t = s->private;
	struct between b = { .after = after, .at = &t->first };

	while (*b.at != NULL)
		b.at = &(*b.at)->next;
	if (sys.stat(s->rest, &b.named) == -1)
		b.named = (struct stat){ .st_ino = 0 };
	else if (tail_follows(t, &b.named))
		return 0;
	return scan(s, add_between, &b, err);
}

int
tail_resume(struct source *s, struct err *err)
{
	struct tail *t = s->private;
	const struct trail *last = t->first;
	struct timespec after;
	struct stat st;
	ino_t lost = 0;

	if (last == NULL)
		return 0;
	if (find_files(s, false, err) == -1 || find_files(s, true, err) == -1)
		return -1;
	while (last->next != NULL)
		last = last->next;
	after = last->changed;
	if (last->fd == -1)
		lost = last->ino;
	else if (sys.fstat(last->fd, &st) == 0)
		after = st.st_mtim;
	drop_gone(s);
	if (lost != 0 && sys.stat(s->rest, &st) == 0 && st.st_ino == lost)
		return 0;		/* it was truncated, and not renamed */
	return find_between(s, after, err);
}
