/* Flags that handlers set, and a pipe that wakes the loop, see signals.h. */
#include "engine/signals.h"

#include "engine/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* What comes again so soon is the same request: timeout(1) signals its child and then its group. */
#define REPEAT_US 100000

#define ALARM_US 50000			/* between two alarms when the time to end is over */
#define REREADS 100			/* after so many they are counted from 0 again */
#define ALARMS 20			/* that may be ignored before the process ends */

static const int handled[] = { SIGINT, SIGTERM, SIGUSR1, SIGPIPE, SIGALRM };

/* A handler has no other way to find them. */
static volatile sig_atomic_t ending, status, rereads;
static volatile sig_atomic_t pipe_fds[2] = { -1, -1 };
static int64_t first_term, first_int;	/* when they came; seen by one handler at a time only */
static int64_t limit;			/* the time to end, in microseconds */

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

/* Without the timer, should the system refuse it, there is as much time as it takes. */
static void
start_ending(int number)
{
	const struct itimerval timer = {
		.it_value = sys_timeval(limit), .it_interval = sys_timeval(ALARM_US),
	};

	ending = number;
	(void)sys.setitimer(ITIMER_REAL, &timer, NULL);
}

/* Once more the time to end is over: whatever is being waited for was interrupted. */
static void
give_up(void)
{
	static const char message[] =
	    "streamctl: gave up: it did not end in time (--drain-timeout)\n";
	static int alarms;

	sys_overdue = 1;
	if (alarms++ < ALARMS)
		return;
	(void)!sys.write(STDERR_FILENO, message, sizeof(message) - 1);
	_exit(ERR_RUN);
}

static void
handler(int number)
{
	int saved = errno;

	if (number == SIGALRM)
		give_up();
	else if (number == SIGUSR1)
		status = 1;
	else if (number == SIGHUP)
		rereads = (rereads + 1) % REREADS;
	else if (insists(number))
		signals_die(number);	/* as soon as this handler returns */
	else if (ending == 0)
		start_ending(number);
	wake();
	errno = saved;
}

/*
 * What the parent has ignored, as a shell does for what runs in its background, stays ignored, but
 * for the signals that nobody else sends.
 */
static int
install(int number)
{
	struct sigaction action;

	if (number != SIGPIPE && number != SIGALRM && sys.sigaction(number, NULL, &action) == 0 &&
	    action.sa_handler == SIG_IGN)
		return 0;
	memset(&action, 0, sizeof(action));
	action.sa_handler = number == SIGPIPE ? SIG_IGN : handler;
	sigfillset(&action.sa_mask);		/* one handler at a time */
	return sys.sigaction(number, &action, NULL);
}

int
signals_open(int *fd, int64_t drain, struct err *err)
{
	int fds[2];

	limit = drain;
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
signals_open_reread(struct err *err)
{
	return install(SIGHUP) == -1 ? err_system(err, "signals", "sigaction", errno) : 0;
}

unsigned
signals_rereads(void)
{
	return (unsigned)rereads;
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

/* The run is over but for its last words, which only a SIGINT and the time may cut off. */
static void
reset(int number)
{
	struct sigaction action;

	if (number == SIGALRM ||
	    (sys.sigaction(number, NULL, &action) == 0 && action.sa_handler != handler))
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
	reset(SIGHUP);
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
