/*
 * exec:CMD: one run of `sh -c CMD` for each batch that has rows, with the rows on its standard
 * input.  Its two outputs are ours.  The batch's time is known when it has ended, so until then its
 * rows are kept.  Whether a run went well is told by its exit status alone: it need not read all.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "base/tstamp.h"
#include "engine/sys.h"
#include "sink/descriptor.h"
#include "sink/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct exec {
	struct buf	 rows;			/* of the open batch */
	uint64_t	 batches;		/* that have ended, empty ones too */
	char		 time[48];		/* STREAMCTL_TIME=... */
	char		 number[48];		/* STREAMCTL_BATCH=... */
	char		**environment;		/* of the program, and these two */
};

#define TIME_NAME "STREAMCTL_TIME="
#define BATCH_NAME "STREAMCTL_BATCH="

static bool
is_ours(const char *variable)
{
	return strncmp(variable, TIME_NAME, sizeof(TIME_NAME) - 1) == 0 ||
	    strncmp(variable, BATCH_NAME, sizeof(BATCH_NAME) - 1) == 0;
}

static int
make_environment(struct exec *e)
{
	size_t n = 0, kept = 0;

	while (environ[n] != NULL)
		n++;
	e->environment = mem_zalloc((n + 3) * sizeof(*e->environment));
	if (e->environment == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (!is_ours(environ[i]))
			e->environment[kept++] = environ[i];
	e->environment[kept++] = e->time;
	e->environment[kept] = e->number;
	return 0;
}

static int
close_exec(struct sink *s, struct err *err)
{
	struct exec *e = s->private;

	(void)err;
	mem_free(e->environment);
	buf_free(&e->rows);
	*e = (struct exec){ 0 };
	return 0;
}

/* If the parent has set SIGCHLD to be ignored, the kernel would keep no exit status. */
static int
open_exec(struct sink *s, struct err *err)
{
	const struct sigaction action = { .sa_handler = SIG_DFL };

	if (s->rest[0] == '\0')
		return err_word(err, s->word, "no command, write exec:CMD");
	if (sys.sigaction(SIGCHLD, &action, NULL) == -1)
		return err_system(err, "exec", "sigaction", errno);
	if (make_environment(s->private) == -1)
		return err_memory(err, "starting");
	return 0;
}

static int
write_exec(struct sink *s, const char *bytes, size_t len, struct err *err)
{
	struct exec *e = s->private;

	if (len > 0 && e->rows.len == 0 && buf_add(&e->rows, s->head, s->head_len) == -1)
		return err_memory(err, "keeping the rows of a batch");
	if (buf_add(&e->rows, bytes, len) == -1)
		return err_memory(err, "keeping the rows of a batch");
	return 0;
}

/* Starts the command with descriptor IN as its standard input; 0 or an errno. */
static int
start_with(struct sink *s, int in, posix_spawn_file_actions_t *actions, posix_spawnattr_t *attr,
    pid_t *pid)
{
	static char shell[] = "sh", option[] = "-c", end[] = "--";
	struct exec *e = s->private;
	char *command = mem_strdup(s->rest);
	char *argv[] = { shell, option, end, command, NULL };
	sigset_t pipe;
	int number;

	if (command == NULL)
		return ENOMEM;
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);	/* we ignore it, but a command expects to die by it */
	number = posix_spawn_file_actions_adddup2(actions, in, STDIN_FILENO);
	if (number == 0)
		number = posix_spawnattr_setsigdefault(attr, &pipe);
	if (number == 0)
		number = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF);
	if (number == 0)
		number = sys.spawn(pid, "/bin/sh", actions, attr, argv, e->environment);
	mem_free(command);
	return number;
}

static int
start(struct sink *s, int in, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int number = posix_spawn_file_actions_init(&actions);

	if (number != 0)
		return number;
	number = posix_spawnattr_init(&attr);
	if (number == 0) {
		number = start_with(s, in, &actions, &attr, pid);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&actions);
	return number;
}

/* Waits until the command has ended and judges it; one that never does is told to, in the end. */
static int
finish(struct sink *s, pid_t pid, struct err *err)
{
	const struct exec *e = s->private;
	const char *time = e->time + sizeof(TIME_NAME) - 1;
	int status;

	while (sys.waitpid(pid, &status, 0) == -1) {
		if (errno != EINTR)
			return err_system(err, "exec", "waitpid", errno);
		if (sys_overdue != 0) {
			(void)sys.kill(pid, SIGTERM);
			return err_set(err, ERR_RUN, "exec: batch %s: gave up: the command did not "
			    "end before the time to end was over (--drain-timeout): %s", time,
			    s->rest);
		}
	}
	if (WIFSIGNALED(status))
		return err_set(err, ERR_RUN, "exec: batch %s: killed by signal %d (%s): %s", time,
		    WTERMSIG(status), strsignal(WTERMSIG(status)), s->rest);
	if (WEXITSTATUS(status) != 0)
		return err_set(err, ERR_RUN, "exec: batch %s: exit status %d: %s", time,
		    WEXITSTATUS(status), s->rest);
	return 0;
}

/* Runs the command on the rows. */
static int
run(struct sink *s, struct err *err)
{
	const struct exec *e = s->private;
	struct err wait_err;
	int fds[2], number, rc;
	pid_t pid;

	if (sys.pipe2(fds, O_CLOEXEC) == -1)
		return err_system(err, "exec", "pipe", errno);
	number = start(s, fds[0], &pid);
	sys.close(fds[0]);
	if (number != 0) {
		sys.close(fds[1]);
		return err_system(err, "exec", "spawn sh", number);
	}
	rc = descriptor_write(fds[1], "exec", e->rows.data, e->rows.len, err);
	if (rc == -1 && err->code == ERR_PIPE)
		rc = 0;			/* it had enough */
	sys.close(fds[1]);
	if (finish(s, pid, rc == 0 ? err : &wait_err) == -1)
		rc = -1;
	return rc;
}

static int
end_exec(struct sink *s, int64_t time, struct err *err)
{
	struct exec *e = s->private;
	int rc;

	e->batches++;
	if (e->rows.len == 0)
		return 0;
	memcpy(e->time, TIME_NAME, sizeof(TIME_NAME));
	e->time[sizeof(TIME_NAME) - 1 + tstamp_format(e->time + sizeof(TIME_NAME) - 1,
	    time / 1000 - (time % 1000 < 0))] = '\0';
	(void)snprintf(e->number, sizeof(e->number), BATCH_NAME "%" PRIu64, e->batches);
	rc = run(s, err);
	e->rows.len = 0;
	return rc;
}

const struct sink_class sink_exec = {
	.name = "exec",
	.prefix = "exec:",
	.usage = "exec:CMD",
	.help = "a shell command for each batch, rows on its stdin",
	.flags = SINK_HEADS,
	.size = sizeof(struct exec),
	.open = open_exec,
	.write = write_exec,
	.end = end_exec,
	.close = close_exec,
};
