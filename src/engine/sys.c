/* System calls and clocks as they are, see sys.h. */
#include "engine/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/wait.h>
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
real_ioctl(int fd, unsigned long request, int *value)
{
	return ioctl(fd, request, value);
}

static int
real_stat(const char *path, struct stat *st)
{
	return stat(path, st);
}

static struct dirent *
real_readdir(DIR *dir)
{
	errno = 0;
	return readdir(dir);
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

/* Asked often: the file stays open from the first time on, when there are no threads yet. */
static size_t
real_resident(void)
{
	static int fd = -1;
	unsigned long long size, pages;
	char text[128];
	ssize_t n;

	if (fd == -1)
		fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	n = fd == -1 ? -1 : pread(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	if (sscanf(text, "%llu %llu", &size, &pages) != 2)
		return 0;
	return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

static int
real_setitimer(int which, const struct itimerval *value, struct itimerval *before)
{
	return setitimer((__itimer_which_t)which, value, before);
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

static void
real_point(const char *name)
{
	(void)name;
}

atomic_int sys_overdue;

struct sys sys = {
	.open = real_open,
	.close = close,
	.read = read,
	.pread = pread,
	.write = write,
	.fsync = fsync,
	.ftruncate = ftruncate,
	.lseek = lseek,
	.fstat = fstat,
	.stat = real_stat,
	.opendir = opendir,
	.readdir = real_readdir,
	.closedir = closedir,
	.inotify_init1 = inotify_init1,
	.inotify_add_watch = inotify_add_watch,
	.inotify_rm_watch = inotify_rm_watch,
	.fcntl = real_fcntl,
	.ioctl = real_ioctl,
	.rename = rename,
	.mkdir = mkdir,
	.unlink = unlink,
	.isatty = isatty,
	.flock = flock,
	.poll = poll,
	.pipe2 = pipe2,
	.socket = socket,
	.connect = connect,
	.bind = bind,
	.listen = listen,
	.recvmsg = recvmsg,
	.accept4 = accept4,
	.getsockname = getsockname,
	.getsockopt = getsockopt,
	.setsockopt = setsockopt,
	.shutdown = shutdown,
	.getaddrinfo = getaddrinfo,
	.getrandom = getrandom,
	.sigaction = sigaction,
	.setitimer = real_setitimer,
	.kill = kill,
	.spawn = posix_spawn,
	.waitpid = waitpid,
	.thread = real_thread,
	.processors = real_processors,
	.resident = real_resident,
	.wall = real_wall,
	.mono = real_mono,
	.point = real_point,
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
