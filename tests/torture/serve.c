/*
 * One run of the program after the other, each in a process that is forked before anything has
 * begun: without an exec, and without the start of a sanitizer, which takes most of a short run.
 *
 *   in      FOLDER <TAB> FAULT <LF>, where the run takes place and what goes wrong in it; what it
 *           writes goes to the files stdout, stderr and report there
 *   out     its exit status, -N if signal N ended it, or "hung", in a line
 */
#include "serve.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_MS 30000

static void
redirect(int to, const char *path, int flags)
{
	int fd = open(path, flags, 0666);

	if (fd == -1 || dup2(fd, to) == -1)
		_exit(125);
	(void)close(fd);
}

static void
begin(const char *folder)
{
	if (chdir(folder) == -1 || setenv("TORTURE_REPORT", "report", 1) == -1)
		_exit(125);
	redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
	redirect(STDOUT_FILENO, "stdout", O_WRONLY | O_CREAT | O_TRUNC);
	redirect(STDERR_FILENO, "stderr", O_WRONLY | O_CREAT | O_TRUNC);
}

/* Its exit status, -N for a signal; -1000: it took too long. */
static int
wait_for(pid_t pid)
{
	struct pollfd p = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	int status = 0, ready;

	if (p.fd == -1)
		return 125;
	ready = poll(&p, 1, LIMIT_MS);
	(void)close(p.fd);
	if (ready != 1)
		(void)kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) == -1)
		return 125;
	if (ready != 1)
		return -1000;
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int
serve(int (*run)(const char *fault))
{
	char line[1024], *tab;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin) != NULL && (tab = strchr(line, '\t')) != NULL) {
		pid_t pid = fork();

		*tab = '\0';
		tab[1 + strcspn(tab + 1, "\n")] = '\0';
		if (pid == -1)
			return 1;
		if (pid == 0) {
			begin(line);
			exit(run(tab + 1));
		}
		(void)printf("%d\n", wait_for(pid));
	}
	return ferror(stdin) != 0;
}
