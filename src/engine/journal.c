/* What came and cannot be read again, see journal.h. */
#include "engine/journal.h"

#include "base/mem.h"
#include "base/wire.h"
#include "engine/sys.h"
#include "sink/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define HEAD 24				/* length, number, sum: 8 bytes each */
#define ENTRY_MAX ((uint64_t)1 << 41)	/* bytes; what says more is damaged */
#define SUFFIX_ROOM 16

/* ---- opening ---- */

static int
open_file(struct journal_file *f, const char *path, int number, bool make, struct err *err)
{
	int flags = O_RDWR | (make ? O_CREAT : 0) | O_CLOEXEC | O_NOCTTY | O_APPEND;
	size_t room = strlen(path) + SUFFIX_ROOM;
	struct stat st;

	f->path = mem_alloc(room);
	if (f->path == NULL)
		return err_memory(err, "starting");
	(void)snprintf(f->path, room, "%s.journal-%d", path, number);
	f->fd = sys_open(f->path, flags, 0666);
	if (f->fd == -1 && errno == ENOENT && !make)
		return 0;
	if (f->fd == -1)
		return err_system(err, f->path, "open the journal", errno);
	if (sys.fstat(f->fd, &st) == -1)
		return err_system(err, f->path, "stat", errno);
	f->size = (uint64_t)st.st_size;
	return 0;
}

int
journal_open(struct journal *j, const char *path, bool make, bool sync, struct err *err)
{
	*j = (struct journal){ .sync = sync, .file = { { .fd = -1 }, { .fd = -1 } } };
	for (int i = 0; i < 2; i++)
		if (open_file(&j->file[i], path, i + 1, make, err) == -1) {
			journal_close(j);
			return -1;
		}
	if (!make || !sync || descriptor_sync_name(j->file[0].path, err) == 0)
		return 0;
	journal_close(j);
	return -1;
}

void
journal_close(struct journal *j)
{
	for (int i = 0; i < 2; i++) {
		if (j->file[i].path != NULL && j->file[i].fd != -1)
			sys.close(j->file[i].fd);
		mem_free(j->file[i].path);
	}
	buf_free(&j->scratch);
	*j = (struct journal){ .file = { { .fd = -1 }, { .fd = -1 } } };
}

/* ---- writing ---- */

static uint64_t
sum_of(uint64_t sum, const void *bytes, size_t len)
{
	return crc32_z((uLong)sum, bytes, len);
}

/* What comes before the records, but for the head. */
static int
put_front(struct buf *out, const struct journal_entry *e)
{
	if (wire_put(out, (uint64_t)(e->source + 1)) == -1 || wire_put(out, e->records) == -1)
		return -1;
	return wire_put_bytes(out, e->header, e->header_len);
}

/* The front of an entry with its head: the records follow. */
static int
make_front(struct journal *j, const struct journal_entry *e)
{
	struct buf *out = &j->scratch, head = { 0 };
	uint64_t sum;
	int rc;

	out->len = 0;
	if (buf_reserve(out, HEAD) == -1)
		return -1;
	out->len = HEAD;
	if (put_front(out, e) == -1)
		return -1;
	rc = wire_put_word(&head, out->len - HEAD + e->len);
	if (rc == 0)
		rc = wire_put_word(&head, e->number);
	if (rc == 0) {
		sum = sum_of(0, head.data, HEAD - 8);
		sum = sum_of(sum, out->data + HEAD, out->len - HEAD);
		rc = wire_put_word(&head, sum_of(sum, e->text, e->len));
	}
	if (rc == 0)
		memcpy(out->data, head.data, HEAD);
	buf_free(&head);
	return rc;
}

int
journal_add(struct journal *j, struct journal_entry *e, struct err *err)
{
	struct journal_file *f = &j->file[j->current];

	e->number = j->number + 1;
	if (make_front(j, e) == -1)
		return err_memory(err, "writing the journal");
	if (descriptor_write(f->fd, f->path, j->scratch.data, j->scratch.len, err) == -1 ||
	    descriptor_write(f->fd, f->path, e->text, e->len, err) == -1) {
		err->code = ERR_RUN;
		err_add(err, "; what came last was not counted");
		return -1;
	}
	if (j->sync && descriptor_sync(f->fd, f->path, err) == -1)
		return -1;
	f->size += j->scratch.len + e->len;
	f->last = j->number = e->number;
	return 0;
}

uint64_t
journal_bytes(const struct journal *j)
{
	return j->file[0].size + j->file[1].size;
}

static int
empty(struct journal_file *f, struct err *err)
{
	if (f->size == 0)
		return 0;
	if (descriptor_cut(f->fd, f->path, 0, err) == -1)
		return -1;
	f->size = f->last = 0;
	return 0;
}

int
journal_clear(struct journal *j, struct err *err)
{
	return empty(&j->file[0], err) == -1 ? -1 : empty(&j->file[1], err);
}

int
journal_committed(struct journal *j, uint64_t upto, bool cut, struct err *err)
{
	for (int i = 0; i < 2; i++)
		if (j->file[i].last <= upto && empty(&j->file[i], err) == -1)
			return -1;
	if (cut && j->file[j->current].size > 0 && j->file[1 - j->current].size == 0)
		j->current = 1 - j->current;
	return 0;
}

/* ---- reading ---- */

/* Reads SIZE bytes at OFFSET; how many there were, or -1 and the error. */
static ssize_t
read_at(const struct journal_file *f, char *to, size_t size, uint64_t offset, struct err *err)
{
	size_t got = 0;

	while (f->fd != -1 && got < size) {
		ssize_t n = sys.pread(f->fd, to + got, size - got, (off_t)(offset + got));

		if (n == 0)
			break;
		if (n == -1 && errno != EINTR)
			return err_system(err, f->path, "read", errno);
		if (n > 0)
			got += (size_t)n;
	}
	return (ssize_t)got;
}

static bool
parse(struct journal_entry *e, const char *bytes, size_t len)
{
	struct wire in = { bytes, bytes + len, false };

	e->source = (int)wire_get(&in) - 1;
	e->records = wire_get(&in);
	e->header = wire_get_bytes(&in, &e->header_len);
	e->text = in.at;
	e->len = (size_t)(in.end - in.at);
	return !in.damaged;
}

/*
 * The entry at OFFSET, read into scratch; its size, or 0 if there is none, if it was cut short or
 * is damaged, or -1 and the error.  *BEHIND: where the next one is, or 0.
 */
static ssize_t
read_entry(struct journal *j, const struct journal_file *f, uint64_t offset,
    struct journal_entry *e, uint64_t *behind, struct err *err)
{
	char head[HEAD];
	struct wire in = { head, head + HEAD, false };
	ssize_t n = read_at(f, head, HEAD, offset, err);
	uint64_t len, sum;

	*behind = 0;
	if (n < HEAD)
		return n == -1 ? -1 : 0;
	len = wire_get_word(&in);
	e->number = wire_get_word(&in);
	sum = wire_get_word(&in);
	if (len > ENTRY_MAX || len > f->size - offset - HEAD)
		return 0;
	*behind = offset + HEAD + len;
	j->scratch.len = 0;
	if (buf_reserve(&j->scratch, (size_t)len) == -1)
		return err_memory(err, "reading the journal");
	n = read_at(f, j->scratch.data, (size_t)len, offset + HEAD, err);
	if (n == -1)
		return -1;
	if ((uint64_t)n < len ||
	    sum_of(sum_of(0, head, HEAD - 8), j->scratch.data, (size_t)len) != sum ||
	    !parse(e, j->scratch.data, (size_t)len))
		return 0;
	return (ssize_t)(HEAD + len);
}

/* The next entry from *OFFSET on that is whole, and behind it the offset; as read_entry. */
static ssize_t
next_entry(struct journal *j, const struct journal_file *f, uint64_t *offset,
    struct journal_entry *e, struct err *err)
{
	uint64_t behind, next = *offset;
	ssize_t size;

	do
		size = read_entry(j, f, next, e, &behind, err);
	while (size == 0 && (next = behind) != 0);
	if (size > 0)
		*offset = behind;
	return size;
}

static int
replay_file(struct journal *j, struct journal_file *f, uint64_t after,
    int (*take)(void *arg, const struct journal_entry *, struct err *), void *arg, struct err *err)
{
	uint64_t offset = 0;
	struct journal_entry e;
	ssize_t size;

	while ((size = next_entry(j, f, &offset, &e, err)) > 0) {
		f->last = e.number;
		if (e.number > j->number) {
			j->lost += e.number - j->number - 1;
			j->number = e.number;
		}
		if (e.number > after && take(arg, &e, err) == -1)
			return -1;
	}
	if (size == -1)
		return -1;
	if (offset < f->size && descriptor_cut(f->fd, f->path, offset, err) == -1)
		return -1;
	f->size = offset;
	return 0;
}

int
journal_replay(struct journal *j, uint64_t after,
    int (*take)(void *arg, const struct journal_entry *, struct err *), void *arg, struct err *err)
{
	struct journal_entry first[2] = { { .number = UINT64_MAX }, { .number = UINT64_MAX } };
	unsigned one;

	for (int i = 0; i < 2; i++) {
		uint64_t offset = 0;
		ssize_t size = next_entry(j, &j->file[i], &offset, &first[i], err);

		if (size == -1)
			return -1;
		if (size == 0)
			first[i].number = UINT64_MAX;
	}
	j->number = after;
	j->lost = 0;
	one = first[0].number > first[1].number ? 1 : 0;
	if (replay_file(j, &j->file[one], after, take, arg, err) == -1 ||
	    replay_file(j, &j->file[1 - one], after, take, arg, err) == -1)
		return -1;
	j->current = j->file[1 - one].size > 0 ? 1 - one : one;
	return 0;
}
