/*
 * dir:DIR: a file for each batch that has rows, named by the batch's time.  A file has its name
 * only when it is complete: until then it is a hidden one with a name that no other run has.  A
 * batch that is given again by another run takes the place of its file.
 */
#include "base/mem.h"
#include "base/tstamp.h"
#include "engine/sys.h"
#include "sink/descriptor.h"
#include "sink/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAME_ROOM 64			/* of a file: time, number, extension */
#define ATTEMPTS 8			/* at a name that nobody has */

struct dir {
	char		*hidden, *name;	/* paths of the open file, now and when it is complete */
	size_t		 room;		/* bytes of each of them */
	bool		 exists;	/* there is a hidden file; s->fd is open unless it failed */
	bool		 has_rows;
	bool		 named;		/* a file of this run has got its name ... */
	int64_t		 last;		/* ... of this time, in milliseconds ... */
	unsigned	 again;		/* ... so many more than one */
};

static uint64_t
random_word(void)
{
	uint64_t word;

	if (sys.getrandom(&word, sizeof(word), 0) == (ssize_t)sizeof(word))
		return word;
	return (uint64_t)sys.wall() ^ (uint64_t)sys.mono() << 20;
}

/* Makes the hidden file, which must not be there; -1 with errno. */
static int
make_file(struct sink *s)
{
	struct dir *d = s->private;

	s->fd = sys_open(d->hidden, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);
	d->exists = s->fd != -1;
	return d->exists ? 0 : -1;
}

/* The first file, made before there are rows: what is wrong with the folder is known at once. */
static int
make_first(struct sink *s, struct err *err)
{
	struct dir *d = s->private;

	for (int i = 0; i < ATTEMPTS; i++) {
		(void)snprintf(d->hidden, d->room, "%s/.streamctl-%016" PRIx64 ".tmp", s->rest,
		    random_word());
		if (make_file(s) == 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	return err_system(err, d->hidden, "open", errno);
}

static int
make_folder(const char *path, struct err *err)
{
	int fd;

	if (sys.mkdir(path, 0777) == -1 && errno != EEXIST)
		return err_system(err, path, "mkdir", errno);
	fd = sys_open(path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd == -1)
		return err_system(err, path, "open", errno);
	sys.close(fd);
	return 0;
}

static int
close_dir(struct sink *s, struct err *err)
{
	struct dir *d = s->private;
	int rc = 0;

	if (s->fd != -1)
		sys.close(s->fd);	/* what it holds is given up */
	s->fd = -1;
	if (d->exists && sys.unlink(d->hidden) == -1)
		rc = err_system(err, d->hidden, "unlink", errno);
	mem_free(d->hidden);
	mem_free(d->name);
	*d = (struct dir){ 0 };
	return rc;
}

static int
open_dir(struct sink *s, struct err *err)
{
	struct dir *d = s->private;
	struct err ignored;

	s->fd = -1;
	if (s->rest[0] == '\0')
		return err_word(err, s->word, "no folder, write dir:DIR");
	d->room = strlen(s->rest) + NAME_ROOM;
	d->hidden = mem_alloc(d->room);
	d->name = mem_alloc(d->room);
	if (d->hidden == NULL || d->name == NULL)
		err_memory(err, "starting");
	else if (make_folder(s->rest, err) == 0 && make_first(s, err) == 0)
		return 0;
	(void)close_dir(s, &ignored);
	return -1;
}

/* The batch has its first row. */
static int
begin(struct sink *s, struct err *err)
{
	struct dir *d = s->private;

	if (s->fd == -1 && make_file(s) == -1)
		return err_system(err, d->hidden, "open", errno);
	d->has_rows = true;
	return descriptor_write(s->fd, s->rest, s->head, s->head_len, err);
}

static int
write_dir(struct sink *s, const char *bytes, size_t len, struct err *err)
{
	struct dir *d = s->private;

	if (len == 0)
		return 0;
	if (!d->has_rows && begin(s, err) == -1)
		return -1;
	return descriptor_write(s->fd, s->rest, bytes, len, err);
}

static const char *
extension(const struct sink *s)
{
	if (s->format == NULL)
		return "tsv";
	return strcmp(s->format, "table") == 0 ? "txt" : s->format;
}

/*
 * Names the file of the batch that ended at TIME.  Batches by rows may end in the same millisecond,
 * and the wall clock may step back; but no batch takes the place of another one of this run, and
 * the order of the names stays that of the batches.
 */
static void
set_name(struct sink *s, int64_t time)
{
	struct dir *d = s->private;
	int64_t ms = time / 1000 - (time % 1000 < 0);
	char text[TSTAMP_BYTES], again[16] = "";
	size_t n = 0;

	d->again = d->named && ms <= d->last ? d->again + 1 : 0;
	if (d->again == 0)
		d->last = ms;
	d->named = true;
	(void)tstamp_format(text, d->last);
	for (size_t i = 0; i < sizeof(text); i++)
		if (text[i] != ':')
			text[n++] = text[i];
	if (d->again > 0)
		(void)snprintf(again, sizeof(again), "_%03u", d->again);
	(void)snprintf(d->name, d->room, "%s/%.*s%s.%s", s->rest, (int)n, text, again,
	    extension(s));
}

static int
end_dir(struct sink *s, int64_t time, struct err *err)
{
	struct dir *d = s->private;
	int fd = s->fd;

	if (!d->has_rows)
		return 0;
	d->has_rows = false;
	set_name(s, time);
	s->fd = -1;
	if (sys.close(fd) == -1 && errno != EINTR)
		return err_system(err, d->name, "close", errno);
	if (sys.rename(d->hidden, d->name) == -1)
		return err_system(err, d->name, "rename", errno);
	d->exists = false;
	return 0;
}

const struct sink_class sink_dir = {
	.name = "dir",
	.prefix = "dir:",
	.usage = "dir:DIR",
	.help = "a file for each batch in a folder, by its time",
	.flags = SINK_IDEMPOTENT | SINK_HEADS,
	.size = sizeof(struct dir),
	.open = open_dir,
	.write = write_dir,
	.end = end_dir,
	.close = close_dir,
};
