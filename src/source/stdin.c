/*
 * -: standard input, whatever it is.  Its descriptor is shared with other processes, so it is never
 * made non-blocking: a pipe or terminal is read only when it says that it has something.  Of a
 * regular file its position is shared, too: it begins where it is at the start, and a later run
 * goes to where reading has come to, wherever it is by then.
 */
#include "engine/sys.h"
#include "source/whole.h"

#include <fcntl.h>
#include <unistd.h>

static int
open_stdin(struct source *s, struct err *err)
{
	struct whole *w = s->private;
	struct stat st;
	off_t at;
	int flags = sys.fcntl(STDIN_FILENO, F_GETFL, 0);

	if (flags != -1 && (flags & O_ACCMODE) == O_WRONLY)
		return err_set(err, ERR_RUN, "%s: is not open for reading", s->address);
	if (sys.fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode)) {
		s->dev = st.st_dev;
		s->ino = st.st_ino;
		at = sys.lseek(STDIN_FILENO, 0, SEEK_CUR);
		s->replayable = at != -1;
		w->spot.start = at > 0 ? (uint64_t)at : 0;
	}
	return 0;
}

static int
start(struct source *s, struct err *err)
{
	if (sys.isatty(STDIN_FILENO))
		s->host->notice(s, "reading standard input; Ctrl-D ends it");
	return whole_start(s->private, s, STDIN_FILENO, true, err);
}

static void
turn(struct source *s)
{
	struct whole *w = s->private;

	reader_turn(&w->reader);
}

static int
save(struct source *s, struct saving *to, struct err *err)
{
	return whole_save(s->private, s, to, err);
}

static int
load(struct source *s, const struct store_part *part, struct wire *in, struct err *err)
{
	(void)part;
	return whole_load(s->private, s, STDIN_FILENO, in, err);
}

static void
close_stdin(struct source *s)
{
	whole_stop(s->private);
}

const struct source_class source_stdin = {
	.name = "stdin",
	.prefix = "-",
	.usage = "-",
	.help = "standard input (the default)",
	.flags = SOURCE_BOUNDED,
	.size = sizeof(struct whole),
	.open = open_stdin,
	.start = start,
	.turn = turn,
	.close = close_stdin,
	.save = save,
	.load = load,
};
