/* Writing all of something to a descriptor, see descriptor.h. */
#include "sink/descriptor.h"

#include "base/mem.h"
#include "engine/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

/* A non-blocking descriptor, inherited from a parent, is full: waits until it takes more. */
static void
wait_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	(void)sys.poll(&p, 1, -1);	/* whatever it says, the next write tells */
}

int
descriptor_overdue(const char *subject, struct err *err)
{
	return err_set(err, ERR_RUN, "%s: gave up: it did not take all before the time to end was "
	    "over (--drain-timeout)", subject);
}

int
descriptor_write(int fd, const char *subject, const char *bytes, size_t len, struct err *err)
{
	while (len > 0) {
		ssize_t n;

		if (sys_overdue != 0)
			return descriptor_overdue(subject, err);
		n = sys.write(fd, bytes, len);

		if (n >= 0) {
			bytes += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			wait_writable(fd);
		} else if (errno != EINTR) {
			int number = errno;

			err_system(err, subject, "write", number);
			if (number == EPIPE)
				err->code = ERR_PIPE;
			return -1;
		}
	}
	return 0;
}

int
descriptor_create(const char *path, struct err *err)
{
	int fd = sys_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);

	return fd == -1 ? err_system(err, path, "open", errno) : fd;
}

int
descriptor_cut(int fd, const char *subject, uint64_t length, struct err *err)
{
	int rc;

	do
		rc = sys.ftruncate(fd, (off_t)length);
	while (rc == -1 && errno == EINTR);
	return rc == -1 ? err_system(err, subject, "ftruncate", errno) : 0;
}

int
descriptor_sync(int fd, const char *subject, struct err *err)
{
	int rc;

	do
		rc = sys.fsync(fd);
	while (rc == -1 && errno == EINTR);
	return rc == -1 ? err_system(err, subject, "fsync", errno) : 0;
}

/* Some file systems keep no names that could be waited for: they say EINVAL. */
int
descriptor_sync_folder(const char *path, struct err *err)
{
	int fd = sys_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0), rc;

	if (fd == -1)
		return err_system(err, path, "open", errno);
	do
		rc = sys.fsync(fd);
	while (rc == -1 && errno == EINTR);
	if (rc == -1 && errno == EINVAL)
		rc = 0;
	if (rc == -1)
		err_system(err, path, "fsync", errno);
	sys.close(fd);
	return rc;
}

int
descriptor_sync_name(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *folder;
	int rc;

	if (slash == NULL)
		return descriptor_sync_folder(".", err);
	folder = mem_strdup(path);
	if (folder == NULL)
		return err_memory(err, "writing a checkpoint");
	folder[slash == path ? 1 : slash - path] = '\0';
	rc = descriptor_sync_folder(folder, err);
	mem_free(folder);
	return rc;
}
