/*
 * start: times from exec to the first byte of output, for scripts/bench.
 *
 *	start TIMES COMMAND [ARG]...
 *
 * Each time the command gets one line of input and the end of input, which wait in its pipe
 * before it starts. Prints microseconds, one number a line.
 */
#define _GNU_SOURCE
#include <sys/wait.h>

#include <err.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>

extern char **environ;

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

/* Runs the command once; returns the microseconds to its first byte of output. */
static double
start_once(char **command)
{
	static const char line[] = "the quick brown fox\n";
	posix_spawn_file_actions_t wiring;
	int in[2], out[2], status, rc;
	char buf[4096];
	double begin, first;
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		err(1, "pipe");
	if (write(in[1], line, sizeof(line) - 1) != (ssize_t)sizeof(line) - 1)
		err(1, "write");
	close(in[1]);
	posix_spawn_file_actions_init(&wiring);
	posix_spawn_file_actions_adddup2(&wiring, in[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&wiring, out[1], STDOUT_FILENO);
	begin = now_us();
	rc = posix_spawnp(&pid, command[0], &wiring, NULL, command, environ);
	if (rc != 0)
		errx(1, "%s: %s", command[0], strerror(rc));
	close(in[0]);
	close(out[1]);
	if (read(out[0], buf, sizeof(buf)) <= 0)
		errx(1, "%s wrote nothing", command[0]);
	first = now_us() - begin;
	while (read(out[0], buf, sizeof(buf)) > 0)
		;
	close(out[0]);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		errx(1, "%s failed", command[0]);
	posix_spawn_file_actions_destroy(&wiring);
	return first;
}

int
main(int argc, char **argv)
{
	if (argc < 3 || atoi(argv[1]) <= 0)
		errx(2, "usage: start TIMES COMMAND [ARG]...");
	for (int i = 0; i < atoi(argv[1]); i++)
		printf("%.1f\n", start_once(argv + 2));
	return 0;
}
