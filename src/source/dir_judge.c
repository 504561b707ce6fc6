/* Which files of a directory are to be taken, and when; see dir.h. */
#include "source/dir.h"

#include "engine/sys.h"
#include "source/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
#define SETTLE_US 1000000		/* without a change until a file is complete */

bool
dir_path(struct source *s, const char *name)
{
	struct dir *d = s->private;
	int n = snprintf(d->path, sizeof(d->path), "%s/%s", s->rest, name);

	return n > 0 && (size_t)n < sizeof(d->path);
}

static bool
same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool
dir_knows(struct dir *d, const struct stat *st)
{
	struct taken *t = ledger_find(&d->ledger, st->st_dev, st->st_ino);

	if (t == NULL)
		return false;
	t->seen = d->scans;
	return t->size == (uint64_t)st->st_size && same_time(t->changed, st->st_ctim);
}

/* Compares an open file with what was taken; *NEW is what is to be put down of it. */
static enum verdict
compare(struct source *s, int fd, const struct stat *st, struct taken *new)
{
	struct dir *d = s->private;
	const struct taken *old = ledger_find(&d->ledger, st->st_dev, st->st_ino);
	enum head_check check = HEAD_OTHER;

	*new = (struct taken){
		.dev = st->st_dev, .ino = st->st_ino, .size = (uint64_t)st->st_size,
		.changed = st->st_ctim, .seen = d->scans,
	};
	if (old != NULL && new->size >= old->size) {
		new->head = old->head;
		check = head_check(&new->head, fd);
	}
	if (check == HEAD_OTHER) {
		new->head = (struct head){ 0 };
		check = head_check(&new->head, fd);
	} else if (check == HEAD_SAME) {
		if (new->size > old->size && !d->told_grown) {
			s->host->notice(s, "%s has grown since it was read; such additions are not "
			    "read", d->path);
			d->told_grown = true;
		}
		return LEAVE;
	}
	return check == HEAD_ERROR ? FAILED : TAKE;
}

/* True if a file that nothing was told of has not changed for a while. */
static bool
has_settled(struct candidate *c, const struct stat *st, int64_t now)
{
	if (!c->looked || c->size != (uint64_t)st->st_size || !same_time(c->written, st->st_mtim)) {
		c->looked = true;
		c->size = (uint64_t)st->st_size;
		c->written = st->st_mtim;
		c->since = now;
	}
	return now - c->since >= SETTLE_US;
}

/* Decides about an open file, the path of which is set. */
static enum verdict
judge_open(struct source *s, struct candidate *c, int fd, struct taken *new)
{
	struct dir *d = s->private;
	enum writers writers;
	enum verdict verdict;
	struct stat st;

	if (sys.fstat(fd, &st) == -1)
		return FAILED;
	writers = probe_writers(fd);
	if (writers == WRITERS_SOME || (writers == WRITERS_UNKNOWN && !c->complete &&
	    !has_settled(c, &st, sys.mono())))
		return WAIT;
	verdict = compare(s, fd, &st, new);
	if (verdict != FAILED && ledger_put(&d->ledger, new) == -1) {
		errno = ENOMEM;
		return FAILED;
	}
	if (verdict == TAKE) {
		s->dev = st.st_dev;
		s->ino = st.st_ino;
	}
	return verdict;
}

enum verdict
dir_judge(struct source *s, struct candidate *c, int *fd)
{
	struct dir *d = s->private;
	enum verdict verdict;
	struct taken new;
	struct stat st;
	int number;

	if (!dir_path(s, c->name))
		return LEAVE;
	if (sys.stat(d->path, &st) == -1)
		return errno == ENOENT || errno == ELOOP ? LEAVE : FAILED;
	if (!S_ISREG(st.st_mode) || st.st_size == 0 || dir_knows(d, &st))
		return LEAVE;
	*fd = sys_open(d->path, FLAGS, 0);
	if (*fd == -1)
		return errno == ENOENT ? LEAVE : FAILED;
	verdict = judge_open(s, c, *fd, &new);
	if (verdict == TAKE)
		return TAKE;
	number = errno;
	sys.close(*fd);
	errno = number;
	return verdict;
}
