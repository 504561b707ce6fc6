/*
 * FILE: a file read once to its end.  Regular files are read in turns, one file behind the other; a
 * FIFO or a terminal is waited for.  A regular file is opened when its turn comes, so that any
 * number of them needs one descriptor; whether it can be opened is checked at the start.
 * Compressed bytes are decoded.  What is appended to a file that was read is read by a later run
 * with the same state.
 */
#include "engine/sys.h"
#include "source/whole.h"

#include <errno.h>
#include <fcntl.h>

#define FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

struct file {
	struct whole	whole;
	int		fd;		/* of a file that is waited for; -1 if none */
};

static int
open_file(struct source *s, struct err *err)
{
	struct file *f = s->private;
	struct stat st;

	f->fd = sys_open(s->rest, FLAGS, 0);
	if (f->fd == -1)
		return err_system(err, s->address, "open", errno);
	if (sys.fstat(f->fd, &st) == -1)
		return err_system(err, s->address, "stat", errno);
	if (S_ISDIR(st.st_mode))
		return err_set(err, ERR_RUN, "%s: is a directory; name a file", s->address);
	if (S_ISREG(st.st_mode)) {
		s->dev = st.st_dev;
		s->ino = st.st_ino;
		s->replayable = true;
		sys.close(f->fd);
		f->fd = -1;
	}
	return 0;
}

static int
start(struct source *s, struct err *err)
{
	struct file *f = s->private;
	int fd = f->fd;

	if (fd == -1) {
		s->ready = true;
		return 0;
	}
	f->fd = -1;
	return whole_start(&f->whole, s, fd, false, err);
}

/* The first turn of a regular file opens it again. */
static int
reopen(struct source *s, struct err *err)
{
	struct file *f = s->private;
	int fd = sys_open(s->rest, FLAGS, 0);

	if (fd == -1)
		return err_system(err, s->address, "open", errno);
	return whole_start(&f->whole, s, fd, false, err);
}

static void
turn(struct source *s)
{
	struct file *f = s->private;
	struct err err;

	if (f->whole.reader.source == NULL && reopen(s, &err) == -1)
		s->host->failed(s, &err);
	else
		reader_turn(&f->whole.reader);
}

static int
save(struct source *s, struct saving *to, struct err *err)
{
	struct file *f = s->private;

	return whole_save(&f->whole, s, to, err);
}

static int
load(struct source *s, const struct store_part *part, struct wire *in, struct err *err)
{
	struct file *f = s->private;
	int fd, rc;

	(void)part;
	fd = s->replayable ? sys_open(s->rest, FLAGS, 0) : f->fd;
	if (fd == -1)
		return err_system(err, s->address, "open", errno);
	rc = whole_load(&f->whole, s, fd, in, err);
	if (fd != f->fd)
		sys.close(fd);
	return rc;
}

static void
close_file(struct source *s)
{
	struct file *f = s->private;

	if (f->fd > 0)
		sys.close(f->fd);
	whole_stop(&f->whole);
}

const struct source_class source_file = {
	.name = "file",
	.prefix = "",
	.usage = "FILE",
	.help = "a file, FIFO or quoted glob; gzip and zstd, too",
	.flags = SOURCE_REPLAYABLE | SOURCE_BOUNDED,
	.size = sizeof(struct file),
	.open = open_file,
	.start = start,
	.turn = turn,
	.close = close_file,
	.save = save,
	.load = load,
};
