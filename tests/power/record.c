/*
 * Preloaded into streamctl by scripts/powerloss: writes down what the program asks the system to do
 * to the files of one folder, so that it can be done again up to any point, as a disk would have it
 * when the power went.
 *
 *   POWER_FOLDER  only files below this (absolute) path
 *   POWER_LOG     where: a record for each call, in their order
 *
 * A record: the kind (a byte), then numbers of 8 bytes little-endian and bytes behind their length:
 *
 *   C file path      a file was made, or M a folder
 *   O file path      a file that was there was opened
 *   W file offset bytes
 *   T file length    cut, or made longer
 *   S file           fsync or fdatasync: the file's bytes; D path: the names of a folder
 *   R from to        renamed; U path: removed
 *
 * FILE is the inode.  Calls that fail are not written down.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static const char *folder;

static void __attribute__((constructor))
start(void)
{
	const char *path = getenv("POWER_LOG");

	folder = getenv("POWER_FOLDER");
	if (folder == NULL || path == NULL)
		return;
	log_fd = (int)syscall(SYS_openat, AT_FDCWD, path,
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void *
real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* ---- the log ---- */

static char record[4096 + PATH_MAX * 2];
static size_t used;

static void
flush(void)
{
	size_t at = 0;

	while (at < used) {
		long n = syscall(SYS_write, log_fd, record + at, used - at);

		if (n <= 0)
			abort();
		at += (size_t)n;
	}
	used = 0;
}

static void
put_number(uint64_t n)
{
	for (int i = 0; i < 8; i++)
		record[used++] = (char)(n >> (8 * i));
}

static void
put_bytes(const void *bytes, size_t len)
{
	put_number(len);
	if (len > PATH_MAX) {			/* data: straight out */
		flush();
		while (len > 0) {
			long n = syscall(SYS_write, log_fd, bytes, len);

			if (n <= 0)
				abort();
			bytes = (const char *)bytes + n;
			len -= (size_t)n;
		}
		return;
	}
	memcpy(record + used, bytes, len);
	used += len;
}

static void
put_text(const char *text)
{
	put_bytes(text, strlen(text));
}

static void
begin(char kind)
{
	(void)pthread_mutex_lock(&lock);
	record[used++] = kind;
}

static void
end(void)
{
	flush();
	(void)pthread_mutex_unlock(&lock);
}

/* ---- which file ---- */

static int
is_below(const char *path)
{
	size_t len = log_fd == -1 ? 0 : strlen(folder);

	return len > 0 && strncmp(path, folder, len) == 0 &&
	    (path[len] == '/' || path[len] == '\0');
}

/* The path of a descriptor, if it is one of the folder. */
static int
path_of(int fd, char path[PATH_MAX])
{
	char name[32];
	ssize_t n;

	if (log_fd == -1)
		return 0;
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	n = readlink(name, path, PATH_MAX - 1);
	if (n <= 0)
		return 0;
	path[n] = '\0';
	return is_below(path);
}

static uint64_t
inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? (uint64_t)st.st_ino : 0;
}

static void
note_fd(char kind, int fd, uint64_t number, int with_number)
{
	char path[PATH_MAX];
	struct stat st;
	int saved = errno;

	if (path_of(fd, path) && fstat(fd, &st) == 0) {
		int is_folder = S_ISDIR(st.st_mode);

		begin(is_folder ? 'D' : kind);
		if (is_folder)
			put_text(path);
		else
			put_number((uint64_t)st.st_ino);
		if (with_number)
			put_number(number);
		end();
	}
	errno = saved;
}

static void
note_write(int fd, uint64_t offset, const void *bytes, size_t len)
{
	char path[PATH_MAX];
	int saved = errno;

	if (len > 0 && path_of(fd, path)) {
		begin('W');
		put_number(inode_of(fd));
		put_number(offset);
		put_bytes(bytes, len);
		end();
	}
	errno = saved;
}

static void
note_open(int fd, int flags, int existed)
{
	char path[PATH_MAX];
	int saved = errno;

	if (fd != -1 && (flags & O_DIRECTORY) == 0 && path_of(fd, path)) {
		struct stat st;

		if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
			begin(existed ? 'O' : 'C');
			put_number((uint64_t)st.st_ino);
			put_text(path);
			end();
			if (existed && (flags & O_TRUNC) != 0)
				note_fd('T', fd, 0, 1);
		}
	}
	errno = saved;
}

/* ---- the calls ---- */

static int
exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

int
open(const char *path, int flags, ...)
{
	int (*call)(const char *, int, ...) = (int (*)(const char *, int, ...))real("open");
	int existed = exists(path), fd;
	mode_t mode = 0;
	va_list ap;

	if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
		va_start(ap, flags);
		mode = (mode_t)va_arg(ap, int);
		va_end(ap);
	}
	fd = call(path, flags, mode);
	note_open(fd, flags, existed);
	return fd;
}

int
open64(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
		va_start(ap, flags);
		mode = (mode_t)va_arg(ap, int);
		va_end(ap);
	}
	return open(path, flags, mode);
}

ssize_t
write(int fd, const void *bytes, size_t len)
{
	ssize_t (*call)(int, const void *, size_t) =
	    (ssize_t (*)(int, const void *, size_t))real("write");
	ssize_t n = call(fd, bytes, len);

	if (n > 0 && log_fd != -1) {
		off_t now = lseek(fd, 0, SEEK_CUR);

		if (now >= n)
			note_write(fd, (uint64_t)(now - n), bytes, (size_t)n);
	}
	return n;
}

ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	ssize_t (*call)(int, const void *, size_t, off_t) =
	    (ssize_t (*)(int, const void *, size_t, off_t))real("pwrite");
	ssize_t n = call(fd, bytes, len, offset);

	if (n > 0)
		note_write(fd, (uint64_t)offset, bytes, (size_t)n);
	return n;
}

ssize_t
pwrite64(int fd, const void *bytes, size_t len, off_t offset)
{
	return pwrite(fd, bytes, len, offset);
}

int
ftruncate(int fd, off_t length)
{
	int (*call)(int, off_t) = (int (*)(int, off_t))real("ftruncate");
	int rc = call(fd, length);

	if (rc == 0)
		note_fd('T', fd, (uint64_t)length, 1);
	return rc;
}

int
ftruncate64(int fd, off_t length)
{
	return ftruncate(fd, length);
}

int
fsync(int fd)
{
	int (*call)(int) = (int (*)(int))real("fsync");
	int rc = call(fd);

	if (rc == 0)
		note_fd('S', fd, 0, 0);
	return rc;
}

int
fdatasync(int fd)
{
	int (*call)(int) = (int (*)(int))real("fdatasync");
	int rc = call(fd);

	if (rc == 0)
		note_fd('S', fd, 0, 0);
	return rc;
}

int
rename(const char *from, const char *to)
{
	int (*call)(const char *, const char *) =
	    (int (*)(const char *, const char *))real("rename");
	int rc = call(from, to);

	if (rc == 0 && is_below(from)) {
		begin('R');
		put_text(from);
		put_text(to);
		end();
	}
	return rc;
}

int
unlink(const char *path)
{
	int (*call)(const char *) = (int (*)(const char *))real("unlink");
	int rc = call(path);

	if (rc == 0 && is_below(path)) {
		begin('U');
		put_text(path);
		end();
	}
	return rc;
}

int
mkdir(const char *path, mode_t mode)
{
	int (*call)(const char *, mode_t) = (int (*)(const char *, mode_t))real("mkdir");
	int rc = call(path, mode);

	if (rc == 0 && is_below(path)) {
		begin('M');
		put_number(0);
		put_text(path);
		end();
	}
	return rc;
}
