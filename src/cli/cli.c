/* The command line, see cli.h. */
#include "cli/cli.h"

#include "cli/message.h"
#include "cli/show.h"
#include "engine/signals.h"
#include "engine/state.h"
#include "engine/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * Standard descriptors that the parent closed are opened on /dev/null, so that no file of ours gets
 * their number.  Standard output is opened for reading: writing to it still fails, as it must.
 */
static int
open_standard(struct err *err)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (sys.fcntl(fd, F_GETFD, 0) == -1 && errno == EBADF &&
		    sys_open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY, 0) == -1)
			return err_system(err, "/dev/null", "open", errno);
	return 0;
}

static int
usage(void)
{
	(void)fputs("usage: streamctl [OPTION]... STAGE [ARG]... [then STAGE [ARG]...]...\n"
	    "Windowed answers from a stream of lines, as TSV at every batch.\n\n"
	    "  nc localhost 9999 | streamctl --batch 1s wordcount\n"
	    "  streamctl -i access.log countby then top 10\n\n"
	    "streamctl --help tells more, streamctl STAGE --help all of a stage.\n", stderr);
	return ERR_USAGE;
}

static void
show(const struct settings *s)
{
	switch (s->action) {
	case ACTION_HELP:
		show_help();
		break;
	case ACTION_STAGE_HELP:
		show_stage_help(s->plan.help);
		break;
	case ACTION_VERSION:
		show_version();
		break;
	case ACTION_LIST:
		show_list(s->list);
		break;
	default:
		show_explain(s);
		break;
	}
}

static int
show_all(const struct settings *s, struct err *err)
{
	errno = 0;
	show(s);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	err_system(err, "standard output", "write", errno);
	if (errno == EPIPE)
		err->code = ERR_PIPE;
	return -1;
}

/* --state: of the checkpoint, by standard output and input. */
static int
change_state(const struct settings *s, struct err *err)
{
	const char *path = s->job.checkpoint;

	if (path == NULL)
		return err_set(err, ERR_USAGE, "--state %s needs the checkpoint: -c FILE",
		    s->state);
	if (strcmp(s->state, "show") == 0)
		return state_show(path, STDOUT_FILENO, err);
	if (strcmp(s->state, "export") == 0)
		return state_export(path, STDOUT_FILENO, err);
	return strcmp(s->state, "import") == 0 ? state_import(path, STDIN_FILENO, err) :
	    state_reset(path, err);
}

static int
act(struct settings *s, int argc, char **argv, int *ended_by, struct err *err)
{
	if (settings_parse(s, argc, argv, err) == -1)
		return -1;
	if (s->action == ACTION_STATE)
		return change_state(s, err);
	if (s->action != ACTION_RUN)
		return show_all(s, err);
	s->job.print = message_line;
	return job_run(&s->job, ended_by, err);
}

int
cli_main(int argc, char **argv)
{
	static char line[4096];		/* messages leave a line at a time */
	struct settings settings = { 0 };
	struct err err;
	int ended_by = 0, rc;

	(void)setvbuf(stderr, line, _IOLBF, sizeof(line));
	if (argc < 2)
		return usage();
	rc = open_standard(&err);
	if (rc == 0)
		rc = act(&settings, argc, argv, &ended_by, &err);
	if (rc == -1 && err.code != ERR_PIPE)
		message_error(&err, settings.argv != NULL ? settings.argc : argc,
		    settings.argv != NULL ? settings.argv : argv);
	settings_close(&settings);
	if (rc == -1 && err.code == ERR_PIPE) {
		signals_die(SIGPIPE);
		return ERR_PIPE;
	}
	if (rc == -1)
		return (int)err.code;
	if (ended_by == SIGINT)
		signals_die(SIGINT);
	return 0;
}
