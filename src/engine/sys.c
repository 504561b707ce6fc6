/* System calls and clocks as they are, see sys.h. */
#include "engine/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static int
real_open(const char *path, int flags, mode_t mode)
{
	return open(path, flags, mode);
}

static int
real_fcntl(int fd, int command, int arg)
{
	return fcntl(fd, command, arg);
}

static int
real_thread(pthread_t *thread, void *(*start)(void *), void *arg)
{
	return pthread_create(thread, NULL, start, arg);
}

static long
real_processors(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}

static int64_t
read_clock(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);		/* cannot fail for these two clocks */
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t
real_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

static int64_t
real_mono(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

struct sys sys = {
	.open = real_open,
	.close = close,
	.read = read,
	.write = write,
	.fstat = fstat,
	.fcntl = real_fcntl,
	.isatty = isatty,
	.poll = poll,
	.pipe2 = pipe2,
	.socket = socket,
	.connect = connect,
	.bind = bind,
	.listen = listen,
	.accept4 = accept4,
	.getsockname = getsockname,
	.getsockopt = getsockopt,
	.setsockopt = setsockopt,
	.getrandom = getrandom,
	.sigaction = sigaction,
	.thread = real_thread,
	.processors = real_processors,
	.wall = real_wall,
	.mono = real_mono,
};

int
sys_open(const char *path, int flags, mode_t mode)
{
	int fd;

	do
		fd = sys.open(path, flags, mode);
	while (fd == -1 && errno == EINTR);
	return fd;
}
