/* Signals as bytes on a pipe, see signals.h. */
#include "engine/signals.h"

#include "engine/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

static const int handled[] = { SIGINT, SIGTERM, SIGUSR1, SIGPIPE };

static int pipe_fds[2] = { -1, -1 };	/* a handler has no other way to find them */

static void
handler(int number)
{
	unsigned char byte = (unsigned char)number;
	int saved = errno;

	(void)sys.write(pipe_fds[1], &byte, 1);	/* full: enough bytes are on their way */
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
	action.sa_flags = number == SIGINT ? (int)SA_RESETHAND : 0;
	return sys.sigaction(number, &action, NULL);
}

int
signals_open(int *fd, struct err *err)
{
	if (sys.pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) == -1)
		return err_system(err, "signals", "pipe", errno);
	for (size_t i = 0; i < sizeof(handled) / sizeof(*handled); i++)
		if (install(handled[i]) == -1)
			return err_system(err, "signals", "sigaction", errno);
	*fd = pipe_fds[0];
	return 0;
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
	for (int i = 0; i < 2; i++) {
		if (pipe_fds[i] != -1)
			sys.close(pipe_fds[i]);
		pipe_fds[i] = -1;
	}
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
