/* Flags that handlers set, and a pipe that wakes the loop, see signals.h. */
#include "engine/signals.h"

#include "engine/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

/* What comes again so soon is the same request: timeout(1) signals its child and then its group. */
#define REPEAT_US 100000

static const int handled[] = { SIGINT, SIGTERM, SIGUSR1, SIGPIPE };

/* A handler has no other way to find them. */
static volatile sig_atomic_t ending, status;
static volatile sig_atomic_t pipe_fds[2] = { -1, -1 };
static int64_t first_term, first_int;	/* when they came; seen by one handler at a time only */

static void
close_end(int i)
{
	int fd = pipe_fds[i];

	pipe_fds[i] = -1;
	if (fd != -1)
		sys.close(fd);
}

/* Whatever a write fails for, a close cannot fail to wake who waits at the other end. */
static void
wake(void)
{
	if (pipe_fds[1] != -1 && sys.write(pipe_fds[1], "", 1) == -1)
		close_end(1);
}

/* True if an ending signal came before, and not just now. */
static bool
insists(int number)
{
	int64_t *first = number == SIGINT ? &first_int : &first_term, now = sys.mono();

	if (*first == 0)
		*first = now;
	return now - *first >= REPEAT_US;
}

static void
handler(int number)
{
	int saved = errno;

	if (number == SIGUSR1)
		status = 1;
	else if (insists(number))
		signals_die(number);	/* as soon as this handler returns */
	else if (ending == 0)
		ending = number;
	wake();
	errno = saved;
}

/* What the parent has ignored, as a shell does for what runs in its background, stays ignored. */
static int
install(int number)
{
	struct sigaction action;

	if (number != SIGPIPE && sys.sigaction(number, NULL, &action) == 0 &&
	    action.sa_handler == SIG_IGN)
		return 0;
	memset(&action, 0, sizeof(action));
	action.sa_handler = number == SIGPIPE ? SIG_IGN : handler;
	sigfillset(&action.sa_mask);		/* one handler at a time */
	return sys.sigaction(number, &action, NULL);
}

int
signals_open(int *fd, struct err *err)
{
	int fds[2];

	if (sys.pipe2(fds, O_CLOEXEC | O_NONBLOCK) == -1)
		return err_system(err, "signals", "pipe", errno);
	pipe_fds[0] = *fd = fds[0];
	pipe_fds[1] = fds[1];
	for (size_t i = 0; i < sizeof(handled) / sizeof(*handled); i++)
		if (install(handled[i]) == -1)
			return err_system(err, "signals", "sigaction", errno);
	return 0;
}

int
signals_ending(void)
{
	return ending;
}

bool
signals_status(void)
{
	if (status == 0)
		return false;
	status = 0;		/* one that comes right now is answered together with this one */
	return true;
}

/* The run is over but for its last words, which only a SIGINT may cut off. */
static void
reset(int number)
{
	struct sigaction action;

	if (sys.sigaction(number, NULL, &action) == 0 && action.sa_handler != handler)
		return;
	memset(&action, 0, sizeof(action));
	action.sa_handler = number == SIGINT ? SIG_DFL : SIG_IGN;
	(void)sys.sigaction(number, &action, NULL);
}

void
signals_close(void)
{
	for (size_t i = 0; i < sizeof(handled) / sizeof(*handled); i++)
		reset(handled[i]);
	close_end(0);
	close_end(1);
}

void
signals_die(int number)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = SIG_DFL;
	(void)sys.sigaction(number, &action, NULL);
	(void)raise(number);
}
