/*
 * FILE: a file, written anew.  With a checkpoint it is cut back to the length that was saved and
 * continued; what is no regular file (a FIFO, a device) cannot be cut, and gets what it gets.
 */
#include "base/wire.h"
#include "engine/sys.h"
#include "sink/descriptor.h"
#include "sink/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

struct file {
	bool		regular;	/* it can be cut; set if there is a checkpoint */
	uint64_t	length;		/* bytes that were given, with those of runs before */
	bool		dirty;		/* some may not be on the disk yet ... */
	bool		named;		/* ... where its name is */
};

/* ---- opening ---- */

static int
open_anew(struct sink *s, struct err *err)
{
	struct file *f = s->private;
	struct stat st;

	s->fd = descriptor_create(s->address, err);
	if (s->fd == -1 || !s->deferred)
		return s->fd == -1 ? -1 : 0;
	if (sys.fstat(s->fd, &st) == 0) {
		f->regular = S_ISREG(st.st_mode);
		f->dirty = true;
		return 0;
	}
	err_system(err, s->address, "stat", errno);
	sys.close(s->fd);
	return -1;
}

/* Looks whether the file still has what the checkpoint says. */
static int
check_length(const struct sink *s, uint64_t length, struct err *err)
{
	static const char advice[] = "put it back as it was, or begin anew with --state reset";
	struct stat st = { .st_mode = S_IFREG };

	if (sys.stat(s->address, &st) == -1 && errno != ENOENT)
		return err_system(err, s->address, "stat", errno);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_RUN, "%s: was a regular file and is none now; %s",
		    s->address, advice);
	if ((uint64_t)st.st_size >= length)
		return 0;
	return err_set(err, ERR_RUN, "%s: has %" PRIu64 " bytes, and the checkpoint says that "
	    "%" PRIu64 " were written: was it changed? %s", s->address, (uint64_t)st.st_size,
	    length, advice);
}

static int
open_again(struct sink *s, uint64_t length, struct err *err)
{
	struct file *f = s->private;

	if (check_length(s, length, err) == -1)
		return -1;
	s->fd = sys_open(s->address, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
	if (s->fd == -1)
		return err_system(err, s->address, "open", errno);
	*f = (struct file){ .regular = true, .length = length, .dirty = true };
	if (descriptor_cut(s->fd, s->address, length, err) == 0) {
		if (sys.lseek(s->fd, (off_t)length, SEEK_SET) != -1)
			return 0;
		err_system(err, s->address, "lseek", errno);
	}
	sys.close(s->fd);
	return -1;
}

static int
open_file(struct sink *s, struct err *err)
{
	struct wire in;
	uint64_t length;

	if (s->saved == NULL)
		return open_anew(s, err);
	in = (struct wire){ .at = s->saved->data, .end = s->saved->data + s->saved->len };
	length = wire_get(&in);
	if (in.damaged || in.at != in.end || length > INT64_MAX)
		return sink_damaged(s, err);
	return open_again(s, length, err);
}

/* ---- writing ---- */

static int
write_file(struct sink *s, const char *bytes, size_t len, struct err *err)
{
	struct file *f = s->private;
	int rc = descriptor_write(s->fd, s->address, bytes, len, err);

	if (rc == -1 && err->code == ERR_PIPE)	/* a FIFO: quiet is only for standard output */
		err->code = ERR_RUN;
	f->length += len;
	f->dirty |= len > 0;
	return rc;
}

static int
sync_file(struct sink *s, struct err *err)
{
	struct file *f = s->private;

	if (f->dirty && descriptor_sync(s->fd, s->address, err) == -1)
		return -1;
	f->dirty = false;
	if (!f->named && descriptor_sync_name(s->address, err) == -1)
		return -1;
	f->named = true;
	return 0;
}

static int
save_file(struct sink *s, bool sync, struct buf *out, struct err *err)
{
	struct file *f = s->private;

	if (!f->regular)
		return 0;
	if (sync && sync_file(s, err) == -1)
		return -1;
	return wire_put(out, f->length) == -1 ? err_memory(err, "writing a checkpoint") : 0;
}

/* A full disk may be told only now. */
static int
close_file(struct sink *s, struct err *err)
{
	if (sys.close(s->fd) == -1 && errno != EINTR)
		return err_system(err, s->address, "close", errno);
	return 0;
}

const struct sink_class sink_file = {
	.name = "file",
	.prefix = "",
	.usage = "FILE",
	.help = "a file, written anew",
	.flags = SINK_TRUNCATABLE,
	.size = sizeof(struct file),
	.open = open_file,
	.write = write_file,
	.close = close_file,
	.save = save_file,
};
