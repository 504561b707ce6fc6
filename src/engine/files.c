/* Reading whole files for stages, see files.h. */
#include "engine/files.h"

#include "engine/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define READ_SIZE ((size_t)64 << 10)

/* The host keeps a function in the place of data. */
static void (*show)(const char *line);

static struct file_stamp
stamp_of(const struct stat *st)
{
	return (struct file_stamp){
		.fixed = !S_ISREG(st->st_mode), .device = st->st_dev, .inode = st->st_ino,
		.size = st->st_size,
		.mtime = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
	};
}

static int
refuse(const char *path, const char *action, struct err *err)
{
	err_system(err, path, action, errno);
	return 1;
}

/* Reads to the end of the file. */
static int
read_all(int fd, const char *path, struct buf *text, struct err *err)
{
	for (;;) {
		ssize_t n;

		if (buf_reserve(text, READ_SIZE) == -1)
			return err_memory(err, "reading a file");
		n = sys.read(fd, text->data + text->len, READ_SIZE);
		if (n == 0)
			return 0;
		if (n > 0)
			text->len += (size_t)n;
		else if (errno == EAGAIN)	/* a pipe that another has made so */
			(void)sys.poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, -1);
		else if (errno != EINTR)
			return refuse(path, "read", err);
	}
}

static int
load(void *arg, const char *path, struct buf *text, struct file_stamp *stamp, struct err *err)
{
	int fd = sys_open(path, O_RDONLY | O_CLOEXEC, 0), rc;
	struct stat st;

	(void)arg;
	text->len = 0;
	if (fd == -1)
		return refuse(path, "open", err);
	rc = sys.fstat(fd, &st) == -1 ? refuse(path, "stat", err) : 0;
	if (rc == 0) {
		*stamp = stamp_of(&st);
		rc = read_all(fd, path, text, err);
	}
	(void)sys.close(fd);
	return rc;
}

static bool
changed(void *arg, const char *path, const struct file_stamp *stamp)
{
	struct file_stamp now;
	struct stat st;

	(void)arg;
	if (sys.stat(path, &st) == -1)
		return true;
	now = stamp_of(&st);
	return now.fixed != stamp->fixed || now.device != stamp->device ||
	    now.inode != stamp->inode || now.size != stamp->size || now.mtime != stamp->mtime;
}

static void
tell(void *arg, const char *message)
{
	(void)arg;
	show(message);
}

struct files
files_system(void (*print)(const char *line))
{
	show = print;
	return (struct files){ .load = load, .changed = changed, .tell = tell };
}
