/*
 * The one seam for system calls and clocks: all go through this table, so that a test can make each
 * fail or set the time.  The only header of engine that source and sink may include: it is a
 * leaf and names nothing of the project.  Calls behave as their manual pages say.
 */
#ifndef ENGINE_SYS_H
#define ENGINE_SYS_H

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>

struct sys {
	int	(*open)(const char *path, int flags, mode_t mode);
	int	(*close)(int fd);
	ssize_t	(*read)(int fd, void *bytes, size_t size);
	ssize_t	(*write)(int fd, const void *bytes, size_t size);
	int	(*fstat)(int fd, struct stat *);
	int	(*fcntl)(int fd, int command, int arg);
	int	(*isatty)(int fd);
	int	(*poll)(struct pollfd *, nfds_t n, int timeout_ms);
	int	(*pipe2)(int fds[2], int flags);
	int	(*socket)(int family, int type, int protocol);
	int	(*connect)(int fd, const struct sockaddr *, socklen_t);
	int	(*bind)(int fd, const struct sockaddr *, socklen_t);
	int	(*listen)(int fd, int backlog);
	int	(*accept4)(int fd, struct sockaddr *, socklen_t *, int flags);
	int	(*getsockname)(int fd, struct sockaddr *, socklen_t *);
	int	(*getsockopt)(int fd, int level, int name, void *value, socklen_t *);
	int	(*setsockopt)(int fd, int level, int name, const void *value, socklen_t);
	ssize_t	(*getrandom)(void *bytes, size_t size, unsigned flags);
	int	(*sigaction)(int number, const struct sigaction *, struct sigaction *);
	int	(*thread)(pthread_t *, void *(*main)(void *), void *arg);	/* an errno, or 0 */
	long	(*processors)(void);	/* that may be used; -1 if unknown */
	int64_t	(*wall)(void);		/* microseconds since the epoch */
	int64_t	(*mono)(void);		/* microseconds since anything, never back */
};

extern struct sys sys;

/* sys.open, again and again while signals interrupt it: a FIFO may wait for its other end. */
int sys_open(const char *path, int flags, mode_t mode);

#endif
