/*
 * The one seam for system calls and clocks: all go through this table, so that a test can make each
 * fail or set the time.  The only header of engine that source and sink may include: it is a
 * leaf and names nothing of the project.  Calls behave as their manual pages say.
 */
#ifndef ENGINE_SYS_H
#define ENGINE_SYS_H

#include <dirent.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>

struct sys {
	int	(*open)(const char *path, int flags, mode_t mode);
	int	(*close)(int fd);
	ssize_t	(*read)(int fd, void *bytes, size_t size);
	ssize_t	(*pread)(int fd, void *bytes, size_t size, off_t offset);
	ssize_t	(*write)(int fd, const void *bytes, size_t size);
	int	(*fsync)(int fd);
	int	(*ftruncate)(int fd, off_t length);
	off_t	(*lseek)(int fd, off_t offset, int from);
	int	(*fstat)(int fd, struct stat *);
	int	(*stat)(const char *path, struct stat *);
	DIR	*(*opendir)(const char *path);
	struct dirent *(*readdir)(DIR *);	/* NULL at the end: errno is 0 */
	int	(*closedir)(DIR *);
	int	(*inotify_init1)(int flags);
	int	(*inotify_add_watch)(int fd, const char *path, uint32_t mask);
	int	(*inotify_rm_watch)(int fd, int number);
	int	(*fcntl)(int fd, int command, int arg);
	int	(*ioctl)(int fd, unsigned long request, int *value);
	int	(*rename)(const char *from, const char *to);
	int	(*mkdir)(const char *path, mode_t mode);
	int	(*unlink)(const char *path);
	int	(*isatty)(int fd);
	int	(*flock)(int fd, int operation);
	int	(*poll)(struct pollfd *, nfds_t n, int timeout_ms);
	int	(*pipe2)(int fds[2], int flags);
	int	(*socket)(int family, int type, int protocol);
	int	(*connect)(int fd, const struct sockaddr *, socklen_t);
	int	(*bind)(int fd, const struct sockaddr *, socklen_t);
	int	(*listen)(int fd, int backlog);
	ssize_t	(*recvmsg)(int fd, struct msghdr *, int flags);
	int	(*accept4)(int fd, struct sockaddr *, socklen_t *, int flags);
	int	(*getsockname)(int fd, struct sockaddr *, socklen_t *);
	int	(*getsockopt)(int fd, int level, int name, void *value, socklen_t *);
	int	(*setsockopt)(int fd, int level, int name, const void *value, socklen_t);
	int	(*shutdown)(int fd, int how);
	int	(*getaddrinfo)(const char *name, const char *service, const struct addrinfo *hints,
		    struct addrinfo **);	/* an EAI_ number, or 0; freed with freeaddrinfo */
	ssize_t	(*getrandom)(void *bytes, size_t size, unsigned flags);
	int	(*sigaction)(int number, const struct sigaction *, struct sigaction *);
	int	(*setitimer)(int which, const struct itimerval *, struct itimerval *before);
	int	(*kill)(pid_t, int number);
	int	(*spawn)(pid_t *, const char *path, const posix_spawn_file_actions_t *,
		    const posix_spawnattr_t *, char *const argv[], char *const environment[]);
						/* an errno, or 0 */
	pid_t	(*waitpid)(pid_t, int *status, int options);
	int	(*thread)(pthread_t *, void *(*main)(void *), void *arg);	/* an errno, or 0 */
	long	(*processors)(void);	/* that may be used; -1 if unknown */
	size_t	(*resident)(void);	/* bytes of memory that the process holds; 0: unknown */
	int64_t	(*wall)(void);		/* microseconds since the epoch */
	int64_t	(*mono)(void);		/* microseconds since anything, never back */
	void	(*point)(const char *name);	/* nothing: a test can stop the program there */
};

extern struct sys sys;

/*
 * The time that a run has to end, once it was told to, is over: what waits for somebody else gives
 * up.  Whoever waits looks here after each EINTR, which comes again and again from then on.  Set by
 * the handler of engine/signals.c and never cleared.
 */
extern atomic_int sys_overdue;

/* sys.open, again and again while signals interrupt it: a FIFO may wait for its other end. */
int sys_open(const char *path, int flags, mode_t mode);

/* Microseconds as libevent takes them. */
static inline struct timeval
sys_timeval(int64_t us)
{
	return (struct timeval){ .tv_sec = us / 1000000, .tv_usec = us % 1000000 };
}

#endif
