/* How far a file was read, see spot.h. */
#include "source/spot.h"

#include "engine/sys.h"
#include "source/unpack.h"

#include <errno.h>

/* ---- as bytes ---- */

int
spot_put(struct buf *out, const struct spot *at, const struct framer *f)
{
	if (wire_put(out, at->dev) == -1 || wire_put(out, at->ino) == -1 ||
	    head_put(out, &at->head) == -1 ||
	    wire_put(out, at->start) == -1 || wire_put(out, at->size) == -1)
		return -1;
	return frame_save(f, out);
}

int
spot_get(struct wire *in, struct spot *at, struct framer *f)
{
	at->dev = (dev_t)wire_get(in);
	at->ino = (ino_t)wire_get(in);
	head_get(in, &at->head);
	at->start = wire_get(in);
	at->size = wire_get(in);
	if (frame_load(f, in) == -1)
		return -1;
	in->damaged |= at->start > INT64_MAX || at->size > INT64_MAX ||
	    f->position > INT64_MAX - at->start;
	return 0;
}

int
spot_damaged(const struct source *s, struct err *err)
{
	return err_set(err, ERR_RUN, "%s: its saved position is damaged; restore the state, or "
	    SPOT_ANEW, s->address);
}

/* ---- the file ---- */

/* 1 if the text is compressed, 0, or -1: errno. */
static int
is_packed(int fd, uint64_t start)
{
	char bytes[UNPACK_MAGIC];
	ssize_t n;

	do
		n = sys.pread(fd, bytes, sizeof(bytes), (off_t)start);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return -1;
	return n > 0 && unpack_recognise(bytes, (size_t)n) != NULL;
}

static int
is_another(struct err *err)
{
	err_add(err, "; put that file back, or " SPOT_ANEW);
	return 1;
}

int
spot_check(struct spot *at, const char *name, int fd, uint64_t position, struct err *err)
{
	unsigned long long read = at->start + position;
	struct stat st;
	int packed;

	if (sys.fstat(fd, &st) == -1)
		return err_system(err, name, "stat", errno);
	packed = is_packed(fd, at->start);
	if (packed == 0 && read > (uint64_t)st.st_size) {
		err_set(err, ERR_RUN, "%s: was read to byte %llu, and has only %llu bytes now",
		    name, read, (unsigned long long)st.st_size);
		return is_another(err);
	}
	switch (packed == -1 ? HEAD_ERROR : head_check(&at->head, fd)) {
	case HEAD_ERROR:
		return err_system(err, name, "read", errno);
	case HEAD_OTHER:
		err_set(err, ERR_RUN, "%s: %s the one that was read to byte %llu", name,
		    at->ino == st.st_ino ? "was overwritten and does not begin as" :
		    "is another file than", read);
		return is_another(err);
	case HEAD_SAME:
		break;
	}
	at->dev = st.st_dev;
	at->ino = st.st_ino;
	return 0;
}
