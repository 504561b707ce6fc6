/*
 * What is written down of dir: a log of the files that were taken or forgotten, and of how far the
 * one that is being read was read.  It grows with what happens, not with what there is; when it is
 * much longer than the ledger all is written anew, at a cost like that of a scan.  Files that were
 * seen and not yet taken are found again.
 */
#include "source/dir.h"

#include "base/mem.h"
#include "engine/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
#define SLACK 4096			/* entries that a log may be too long by */

enum entry { ENTRY_TAKEN = 1, ENTRY_FORGOTTEN = 2, ENTRY_HALF = 3, ENTRY_NONE = 4 };

/* ---- saving ---- */

/* The directory's own device may be another after a mount. */
static int
put_id(struct buf *out, const struct dir *d, enum entry entry, dev_t dev, ino_t ino)
{
	if (wire_put(out, entry) == -1 || wire_put(out, dev == d->dev ? 0 : dev) == -1)
		return -1;
	return wire_put(out, ino);
}

static int
put_taken(struct buf *out, const struct dir *d, const struct taken *t)
{
	if (put_id(out, d, ENTRY_TAKEN, t->dev, t->ino) == -1 || wire_put(out, t->size) == -1 ||
	    wire_put_word(out, (uint64_t)t->changed.tv_sec) == -1 ||
	    wire_put(out, (uint64_t)t->changed.tv_nsec) == -1)
		return -1;
	return head_put(out, &t->head);
}

static int
put_changed(struct buf *out, const struct dir *d, const struct file_id *id)
{
	const struct taken *t = ledger_find(&d->ledger, id->dev, id->ino);

	return t != NULL ? put_taken(out, d, t) :
	    put_id(out, d, ENTRY_FORGOTTEN, id->dev, id->ino);
}

/* The file that is being read, if that has changed since LAST was put; 0 or -1. */
static int
put_half(struct source *s, struct buf *out, ino_t last)
{
	struct dir *d = s->private;
	const struct framer *f = &d->intake.framer;
	const char *name = d->intake.path + strlen(s->rest) + 1;
	const struct taken *t = ledger_find(&d->ledger, s->dev, s->ino);
	const struct spot spot = { .dev = s->dev, .ino = s->ino,
	    .head = t != NULL ? t->head : (struct head){ 0 } };

	d->put_ino = d->intake.open ? s->ino : 0;
	if (!d->intake.open)
		return last != 0 ? wire_put(out, ENTRY_NONE) : 0;
	if (last == s->ino && f->position == d->put)
		return 0;
	d->put = f->position;
	d->written++;
	if (wire_put(out, ENTRY_HALF) == -1 || wire_put_bytes(out, name, strlen(name)) == -1)
		return -1;
	return spot_put(out, &spot, f);
}

static int
save_all(struct dir *d, struct saving *to, struct err *err)
{
	const struct ledger *l = &d->ledger;

	d->written = l->n;
	if (save_clear(to, err) == -1)
		return -1;
	for (size_t i = 0; i < l->cap; i++) {
		if (l->slot[i].ino == 0)
			continue;
		if (put_taken(to->out, d, &l->slot[i]) == -1)
			return err_memory(err, "saving a directory");
		if (save_room(to, err) == -1)
			return -1;
	}
	return 0;
}

static int
save_changed(struct dir *d, struct saving *to, struct err *err)
{
	const struct ledger *l = &d->ledger;

	d->written += l->nchanged;
	for (size_t i = 0; i < l->nchanged; i++) {
		if (put_changed(to->out, d, &l->changed[i]) == -1)
			return err_memory(err, "saving a directory");
		if (save_room(to, err) == -1)
			return -1;
	}
	return 0;
}

int
dir_save(struct source *s, struct saving *to, struct err *err)
{
	struct dir *d = s->private;
	bool all = !d->ledger.tracked || d->written > 2 * d->ledger.n + SLACK;

	if ((all ? save_all(d, to, err) : save_changed(d, to, err)) == -1)
		return -1;
	if (put_half(s, to->out, all ? 0 : d->put_ino) == -1)
		return err_memory(err, "saving a directory");
	ledger_saved(&d->ledger);
	return save_flush(to, err);
}

/* ---- loading ---- */

static dev_t
get_dev(struct wire *in, const struct dir *d)
{
	dev_t dev = (dev_t)wire_get(in);

	return dev == 0 ? d->dev : dev;
}

/* What was taken was there at the last scan, as far as is known. */
static int
get_taken(struct dir *d, struct wire *in)
{
	struct taken t = { .seen = d->scans };

	t.dev = get_dev(in, d);
	t.ino = (ino_t)wire_get(in);
	t.size = wire_get(in);
	t.changed.tv_sec = (time_t)wire_get_word(in);
	t.changed.tv_nsec = (long)wire_get(in);
	head_get(in, &t.head);
	in->damaged |= t.ino == 0;
	return in->damaged ? 0 : ledger_put(&d->ledger, &t);
}

/* The next scan forgets it; a file that has its inode by now is not the one that was taken. */
static void
get_forgotten(struct dir *d, struct wire *in)
{
	dev_t dev = get_dev(in, d);
	struct taken *t = ledger_find(&d->ledger, dev, (ino_t)wire_get(in));

	if (t == NULL)
		return;
	t->seen = 0;
	t->size = UINT64_MAX;
}

static void
drop_half(struct dir *d)
{
	mem_free(d->half);
	d->half = NULL;
	frame_close(&d->intake.framer);
	d->intake.framer = (struct framer){ 0 };
}

static int
get_half(struct dir *d, struct wire *in)
{
	size_t len;
	const char *name = wire_get_bytes(in, &len);

	drop_half(d);
	in->damaged |= len == 0 || len > NAME_MAX || memchr(name, '/', len) != NULL ||
	    memchr(name, '\0', len) != NULL;
	if (in->damaged)
		return 0;
	d->half = mem_alloc(len + 1);
	if (d->half == NULL)
		return -1;
	memcpy(d->half, name, len);
	d->half[len] = '\0';
	return spot_get(in, &d->half_spot, &d->intake.framer);
}

static int
get_entry(struct dir *d, struct wire *in)
{
	d->written++;
	switch (wire_get(in)) {
	case ENTRY_TAKEN:
		return get_taken(d, in);
	case ENTRY_FORGOTTEN:
		get_forgotten(d, in);
		return 0;
	case ENTRY_HALF:
		return get_half(d, in);
	case ENTRY_NONE:
		drop_half(d);
		return 0;
	default:
		in->damaged = true;
		return 0;
	}
}

int
dir_load(struct source *s, const struct store_part *part, struct wire *in, struct err *err)
{
	struct dir *d = s->private;

	(void)part;
	d->loaded = true;
	while (in->at < in->end && !in->damaged)
		if (get_entry(d, in) == -1)
			return err_memory(err, "reading a saved directory");
	return in->damaged ? spot_damaged(s, err) : 0;
}

/* ---- going on in a file ---- */

/* Whether FD, the file of path, is the one that was being read: 0, 1: it is not, or -1. */
static int
check_half(struct dir *d, int fd, struct err *err)
{
	struct spot spot = d->half_spot;
	struct stat st;
	int rc;

	if (sys.fstat(fd, &st) == -1)
		return err_system(err, d->path, "stat", errno);
	if (!S_ISREG(st.st_mode) || (spot.head.len == 0 && st.st_ino != spot.ino))
		return 1;
	rc = spot_check(&spot, d->path, fd, d->intake.framer.position, err);
	if (rc == 0)
		d->half_spot = spot;
	return rc;
}

/* Opens the file NAME: *FD, if it is the one that was being read, else -1.  0, or -1: failed. */
static int
open_half(struct source *s, const char *name, int *fd, struct err *err)
{
	struct dir *d = s->private;
	int rc;

	*fd = -1;
	if (!dir_path(s, name))
		return 0;
	*fd = sys_open(d->path, FLAGS, 0);
	if (*fd == -1)
		return errno == ENOENT || errno == ELOOP ? 0 :
		    err_system(err, d->path, "open", errno);
	rc = check_half(d, *fd, err);
	if (rc != 0) {
		sys.close(*fd);
		*fd = -1;
	}
	return rc == -1 ? -1 : 0;
}

/* Looks for it under other names: by the inode, and by how it begins. */
static int
search_half(struct source *s, int *fd, struct err *err)
{
	struct dir *d = s->private;
	DIR *dir = sys.opendir(s->rest);
	struct dirent *entry;
	struct stat st;
	int rc = 0, number;

	if (dir == NULL)
		return err_system(err, s->address, "open", errno);
	while (rc == 0 && *fd == -1 && (entry = sys.readdir(dir)) != NULL)
		if (dir_path(s, entry->d_name) && sys.stat(d->path, &st) == 0 &&
		    st.st_ino == d->half_spot.ino)
			rc = open_half(s, entry->d_name, fd, err);
	number = errno;
	sys.closedir(dir);
	if (rc == 0 && *fd == -1 && number != 0)
		return err_system(err, s->address, "scan", number);
	return rc;
}

/* The file may be another inode than it was. */
static int
take_half(struct source *s, int fd, struct err *err)
{
	struct dir *d = s->private;
	struct taken t = { .head = d->half_spot.head, .seen = d->scans };
	struct stat st;

	if (sys.fstat(fd, &st) == -1) {
		err_system(err, d->path, "stat", errno);
		sys.close(fd);
		return -1;
	}
	t.dev = s->dev = st.st_dev;
	t.ino = s->ino = st.st_ino;
	t.size = (uint64_t)st.st_size;
	t.changed = st.st_ctim;
	s->offset = d->intake.framer.position;
	if (intake_open(&d->intake, fd, d->path) == -1 || ledger_put(&d->ledger, &t) == -1)
		return err_memory(err, "starting to read");
	return 0;
}

int
dir_resume(struct source *s, struct err *err)
{
	struct dir *d = s->private;
	int fd, rc = 0;

	if (d->half == NULL)
		return 0;
	if (open_half(s, d->half, &fd, err) == -1 ||
	    (fd == -1 && search_half(s, &fd, err) == -1))
		return -1;
	if (fd != -1)
		rc = take_half(s, fd, err);
	else
		s->host->notice(s, "%s was read to byte %llu by the run before, and is gone, cut "
		    "short or another file now; the rest of it is missing", d->half,
		    (unsigned long long)d->intake.framer.position);
	mem_free(d->half);
	d->half = NULL;
	if (fd == -1)
		drop_half(d);
	return rc;
}
