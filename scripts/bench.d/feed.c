/*
 * feed: times from each batch boundary to the last byte of the batch's rows, for scripts/bench.
 *
 *	feed MILLISECONDS KEYS WRITES SECONDS COMMAND [ARG]...
 *
 * Runs the command (its batches shall be of MILLISECONDS, its first column the batch time in
 * milliseconds) and writes KEYS distinct words to its input in each interval, in WRITES pieces
 * spread evenly over the interval. Prints a line for each batch that came out: batch time, rows,
 * microseconds from the boundary to the arrival of the last byte. The last batch, which the end
 * of input closes before its time, is left out.
 */
#define _GNU_SOURCE
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PIPE_SIZE = 1 << 20, WORD_SIZE = 9, WORDS_A_LINE = 10 };

struct feeder {
	int64_t interval;	/* ns */
	int64_t end;		/* ns, on the wall clock */
	int writes;		/* an interval */
	size_t keys;
	int fd;
};

/* A batch whose rows are coming in. */
struct batch {
	int64_t time;		/* ms since the epoch; -1: none yet */
	int64_t last;		/* ns on the wall clock: when its newest byte came */
	int64_t rows;
};

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void
sleep_until(int64_t ns)
{
	const struct timespec t = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

/* The words of one interval: KEYS words of WORD_SIZE bytes with the white space after them. */
static char *
words_make(size_t keys)
{
	char *text = malloc(keys * WORD_SIZE + 1);

	if (text == NULL)
		err(1, "memory");
	for (size_t i = 0; i < keys; i++)
		snprintf(text + i * WORD_SIZE, WORD_SIZE + 1, "w%07u%c", (unsigned)i % 10000000,
		    (i + 1) % WORDS_A_LINE == 0 || i + 1 == keys ? '\n' : ' ');
	return text;
}

/* Writes WRITES pieces an interval, at 1/2, 3/2, 5/2 ... of their share of it; then closes. */
static void *
feeder_main(void *arg)
{
	const struct feeder *f = arg;
	char *text = words_make(f->keys);

	for (int64_t n = now_ns() / f->interval + 1; n * f->interval < f->end; n++) {
		for (int w = 0; w < f->writes; w++) {
			size_t from = f->keys * (size_t)w / (size_t)f->writes;
			size_t to = f->keys * ((size_t)w + 1) / (size_t)f->writes;
			const char *at = text + from * WORD_SIZE;
			size_t left = (to - from) * WORD_SIZE;

			sleep_until(n * f->interval + f->interval * (2 * w + 1) / (2 * f->writes));
			while (left > 0) {
				ssize_t done = write(f->fd, at, left);

				if (done < 0)
					err(1, "write");
				at += done;
				left -= (size_t)done;
			}
		}
	}
	close(f->fd);
	free(text);
	return NULL;
}

static void
batch_print(const struct batch *b)
{
	if (b->time >= 0 && b->last >= b->time * 1000000)
		printf("%lld %lld %.1f\n", (long long)b->time, (long long)b->rows,
		    (double)(b->last - b->time * 1000000) / 1e3);
}

/* Reads rows to the end of input, and prints each batch when the next one begins. */
static void
rows_read(int fd)
{
	static char buf[PIPE_SIZE];
	struct batch b = { .time = -1 };
	int64_t time = 0;
	int in_time = 1;
	ssize_t got;

	while ((got = read(fd, buf, sizeof(buf))) > 0) {
		int64_t came = now_ns();

		for (const char *p = buf; p < buf + got; p++) {
			if (in_time && *p >= '0' && *p <= '9') {
				time = time * 10 + (*p - '0');
				continue;
			}
			if (in_time && time != b.time) {
				batch_print(&b);
				b = (struct batch){ .time = time };
			}
			in_time = 0;
			p = memchr(p, '\n', (size_t)(buf + got - p));
			if (p == NULL)
				break;
			b.rows++;
			b.last = came;
			in_time = 1;
			time = 0;
		}
	}
	if (got < 0)
		err(1, "read");
	batch_print(&b);
}

static pid_t
command_start(char **command, int *in, int *out)
{
	int to[2], from[2];
	pid_t pid;

	if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
		err(1, "pipe");
	fcntl(to[1], F_SETPIPE_SZ, PIPE_SIZE);
	fcntl(from[0], F_SETPIPE_SZ, PIPE_SIZE);
	pid = fork();
	if (pid == -1)
		err(1, "fork");
	if (pid == 0) {
		if (dup2(to[0], STDIN_FILENO) < 0 || dup2(from[1], STDOUT_FILENO) < 0)
			err(1, "dup2");
		execvp(command[0], command);
		err(127, "%s", command[0]);
	}
	close(to[0]);
	close(from[1]);
	*in = to[1];
	*out = from[0];
	return pid;
}

int
main(int argc, char **argv)
{
	struct feeder f;
	pthread_t thread;
	int out, status;
	pid_t pid;

	if (argc < 6 || atoi(argv[1]) <= 0 || atoi(argv[2]) <= 0 || atoi(argv[3]) <= 0 ||
	    atoi(argv[4]) <= 0)
		errx(2, "usage: feed MILLISECONDS KEYS WRITES SECONDS COMMAND [ARG]...");
	f.interval = (int64_t)atoi(argv[1]) * 1000000;
	f.keys = (size_t)atoi(argv[2]);
	f.writes = atoi(argv[3]);
	pid = command_start(argv + 5, &f.fd, &out);
	f.end = now_ns() + (int64_t)atoi(argv[4]) * 1000000000;
	if (pthread_create(&thread, NULL, feeder_main, &f) != 0)
		errx(1, "thread");
	rows_read(out);
	pthread_join(thread, NULL);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		errx(1, "%s failed", argv[5]);
	return 0;
}
