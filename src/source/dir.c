/*
 * dir:DIR: each file that comes into a directory, once.
 *
 * A file is taken when it was renamed in or closed after writing (inotify tells), or when nobody
 * has it open for writing, or, where that cannot be known, when it has not changed for a second.
 * The ledger of taken files makes it once: names and times do not matter.  Scans are the truth:
 * of all files, each second, without inotify; with it, when the directory's time has changed.
 */
#include "source/dir.h"

#include "base/mem.h"
#include "engine/sys.h"

#include <errno.h>
#include <event2/event.h>

#define MASK (IN_MOVED_TO | IN_CLOSE_WRITE | IN_CREATE | IN_ONLYDIR)
#define SOON_US 250000			/* between looks at files that are not */
#define LOOK_US 1000000			/* between looks at the directory */
#define SEARCH 1000			/* names that one is compared with; twice is no harm */

static struct dir *
dir_of(const struct source *s)
{
	return s->private;
}

static int
fail(struct source *s, const char *subject, const char *action, int number)
{
	struct err err;

	if (number == ENOMEM)
		err_memory(&err, "watching a directory");
	else
		err_system(&err, subject, action, number);
	s->host->failed(s, &err);
	return -1;
}

static bool
same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* ---- scans ---- */

/* Puts down what is there at the start as taken; what is still being written is to come. */
static int
skip_all(struct source *s)
{
	struct dir *d = dir_of(s);
	size_t i = d->names.first;

	while (i < d->names.n) {
		int fd = -1;
		enum verdict verdict = dir_judge(s, &d->names.list[i], &fd);

		if (verdict == FAILED)
			return -1;
		if (verdict == TAKE)
			sys.close(fd);
		if (verdict == WAIT)
			i++;
		else
			candidates_remove(&d->names, i);
		if (i < d->names.first)
			i = d->names.first;
	}
	s->ino = 0;		/* none of them is read */
	return 0;
}

/* Adds a name that was found, unless it is of no interest or known as it is; 0, or -1: errno. */
static int
add_found(struct source *s, const char *name)
{
	struct dir *d = dir_of(s);
	struct stat st;

	if (candidate_ignored(name) || !dir_path(s, name))
		return 0;
	if (sys.stat(d->path, &st) == -1)
		return errno == ENOENT || errno == ELOOP ? 0 : -1;
	if (!S_ISREG(st.st_mode) || st.st_size == 0 || dir_knows(d, &st))
		return 0;
	if (candidates_add(&d->names, name, false, d->scans == 1 ? 0 : SEARCH) == 0)
		return 0;
	errno = ENOMEM;
	return -1;
}

/*
 * Reads the whole directory, new names in their order.  A file that is renamed meanwhile may not be
 * found, so that it is forgotten only if two scans have missed it.  0, or -1: errno.
 */
static int
scan(struct source *s)
{
	struct dir *d = dir_of(s);
	size_t n = d->names.n;
	struct dirent *entry;
	DIR *dir = sys.opendir(s->rest);
	int rc = 0, number;

	if (dir == NULL)
		return -1;
	d->scans++;
	while (rc == 0 && (entry = sys.readdir(dir)) != NULL)
		rc = add_found(s, entry->d_name);
	number = errno;
	sys.closedir(dir);
	errno = number;
	if (rc == -1 || number != 0)
		return -1;
	candidates_sort(&d->names, n);
	d->rescan = false;
	if (d->scans > 1 && ledger_sweep(&d->ledger, d->scans - 1) == -1) {
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

/* Scans if something may have come or gone. */
static int
look(struct source *s)
{
	struct dir *d = dir_of(s);
	int64_t now = sys.mono();
	struct stat st;
	bool due;

	if (d->names.n - d->names.first > SEARCH ||
	    (d->scans > 0 && now - d->scanned < SOON_US))
		return 0;		/* there is enough to do, or it was done just now */
	if (sys.stat(s->rest, &st) == -1)
		return -1;
	d->dev = st.st_dev;
	due = d->rescan || d->watched == -1 || d->scans == 0 ||
	    !same_time(d->changed, st.st_mtim);
	if (!due)
		return 0;
	if (scan(s) == -1)
		return -1;
	d->scanned = now;
	d->rescan = !same_time(d->changed, st.st_mtim);	/* once more when it is quiet */
	d->changed = st.st_mtim;
	return 0;
}

static void
tell(void *arg, const struct inotify_event *e)
{
	struct dir *d = arg;

	if ((e->mask & (IN_Q_OVERFLOW | IN_IGNORED)) != 0)
		d->rescan = true;
	if ((e->mask & IN_IGNORED) != 0)
		d->watched = -1;
	if (e->len == 0 || (e->mask & IN_ISDIR) != 0 || candidate_ignored(e->name))
		return;
	if (candidates_add(&d->names, e->name, (e->mask & IN_CREATE) == 0, SEARCH) == -1)
		d->rescan = true;
}

/* ---- reading ---- */

/* The file is read: puts down how it was when that was over.  0, or -1: the source has failed. */
static int
put_down(struct source *s)
{
	struct dir *d = dir_of(s);
	const struct taken *old;
	struct taken new;
	struct stat st;

	if (sys.fstat(d->intake.fd, &st) == -1)
		return 0;
	old = ledger_find(&d->ledger, st.st_dev, st.st_ino);
	if (old == NULL || (old->size == (uint64_t)st.st_size &&
	    same_time(old->changed, st.st_ctim)))
		return 0;
	new = *old;
	new.size = (uint64_t)st.st_size;
	new.changed = st.st_ctim;
	return ledger_put(&d->ledger, &new) == -1 ? fail(s, "", "", ENOMEM) : 0;
}

/* Reads of the open file; 1: there is more after *WAIT, 0: it is over, -1: so is the source. */
static int
read_file(struct source *s, int64_t *wait)
{
	struct dir *d = dir_of(s);
	struct err err;

	switch (intake_read(&d->intake, s, wait, &err)) {
	case RECEIVE_SOME:
		return 1;
	case RECEIVE_EOF:
		if (put_down(s) == -1)
			return -1;
		intake_close(&d->intake);
		return 0;
	case RECEIVE_STOP:
		return -1;
	default:
		s->host->failed(s, &err);
		return -1;
	}
}

/* Opens the next file that is to be read; 1: one is open, 0: there is none, -1: failed. */
static int
next_file(struct source *s)
{
	struct dir *d = dir_of(s);
	size_t i = d->names.first;

	/* A file that is put down as taken must not be without what it takes to read it. */
	if (i < d->names.n && intake_ready(&d->intake) == -1)
		return fail(s, "", "", ENOMEM);
	while (i < d->names.n) {
		int fd = -1;
		enum verdict verdict = dir_judge(s, &d->names.list[i], &fd);

		if (verdict == FAILED)
			return fail(s, d->path, "open", errno);
		if (verdict == WAIT) {
			i++;
			continue;
		}
		candidates_remove(&d->names, i);
		if (i < d->names.first)
			i = d->names.first;
		if (verdict == LEAVE)
			continue;
		(void)intake_open(&d->intake, fd, d->path);	/* it is ready: that cannot fail */
		s->offset = 0;
		return 1;
	}
	return 0;
}

/* Does some of what there is to do; *WAIT until the next turn.  0, or -1: the source is over. */
static int
work(struct source *s, int64_t *wait)
{
	struct dir *d = dir_of(s);
	int rc;

	watch_read(&d->watch, tell, d);
	if (!d->intake.open) {
		if (look(s) == -1)
			return fail(s, s->address, "scan", errno);
		rc = next_file(s);
		if (rc <= 0) {
			*wait = d->names.n > d->names.first || d->rescan ? SOON_US : LOOK_US;
			return rc;
		}
	}
	*wait = 0;
	return read_file(s, wait) == -1 ? -1 : 0;
}

static void
turn(void *arg)
{
	struct source *s = arg;
	struct dir *d = dir_of(s);
	struct timeval tv;
	int64_t wait;

	if (s->done || work(s, &wait) == -1)
		return;
	tv = sys_timeval(wait);
	if (event_add(d->timer, &tv) == -1 || (wait >= SOON_US && watch_arm(&d->watch) == -1))
		fail(s, "", "", ENOMEM);
}

static void
timer_cb(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	turn(arg);
}

/* ---- life ---- */

static int
open_dir(struct source *s, struct err *err)
{
	struct dir *d = dir_of(s);

	s->replayable = true;
	if (s->rest[0] == '\0')
		return err_word(err, s->word, "%s: no directory is named, write dir:DIR",
		    s->address);
	if (watch_open(&d->watch, s->host->base, turn, s, err) == -1)
		return -1;
	d->watched = watch_path(&d->watch, s->rest, MASK);
	return look(s) == -1 ? err_system(err, s->address, "open", errno) : 0;
}

static int
start_dir(struct source *s, struct err *err)
{
	struct dir *d = dir_of(s);
	const struct timeval now = { .tv_sec = 0 };

	if (s->host->options.new_only && !d->loaded && skip_all(s) == -1)
		return err_system(err, d->path, "open", errno);
	if (dir_resume(s, err) == -1)
		return -1;
	d->timer = evtimer_new(s->host->base, timer_cb, s);
	if (d->timer == NULL || event_add(d->timer, &now) == -1)
		return err_memory(err, "starting to watch");
	return 0;
}

static void
close_dir(struct source *s)
{
	struct dir *d = dir_of(s);

	intake_close(&d->intake);
	candidates_free(&d->names);
	ledger_free(&d->ledger);
	frame_close(&d->intake.framer);
	mem_free(d->half);
	if (d->timer != NULL)
		event_free(d->timer);
	watch_close(&d->watch);
}

const struct source_class source_dir = {
	.name = "dir",
	.prefix = "dir:",
	.usage = "dir:DIR",
	.help = "each new file of a directory, once",
	.flags = SOURCE_REPLAYABLE,
	.size = sizeof(struct dir),
	.open = open_dir,
	.start = start_dir,
	.close = close_dir,
	.save = dir_save,
	.load = dir_load,
};
