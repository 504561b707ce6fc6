/* A source by itself, see source_util.h. */
#include "source_util.h"

#include "base/mem.h"
#include "base/scan.h"
#include "core/bucket.h"
#include "source/source_table.h"

#include <errno.h>
#include <event2/event.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IDLE 200			/* looks without anything, 1 ms apart: all has been read */

static struct rig *
rig_of(struct source *s)
{
	return (struct rig *)(void *)((char *)s->host - offsetof(struct rig, host));
}

/* ---- the store ---- */

void
rig_forget(struct rig *rig)
{
	for (size_t i = 0; i < rig->chunks; i++)
		buf_free(&rig->chunk[i].bytes);
	free(rig->chunk);
	rig->chunk = NULL;
	rig->chunks = 0;
}

static int
put(void *arg, const struct store_part *part, const char *bytes, size_t len, struct err *err)
{
	struct rig *rig = arg;

	(void)err;
	ck_assert_int_eq(part->role, STORE_SOURCE);
	rig->chunk = realloc(rig->chunk, (rig->chunks + 1) * sizeof(*rig->chunk));
	rig->chunk[rig->chunks] = (struct chunk){ .bytes = { 0 } };
	text_add(&rig->chunk[rig->chunks++].bytes, bytes, len);
	return 0;
}

static int
clear(void *arg, const struct store_part *part, struct err *err)
{
	(void)part;
	(void)err;
	rig_forget(arg);
	return 0;
}

static void
save(struct rig *rig)
{
	const struct store store = { .arg = rig, .put = put, .clear = clear };
	struct saving to = { .store = &store, .part = { .role = STORE_SOURCE },
	    .out = &rig->saved };
	struct err err;

	DEMAND(rig->source.class->save(&rig->source, &to, &err) == 0);
	DEMAND(rig->saved.len == 0);
}

/* ---- the host ---- */

static char *
room(struct source *s, struct framer *f, size_t *size)
{
	struct rig *rig = rig_of(s);
	char *to = frame_room(f, &rig->lines, size);

	if (*size > rig->piece)
		*size = rig->piece;
	return to;
}

static bool
keep(struct rig *rig, struct framer *f, const struct frame_counts *counts)
{
	f->position += counts->bytes;
	rig->taken += counts->bytes;
	text_add(&rig->out, rig->lines.data, rig->lines.len);
	lines_empty(&rig->lines);
	if (rig->eager)
		save(rig);
	rig->stopped |= rig->taken >= rig->stop;
	return !rig->stopped;
}

static bool
took(struct source *s, struct framer *f, size_t n)
{
	struct rig *rig = rig_of(s);
	struct frame_counts counts = { 0 };

	f->keeps = true;
	DEMAND(frame_take(f, &rig->lines, scan_best(), n, RIG_MAX_LINE, &counts) == 0);
	return keep(rig, f, &counts);
}

static enum receive
receive(struct source *s, struct framer *f, int fd)
{
	size_t size;
	char *to = room(s, f, &size);
	ssize_t n = read(fd, to, size);

	if (n <= 0)
		return n == 0 ? RECEIVE_EOF : RECEIVE_ERROR;
	return took(s, f, (size_t)n) ? RECEIVE_SOME : RECEIVE_STOP;
}

static uint64_t
allowed(struct source *s, int64_t *wait)
{
	*wait = 1000;
	return rig_of(s)->stopped ? 0 : UINT64_MAX;
}

static void
finish(struct source *s, struct framer *f, bool clean)
{
	struct rig *rig = rig_of(s);
	struct frame_counts counts = { 0 };
	int rc = clean ? frame_end(f, &rig->lines, RIG_MAX_LINE, &counts) :
	    frame_drop(f, &rig->lines, &counts);

	DEMAND(rc != -1);
	keep(rig, f, &counts);
}

static void
ended(struct source *s)
{
	rig_of(s)->ended = s->done = true;
	s->ready = false;
}

static void
failed(struct source *s, const struct err *err)
{
	struct rig *rig = rig_of(s);

	rig->failed = s->done = true;
	s->ready = false;
	rig->err = *err;
}

static void __attribute__((format(printf, 2, 3)))
notice(struct source *s, const char *format, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	text_printf(&rig_of(s)->told, "%s\n", line);
}

/* ---- runs ---- */

static int
load(struct rig *rig)
{
	const struct store_part part = { .role = STORE_SOURCE };

	for (size_t i = 0; i < rig->chunks; i++) {
		size_t len = rig->chunk[i].bytes.len;
		char *copy = malloc(len);	/* so that a sanitizer sees its end */
		struct wire in = { .at = copy, .end = copy + len };
		int rc;

		memcpy(copy, rig->chunk[i].bytes.data, len);
		rc = rig->source.class->load(&rig->source, &part, &in, &rig->err);
		free(copy);
		if (rc == -1)
			return -1;
	}
	return 0;
}

void
rig_open(struct rig *rig)
{
	*rig = (struct rig){ .piece = SIZE_MAX };
	rig->host = (struct source_host){
		.base = event_base_new(), .receive = receive, .room = room, .took = took,
		.allowed = allowed, .finish = finish, .ended = ended, .failed = failed,
		.notice = notice,
	};
	DEMAND(lines_open(&rig->lines, 1 << 16) == 0);
}

void
rig_close(struct rig *rig)
{
	rig_forget(rig);
	event_base_free(rig->host.base);
	lines_close(&rig->lines);
	buf_free(&rig->out);
	buf_free(&rig->told);
	buf_free(&rig->saved);
}

static const struct source_class *
class_of(const char *address)
{
	size_t i = 0;

	while (strncmp(address, source_table[i]->prefix, strlen(source_table[i]->prefix)) != 0)
		i++;
	return source_table[i];
}

/* Turns of the loop until it is over, or nothing comes any more; saves now and then. */
static void
loop(struct rig *rig)
{
	struct source *s = &rig->source;

	for (int idle = 0; !rig->stopped && !s->done && idle < IDLE; idle++) {
		uint64_t before = rig->taken;

		if (s->ready)
			s->class->turn(s);
		else if (event_base_loop(rig->host.base, EVLOOP_NONBLOCK) == 0)
			usleep(1000);
		if (rig->taken != before)
			idle = 0;
		if (rig->taken - before > 5000)
			save(rig);
	}
	save(rig);
}

int
rig_run(struct rig *rig, const char *address, uint64_t stop)
{
	struct source *s = &rig->source;
	int rc;

	rig->stop = stop;
	rig->taken = 0;
	rig->stopped = rig->ended = rig->failed = false;
	rig->told.len = 0;
	*s = (struct source){ .class = class_of(address), .host = &rig->host,
	    .address = address };
	s->rest = address + strlen(s->class->prefix);
	s->private = mem_zalloc(s->class->size);
	rc = s->class->open(s, &rig->err);
	if (rc == 0)
		rc = load(rig);
	if (rc == 0)
		rc = s->class->start(s, &rig->err);
	if (rc == 0 && !rig->dry)
		loop(rig);
	s->class->close(s);
	mem_free(s->private);
	text_add(&rig->told, "", 1);
	return rc;
}

/* ---- files ---- */

static char folder[64];

void
files_open(void)
{
	strcpy(folder, "/tmp/streamctl-unit.XXXXXX");
	DEMAND(mkdtemp(folder) != NULL);
}

static int
remove_one(const char *path, const struct stat *st, int what, struct FTW *where)
{
	(void)st;
	(void)what;
	(void)where;
	return remove(path);
}

void
files_close(void)
{
	DEMAND(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
}

const char *
in_folder(const char *format, ...)
{
	static char text[8][PATH_MAX];
	static unsigned next;
	char *path = text[next++ % 8], name[256];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(name, sizeof(name), format, ap);
	va_end(ap);
	/* what is before ':' is a prefix of the address */
	if (strchr(name, ':') != NULL)
		(void)snprintf(path, PATH_MAX, "%.*s%s/%s", (int)(strchr(name, ':') + 1 - name),
		    name, folder, strchr(name, ':') + 1);
	else
		(void)snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return path;
}

static void
write_bytes(const char *path, const char *mode, const char *bytes, size_t len)
{
	FILE *f = fopen(path, mode);

	DEMAND(f != NULL);
	DEMAND(fwrite(bytes, 1, len, f) == len);
	DEMAND(fclose(f) == 0);
}

void
file_write(const char *path, const char *bytes, size_t len)
{
	write_bytes(path, "w", bytes, len);
}

void
file_append(const char *path, const char *text)
{
	write_bytes(path, "a", text, strlen(text));
}
