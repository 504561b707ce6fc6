/* Cutting bytes into lines, see frame.h. */
#include "core/frame.h"

#include "base/mem.h"

#include <string.h>

#define MIN_READ ((size_t)32 << 10)	/* with less room than this the block is emptied first */
#define MAX_READ ((size_t)1 << 20)	/* a block that had to grow is not filled again */

int
lines_open(struct lines *l, size_t cap)
{
	*l = (struct lines){ .data = mem_alloc(cap + SCAN_PAD), .cap = cap };
	if (l->data == NULL)
		return -1;
	memset(l->data, 0, cap + SCAN_PAD);	/* the pad is read, and must not be random */
	return 0;
}

void
lines_close(struct lines *l)
{
	mem_free(l->data);
	*l = (struct lines){ 0 };
}

/*
 * The gap left before the bytes that are read: a short unfinished line is put there when its end
 * comes.  A long one gets a block of its own, see take_long.
 */
static size_t
gap(const struct framer *f, const struct lines *l)
{
	return f->partial.len <= l->cap / 4 ? f->partial.len : 0;
}

char *
frame_room(const struct framer *f, const struct lines *l, size_t *room)
{
	size_t at = l->len + gap(f, l);

	*room = l->cap > at && (l->cap - at >= MIN_READ || l->len == 0) ? l->cap - at : 0;
	if (*room > MAX_READ)
		*room = MAX_READ;
	return l->data + at;
}

/* Length of the line that starts at LINE, without its end at NEWLINE. */
static size_t
line_length(const char *line, const char *newline)
{
	size_t len = (size_t)(newline - line);

	return len > 0 && newline[-1] == '\r' ? len - 1 : len;
}

/* Takes the lines over the limit out of TEXT, which is whole lines; returns what is left of LEN. */
static size_t
drop_long(char *text, size_t len, size_t max_line, struct frame_counts *counts)
{
	char *to = text, *from = text, *end = text + len;

	while (from < end) {
		char *newline = memchr(from, '\n', (size_t)(end - from));
		size_t size = (size_t)(newline + 1 - from);

		if (line_length(from, newline) > max_line) {
			counts->bad++;
			counts->records++;
		} else {
			memmove(to, from, size);
			to += size;
		}
		from += size;
	}
	return (size_t)(to - text);
}

/* Makes LEN bytes of whole lines behind l->len part of the block. */
static void
add_lines(struct lines *l, const struct scan *scan, size_t len, size_t max_line,
    struct frame_counts *counts)
{
	size_t records;

	if (len > max_line)
		len = drop_long(l->data + l->len, len, max_line, counts);
	records = scan->newlines(l->data + l->len, len);
	l->records += records;
	counts->records += records;
	l->len += len;
}

/* An unfinished line is surely too long; a '\r' at its end may still belong to the line end. */
static bool
too_long(const char *text, size_t len, size_t max_line)
{
	return len > max_line && !(len == max_line + 1 && text[len - 1] == '\r');
}

/* The unfinished line is over the limit: it counts as bad, and the rest of it will be skipped. */
static void
start_skipping(struct framer *f, struct frame_counts *counts)
{
	counts->bad++;
	counts->records++;
	f->skipping = true;
	buf_free(&f->partial);
}

/* Keeps TEXT, which holds no newline, as the rest of the unfinished line. */
static int
keep_rest(struct framer *f, const char *text, size_t len, size_t max_line,
    struct frame_counts *counts)
{
	if (len == 0 || f->skipping)
		return 0;
	if (f->partial.len + len > max_line + 1) {	/* one more for a '\r' */
		start_skipping(f, counts);
		return 0;
	}
	if (buf_add(&f->partial, text, len) == -1)
		return -1;
	if (too_long(f->partial.data, f->partial.len, max_line))
		start_skipping(f, counts);
	return 0;
}

/* The end of a long unfinished line came: makes room for it before the SIZE bytes just read. */
static int
take_long(struct framer *f, struct lines *l, size_t size)
{
	size_t need = l->len + f->partial.len + size;

	if (need > l->cap) {
		char *data = mem_realloc(l->data, need + SCAN_PAD);

		if (data == NULL)
			return -1;
		memset(data + need, 0, SCAN_PAD);
		l->data = data;
		l->cap = need;
	}
	memmove(l->data + l->len + f->partial.len, l->data + l->len, size);
	return 0;
}

int
frame_take(struct framer *f, struct lines *l, const struct scan *scan, size_t size,
    size_t max_line, struct frame_counts *counts)
{
	char *text = l->data + l->len + gap(f, l);
	const char *last = memrchr(text, '\n', size);
	size_t head, whole;

	if (last == NULL)
		return keep_rest(f, text, size, max_line, counts);
	if (f->skipping) {
		const char *first = memchr(text, '\n', size);
		size_t skip = (size_t)(first + 1 - text);

		f->skipping = false;
		memmove(text, text + skip, size - skip);
		return size > skip ? frame_take(f, l, scan, size - skip, max_line, counts) : 0;
	}
	head = f->partial.len;
	if (head > 0 && gap(f, l) == 0) {
		size_t last_at = (size_t)(last - text);

		if (take_long(f, l, size) == -1)
			return -1;
		text = l->data + l->len + head;
		last = text + last_at;
	}
	if (head > 0)
		memcpy(text - head, f->partial.data, head);
	f->partial.len = 0;
	whole = (size_t)(last + 1 - text);
	if (keep_rest(f, text + whole, size - whole, max_line, counts) == -1)
		return -1;
	add_lines(l, scan, head + whole, max_line, counts);
	return 0;
}

int
frame_end(struct framer *f, struct lines *l, size_t max_line, struct frame_counts *counts)
{
	size_t len = f->partial.len;

	f->skipping = false;
	if (len == 0)
		return 0;
	if (too_long(f->partial.data, len, max_line)) {
		frame_drop(f, counts);
		return 0;
	}
	if (l->len + len + 1 > l->cap) {
		char *data = mem_realloc(l->data, l->len + len + 1 + SCAN_PAD);

		if (data == NULL)
			return -1;
		l->data = data;
		l->cap = l->len + len + 1;
		memset(data + l->cap, 0, SCAN_PAD);
	}
	memcpy(l->data + l->len, f->partial.data, len);
	l->data[l->len + len] = '\n';
	l->len += len + 1;
	l->records++;
	counts->records++;
	f->partial.len = 0;
	return 0;
}

bool
frame_drop(struct framer *f, struct frame_counts *counts)
{
	bool cut = f->partial.len > 0;

	if (cut) {
		counts->bad++;
		counts->records++;
	}
	f->partial.len = 0;
	f->skipping = false;
	return cut;
}

void
frame_close(struct framer *f)
{
	buf_free(&f->partial);
	f->skipping = false;
}
