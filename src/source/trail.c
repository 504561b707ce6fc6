/* One file that is followed, see trail.h. */
#include "source/trail.h"

#include "base/mem.h"
#include "engine/sys.h"

#include <errno.h>

#define SLICE 16			/* reads before others have their turn: up to 8 MiB */
#define AGAIN_US 10000			/* after an interrupted call */

struct trail *
trail_open(int fd, const struct stat *st)
{
	struct trail *t = mem_zalloc(sizeof(*t));

	if (t == NULL)
		return NULL;
	t->fd = fd;
	t->dev = st->st_dev;
	t->ino = st->st_ino;
	t->opened = t->looked = t->grown = sys.mono();
	t->watched = -1;
	return t;
}

void
trail_close(struct trail *t)
{
	if (t->fd != -1)
		sys.close(t->fd);
	frame_close(&t->framer);
	mem_free(t);
}

static enum trail_state
fail(struct source *s, const char *action, int number)
{
	struct err err;

	err_system(&err, s->address, action, number);
	s->host->failed(s, &err);
	return TRAIL_STOP;
}

int
trail_skip(struct trail *t, struct source *s, struct err *err)
{
	struct stat st;
	char last = '\n';

	if (sys.fstat(t->fd, &st) == -1)
		return err_system(err, s->address, "stat", errno);
	if (st.st_size > 0 && sys.pread(t->fd, &last, 1, st.st_size - 1) == -1)
		return err_system(err, s->address, "read", errno);
	if (head_check(&t->head, t->fd) == HEAD_ERROR)
		return err_system(err, s->address, "read", errno);
	t->offset = t->size = t->framer.position = (uint64_t)st.st_size;
	t->framer.skipping = last != '\n';
	return 0;
}

int
trail_put(struct buf *out, const struct trail *t)
{
	const struct spot spot = { .dev = t->dev, .ino = t->ino, .head = t->head,
	    .size = t->size };

	if (spot_put(out, &spot, &t->framer) == -1 ||
	    wire_put_word(out, (uint64_t)t->changed.tv_sec) == -1)
		return -1;
	return wire_put(out, (uint64_t)t->changed.tv_nsec);
}

struct trail *
trail_get(struct wire *in)
{
	const struct stat none = { .st_ino = 0 };
	struct trail *t = trail_open(-1, &none);
	struct spot spot;

	if (t == NULL)
		return NULL;
	if (spot_get(in, &spot, &t->framer) == -1) {
		trail_close(t);
		return NULL;
	}
	t->dev = spot.dev;
	t->ino = spot.ino;
	t->head = spot.head;
	t->size = spot.size;
	t->offset = t->framer.position;
	t->changed.tv_sec = (time_t)wire_get_word(in);
	t->changed.tv_nsec = (long)wire_get(in);
	return t;
}

/* Starts again at the beginning of a file whose content went away. */
static void
restart(struct trail *t, struct source *s, int64_t now)
{
	unsigned long long unread = t->size > t->offset ? t->size - t->offset : 0;

	s->host->finish(s, &t->framer, false);
	s->host->notice(s, "was truncated at byte %llu or behind it; lost are %llu bytes that were "
	    "seen there, and any that were written in the last %lld ms",
	    (unsigned long long)t->offset, unread, (long long)(now - t->looked) / 1000 + 1);
	t->offset = t->framer.position = 0;
	t->head = (struct head){ 0 };
}

/* True if nothing has happened since the last look, when the beginning was made sure of. */
static bool
unchanged(const struct trail *t, const struct stat *st)
{
	return t->size == (uint64_t)st->st_size && t->offset == t->size &&
	    t->head.len == (t->size < HEAD_BYTES ? t->size : HEAD_BYTES) &&
	    t->changed.tv_sec == st->st_mtim.tv_sec &&
	    t->changed.tv_nsec == st->st_mtim.tv_nsec;
}

/* Looks whether it is still the content that was read so far. */
static enum trail_state
look(struct trail *t, struct source *s, int64_t *wait)
{
	int64_t now = sys.mono();
	struct stat st;
	uint64_t size;

	if (sys.fstat(t->fd, &st) == -1)
		return fail(s, "stat", errno);
	size = (uint64_t)st.st_size;
	if (size < t->offset) {
		restart(t, s, now);
	} else if (!unchanged(t, &st)) {
		switch (head_check(&t->head, t->fd)) {
		case HEAD_SAME:
			break;
		case HEAD_OTHER:
			restart(t, s, now);
			break;
		case HEAD_ERROR:
			*wait = AGAIN_US;
			return errno == EAGAIN ? TRAIL_MORE : fail(s, "read", errno);
		}
	}
	t->size = size;
	t->changed = st.st_mtim;
	t->looked = now;
	return TRAIL_END;
}

/* One read; TRAIL_MORE with *WAIT 0 if it brought something. */
static enum trail_state
read_once(struct trail *t, struct source *s, int64_t *wait)
{
	size_t size;
	ssize_t n;
	char *to;

	if (s->host->allowed(s, wait) == 0)
		return TRAIL_MORE;
	to = s->host->room(s, &t->framer, &size);
	if (to == NULL)
		return TRAIL_STOP;
	n = sys.pread(t->fd, to, size, (off_t)t->offset);
	if (n == -1) {
		*wait = AGAIN_US;
		return errno == EAGAIN || errno == EINTR ? TRAIL_MORE : fail(s, "read", errno);
	}
	if (n == 0)
		return TRAIL_END;
	*wait = 0;
	t->offset += (uint64_t)n;
	t->grown = t->looked;
	return s->host->took(s, &t->framer, (size_t)n) ? TRAIL_MORE : TRAIL_STOP;
}

enum trail_state
trail_read(struct trail *t, struct source *s, int64_t *wait)
{
	enum trail_state state = look(t, s, wait);
	int64_t more = 0;

	if (state != TRAIL_END)
		return state;
	state = TRAIL_MORE;
	for (int i = 0; i < SLICE && state == TRAIL_MORE && more == 0; i++)
		state = read_once(t, s, &more);
	if (state == TRAIL_MORE)
		*wait = more;
	return state;
}

void
trail_finish(struct trail *t, struct source *s)
{
	s->host->finish(s, &t->framer, true);
}
