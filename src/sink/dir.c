/*
 * dir:DIR: a file for each batch that has rows, named by the batch's time.  A file has its name
 * only when it is complete: until then it is a hidden one with a name that no other run has (see
 * folder.h).  A batch that is given again by another run takes the place of its file; with a
 * checkpoint no batch is, and files get their names when that is committed.
 */
#include "base/tstamp.h"
#include "engine/sys.h"
#include "sink/descriptor.h"
#include "sink/folder.h"
#include "sink/sink.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

struct dir {
	struct folder	folder;
	bool		has_rows;	/* the batch; s->fd is open unless it failed */
	bool		named;		/* a file has got its name ... */
	int64_t		last;		/* ... of this time, in milliseconds ... */
	unsigned	again;		/* ... so many more than one */
};

static int
close_dir(struct sink *s, struct err *err)
{
	struct dir *d = s->private;

	if (s->fd != -1)
		sys.close(s->fd);	/* what it holds is given up */
	s->fd = -1;
	return folder_close(&d->folder, err);
}

static int
load(struct sink *s, struct err *err)
{
	struct dir *d = s->private;
	struct wire in = { .at = s->saved->data, .end = s->saved->data + s->saved->len };
	uint64_t named = wire_get(&in), again;

	d->last = (int64_t)wire_get_word(&in);
	again = wire_get(&in);
	if (folder_load(&d->folder, &in, err) == -1)
		return -1;
	if (in.damaged || in.at != in.end || named > 1 || again > UINT_MAX)
		return sink_damaged(s, err);
	d->named = named == 1;
	d->again = (unsigned)again;
	return 0;
}

static int
open_dir(struct sink *s, struct err *err)
{
	struct dir *d = s->private;
	struct err ignored;

	s->fd = -1;
	if (s->rest[0] == '\0')
		return err_word(err, s->word, "no folder, write dir:DIR");
	if (s->saved == NULL)
		s->fd = folder_open(&d->folder, s->rest, err);
	else if (load(s, err) == 0)
		s->fd = folder_reopen(&d->folder, s->rest, err);
	if (s->fd != -1)
		return 0;
	(void)close_dir(s, &ignored);
	return -1;
}

/* The batch has its first row. */
static int
begin(struct sink *s, struct err *err)
{
	struct dir *d = s->private;

	if (s->fd == -1)
		s->fd = folder_make(&d->folder, err);
	if (s->fd == -1)
		return -1;
	d->has_rows = true;
	return descriptor_write(s->fd, s->rest, s->head, s->head_len, err);
}

static int
write_dir(struct sink *s, const char *bytes, size_t len, struct err *err)
{
	struct dir *d = s->private;

	if (len == 0)
		return 0;
	if (!d->has_rows && begin(s, err) == -1)
		return -1;
	return descriptor_write(s->fd, s->rest, bytes, len, err);
}

static const char *
extension(const struct sink *s)
{
	if (s->format == NULL)
		return "tsv";
	return strcmp(s->format, "table") == 0 ? "txt" : s->format;
}

/*
 * Names the file of the batch that ended at TIME.  Batches by rows may end in the same millisecond,
 * and the wall clock may step back; but no batch takes the place of another one of this run, and
 * the order of the names stays that of the batches.
 */
static void
set_name(struct sink *s, int64_t time, char name[FOLDER_NAME])
{
	struct dir *d = s->private;
	int64_t ms = time / 1000 - (time % 1000 < 0);
	char text[TSTAMP_BYTES], again[16] = "";
	size_t n = 0;

	d->again = d->named && ms <= d->last ? d->again + 1 : 0;
	if (d->again == 0)
		d->last = ms;
	d->named = true;
	(void)tstamp_format(text, d->last);
	for (size_t i = 0; i < sizeof(text); i++)
		if (text[i] != ':')
			text[n++] = text[i];
	if (d->again > 0)
		(void)snprintf(again, sizeof(again), "_%03u", d->again);
	(void)snprintf(name, FOLDER_NAME, "%.*s%s.%s", (int)n, text, again, extension(s));
}

static int
end_dir(struct sink *s, int64_t time, struct err *err)
{
	struct dir *d = s->private;
	char name[FOLDER_NAME];
	int fd = s->fd;

	if (!d->has_rows)
		return 0;
	d->has_rows = false;
	set_name(s, time, name);
	s->fd = -1;
	if (sys.close(fd) == -1 && errno != EINTR)
		return err_system(err, s->rest, "close", errno);
	return s->deferred ? folder_wait(&d->folder, name, err) :
	    folder_name(&d->folder, name, err);
}

static int
save_dir(struct sink *s, bool sync, struct buf *out, struct err *err)
{
	struct dir *d = s->private;

	if (sync && folder_sync(&d->folder, err) == -1)
		return -1;
	if (wire_put(out, d->named) == -1 || wire_put_word(out, (uint64_t)d->last) == -1 ||
	    wire_put(out, d->again) == -1 || folder_save(&d->folder, out) == -1)
		return err_memory(err, "writing a checkpoint");
	return 0;
}

static int
publish_dir(struct sink *s, struct err *err)
{
	struct dir *d = s->private;

	return folder_publish(&d->folder, err);
}

const struct sink_class sink_dir = {
	.name = "dir",
	.prefix = "dir:",
	.usage = "dir:DIR",
	.help = "a file for each batch in a folder, by its time",
	.flags = SINK_IDEMPOTENT | SINK_HEADS,
	.size = sizeof(struct dir),
	.open = open_dir,
	.write = write_dir,
	.end = end_dir,
	.close = close_dir,
	.save = save_dir,
	.publish = publish_dir,
};
