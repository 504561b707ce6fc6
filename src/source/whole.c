/* One descriptor read to its end, see whole.h. */
#include "source/whole.h"

#include "engine/sys.h"
#include "source/unpack.h"

#include <errno.h>
#include <unistd.h>

/* Puts down how it was at the end, for a later run: by where reading ended, not by its size now. */
static void
note_end(struct whole *w)
{
	off_t end = sys.lseek(w->reader.fd, 0, SEEK_CUR);

	if (end > 0)
		w->spot.size = (uint64_t)end;
	(void)head_check(&w->spot.head, w->reader.fd);
}

static void
whole_ended(struct reader *r, enum reader_end how, int number)
{
	struct source *s = r->source;
	struct whole *w = r->arg;
	enum receive last = RECEIVE_EOF;
	struct err err;

	if (how == READER_ERROR) {
		last = RECEIVE_ERROR;
		err_system(&err, s->address, "read", number);
	} else if (how == READER_DAMAGED) {
		last = RECEIVE_DAMAGED;
		err = *unpack_error(r->unpack);
	}
	unpack_finish(s, &r->framer, last);
	if (s->replayable && how == READER_EOF && r->framer.keeps)
		note_end(w);
	w->framer = r->framer;
	r->framer = (struct framer){ 0 };
	reader_stop(r);
	if (how == READER_EOF)
		s->host->ended(s);
	else
		s->host->failed(s, &err);
}

/* Goes to where reading is to begin: *SKIP bytes of the text from there are not to be taken. */
static int
seek(struct whole *w, struct source *s, int fd, uint64_t *skip, struct err *err)
{
	uint64_t position = w->framer.position, at = w->spot.start;
	struct stat st;

	*skip = position;
	if (position == 0)
		return 0;
	if (spot_check(&w->spot, s->address, fd, position, err) != 0)
		return -1;
	if (sys.fstat(fd, &st) == -1)
		return err_system(err, s->address, "stat", errno);
	if (w->spot.size > 0 && w->spot.size == (uint64_t)st.st_size) {
		at = w->spot.size;	/* nothing has come: not even to be decoded again */
		*skip = 0;
	}
	if (sys.lseek(fd, (off_t)at, SEEK_SET) == -1)
		return err_system(err, s->address, "seek", errno);
	s->offset = position;
	return 0;
}

int
whole_start(struct whole *w, struct source *s, int fd, bool blocking, struct err *err)
{
	uint64_t skip = 0;

	if (s->replayable && seek(w, s, fd, &skip, err) == -1) {
		sys.close(fd);
		return -1;
	}
	if (reader_start(&w->reader, s, fd, blocking, whole_ended, w, err) == -1)
		return -1;
	w->reader.framer = w->framer;
	w->framer = (struct framer){ 0 };
	return reader_unpacks(&w->reader, s->address, w->spot.start, skip, err);
}

int
whole_save(struct whole *w, struct source *s, struct saving *to, struct err *err)
{
	bool reading = w->reader.source != NULL;
	const struct framer *f = reading ? &w->reader.framer : &w->framer;

	if (!s->replayable || (f->position == w->put && w->spot.size == w->put_size))
		return 0;
	if (reading && w->spot.head.len < HEAD_BYTES)
		(void)head_check(&w->spot.head, w->reader.fd);
	w->spot.dev = s->dev;
	w->spot.ino = s->ino;
	if (save_clear(to, err) == -1)
		return -1;
	if (spot_put(to->out, &w->spot, f) == -1)
		return err_memory(err, "saving a position");
	if (save_flush(to, err) == -1)
		return -1;
	w->put = f->position;
	w->put_size = w->spot.size;
	return 0;
}

int
whole_load(struct whole *w, struct source *s, int fd, struct wire *in, struct err *err)
{
	if (spot_get(in, &w->spot, &w->framer) == -1)
		return err_memory(err, "reading a saved position");
	if (in->damaged || in->at != in->end)
		return spot_damaged(s, err);
	if (!s->replayable)
		return err_set(err, ERR_RUN, "%s: was a regular file that was read to byte %llu, "
		    "and is none now; give that file, or " SPOT_ANEW, s->address,
		    (unsigned long long)(w->spot.start + w->framer.position));
	w->put = w->framer.position;
	w->put_size = w->spot.size;
	return spot_check(&w->spot, s->address, fd, w->framer.position, err) == 0 ? 0 : -1;
}

void
whole_stop(struct whole *w)
{
	reader_stop(&w->reader);
	frame_close(&w->framer);
}
