/* Writing all of something to a descriptor, see descriptor.h. */
#include "sink/descriptor.h"

#include "engine/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

/* A non-blocking descriptor, inherited from a parent, is full: waits until it takes more. */
static void
wait_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	(void)sys.poll(&p, 1, -1);	/* whatever it says, the next write tells */
}

int
descriptor_write(int fd, const char *subject, const char *bytes, size_t len, struct err *err)
{
	while (len > 0) {
		ssize_t n = sys.write(fd, bytes, len);

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
