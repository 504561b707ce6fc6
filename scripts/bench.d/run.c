/*
 * run: runs one command and says what it cost, for scripts/bench.
 *
 *	run FD COMMAND [ARG]...
 *
 * Writes two lines to descriptor FD: "pid N" when the command has started, and, when it has
 * ended, "done WALL USER SYS PEAK_KIB STATUS" (seconds; what wait4 says of it and of the children
 * it waited for). A program of its own, because a child's peak memory is never below that of the
 * process it was forked from, and Python's is larger than most of what is measured.
 */
#define _GNU_SOURCE
#include <sys/resource.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

int
main(int argc, char **argv)
{
	struct rusage use;
	int fd, status;
	double start;
	pid_t pid;

	if (argc < 3)
		errx(2, "usage: run FD COMMAND [ARG]...");
	fd = atoi(argv[1]);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		err(2, "descriptor %s", argv[1]);

	start = now();
	pid = fork();
	if (pid == -1)
		err(1, "fork");
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		err(127, "%s", argv[2]);
	}
	dprintf(fd, "pid %d\n", (int)pid);
	/* The only readers and writers of the command's pipes shall be the command itself. */
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	while (wait4(pid, &status, 0, &use) == -1)
		if (errno != EINTR)
			err(1, "wait4");
	dprintf(fd, "done %.6f %.6f %.6f %ld %d\n", now() - start, seconds(use.ru_utime),
	    seconds(use.ru_stime), use.ru_maxrss,
	    WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
	return 0;
}
