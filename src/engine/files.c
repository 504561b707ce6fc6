/* Reading and writing whole files for stages, see files.h. */
#include "engine/files.h"

#include "base/mem.h"
#include "engine/signals.h"
#include "engine/sys.h"
#include "sink/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define READ_SIZE ((size_t)64 << 10)
#define SUFFIX 24			/* bytes behind the name of a file that is being made */

/* The host keeps a function in the place of data. */
static void (*show)(const char *line);

/* A SIGHUP makes every file look other than before. */
static struct file_stamp
stamp_of(const struct stat *st)
{
	return (struct file_stamp){
		.asked = signals_rereads(),
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
	return now.asked != stamp->asked || now.fixed != stamp->fixed ||
	    now.device != stamp->device || now.inode != stamp->inode ||
	    now.size != stamp->size || now.mtime != stamp->mtime;
}

static bool
missing(void *arg, const char *path)
{
	struct stat st;

	(void)arg;
	return sys.stat(path, &st) == -1 && errno == ENOENT;
}

static void
tell(void *arg, const char *message)
{
	(void)arg;
	show(message);
}

/* ---- writing ---- */

/* Writes all to a descriptor and closes it; if SYNC what was written survives. */
static int
write_out(int fd, const char *path, const char *bytes, size_t len, bool sync, struct err *err)
{
	int rc = descriptor_write(fd, path, bytes, len, err);

	if (rc == 0 && sync)
		rc = descriptor_sync(fd, path, err);
	if (sys.close(fd) == -1 && rc == 0 && errno != EINTR)
		rc = err_system(err, path, "close", errno);
	return rc;
}

/* A name beside PATH that nobody uses, to be freed; NULL: memory is short. */
static char *
name_beside(const char *path)
{
	size_t len = strlen(path);
	char *name = mem_alloc(len + SUFFIX);
	uint64_t word;

	if (name == NULL)
		return NULL;
	if (sys.getrandom(&word, sizeof(word), 0) != (ssize_t)sizeof(word))
		word = (uint64_t)sys.wall();
	memcpy(name, path, len);
	(void)snprintf(name + len, SUFFIX, ".%016" PRIx64, word);
	return name;
}

/* Makes the file NEW, and then gives it the name of the old one. */
static int
replace(const char *path, const char *new, mode_t mode, const char *bytes, size_t len,
    struct err *err)
{
	int fd = sys_open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd == -1)
		return err_system(err, path, "create", errno);
	if (write_out(fd, path, bytes, len, true, err) == 0) {
		if (sys.rename(new, path) == 0)
			return descriptor_sync_name(path, err);
		err_system(err, path, "rename", errno);
	}
	(void)sys.unlink(new);
	return -1;
}

static int
save(void *arg, const char *path, const char *bytes, size_t len, struct err *err)
{
	struct stat st = { .st_mode = S_IFREG | 0666 };
	bool there = sys.stat(path, &st) == 0;
	char *new;
	int fd, rc;

	(void)arg;
	if (there && !S_ISREG(st.st_mode)) {
		fd = sys_open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY, 0);
		return fd == -1 ? err_system(err, path, "open", errno) :
		    write_out(fd, path, bytes, len, false, err);
	}
	new = name_beside(path);
	if (new == NULL)
		return err_memory(err, "writing a file");
	rc = replace(path, new, st.st_mode & 0777, bytes, len, err);
	mem_free(new);
	return rc;
}

struct files
files_system(void (*print)(const char *line))
{
	show = print;
	return (struct files){
		.load = load, .changed = changed, .tell = tell, .save = save, .missing = missing,
	};
}
