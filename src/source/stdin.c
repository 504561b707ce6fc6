/*
 * -: standard input, whatever it is.  Its descriptor is shared with other processes, so it is never
 * made non-blocking: a pipe or terminal is read only when it says that it has something.
 */
#include "engine/sys.h"
#include "source/reader.h"

#include <fcntl.h>
#include <unistd.h>

static int
open_stdin(struct source *s, struct err *err)
{
	struct stat st;
	int flags = sys.fcntl(STDIN_FILENO, F_GETFL, 0);

	if (flags != -1 && (flags & O_ACCMODE) == O_WRONLY)
		return err_set(err, ERR_RUN, "%s: is not open for reading", s->address);
	if (sys.fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode)) {
		s->dev = st.st_dev;
		s->ino = st.st_ino;
		s->replayable = true;
	}
	return 0;
}

static int
start(struct source *s, struct err *err)
{
	if (sys.isatty(STDIN_FILENO))
		s->host->notice(s, "reading standard input; Ctrl-D ends it");
	if (reader_start(s->private, s, STDIN_FILENO, true, reader_ends_source, NULL, err) == -1)
		return -1;
	return reader_unpacks(s->private, s->address, err);
}

static void
turn(struct source *s)
{
	reader_turn(s->private);
}

static void
close_stdin(struct source *s)
{
	reader_stop(s->private);
}

const struct source_class source_stdin = {
	.name = "stdin",
	.prefix = "-",
	.usage = "-",
	.help = "standard input (the default)",
	.flags = SOURCE_BOUNDED,
	.size = sizeof(struct reader),
	.open = open_stdin,
	.start = start,
	.turn = turn,
	.close = close_stdin,
};
