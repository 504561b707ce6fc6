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

int
lines_grow(struct lines *l, size_t cap)
{
	char *data;

	if (cap <= l->cap)
		return 0;
	data = mem_realloc(l->data, cap + SCAN_PAD);
	if (data == NULL)
		return -1;
	memset(data + cap, 0, SCAN_PAD);
	l->data = data;
	l->cap = cap;
	return 0;
}

void
lines_close(struct lines *l)
{
	mem_free(l->data);
	mem_free(l->mark);
	*l = (struct lines){ 0 };
}

void
lines_empty(struct lines *l)
{
	l->len = 0;
	l->records = 0;
	l->marks = 0;
}

void
frame_counts_add(struct frame_counts *a, const struct frame_counts *b)
{
	a->records += b->records;
	a->bad += b->bad;
	a->bytes += b->bytes;
}

void
frame_counts_sub(struct frame_counts *a, const struct frame_counts *b)
{
	a->records -= b->records;
	a->bad -= b->bad;
	a->bytes -= b->bytes;
}

/* The mark of what stands before line AT; one of the last line is used again. */
static struct frame_mark *
mark_at(struct lines *l, uint64_t at)
{
	if (l->marks > 0 && l->mark[l->marks - 1].at == at)
		return &l->mark[l->marks - 1];
	if (l->marks == l->marks_cap) {
		size_t cap = l->marks_cap == 0 ? 16 : l->marks_cap * 2;
		struct frame_mark *mark = mem_realloc(l->mark, cap * sizeof(*mark));

		if (mark == NULL)
			return NULL;
		l->mark = mark;
		l->marks_cap = cap;
	}
	l->mark[l->marks] = (struct frame_mark){ .at = at };
	return &l->mark[l->marks++];
}

/* Counts what is no line of the block and stands before line AT of it. */
static int
count_more(struct lines *l, uint64_t at, struct frame_counts more, struct frame_counts *counts)
{
	struct frame_mark *mark = mark_at(l, at);

	if (mark == NULL)
		return -1;
	frame_counts_add(&mark->more, &more);
	frame_counts_add(counts, &more);
	return 0;
}

static struct frame_counts
bad_line(size_t bytes)
{
	return (struct frame_counts){ .records = 1, .bad = 1, .bytes = bytes };
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

/* The size of the line at FROM, its end included. */
static size_t
line_size(const struct lines *l, const char *from, const char *end)
{
	size_t len = (size_t)(end - from);

	return l->quoted ? records_skip(from, len, 1) :
	    (size_t)((const char *)memchr(from, '\n', len) + 1 - from);
}

/*
 * Takes the lines over the limit out of the *LEN bytes of whole lines that follow the block; *LINES
 * are left.
 */
static int
drop_long(struct lines *l, size_t *len, uint64_t *lines, size_t max_line,
    struct frame_counts *counts)
{
	char *start = l->data + l->len, *to = start, *from = start, *end = start + *len;
	uint64_t at = l->records;

	while (from < end) {
		size_t size = line_size(l, from, end);

		if (line_length(from, from + size - 1) > max_line) {
			if (count_more(l, at, bad_line(size), counts) == -1)
				return -1;
		} else {
			memmove(to, from, size);
			to += size;
			at++;
		}
		from += size;
	}
	*len = (size_t)(to - start);
	*lines = at - l->records;
	return 0;
}

/* Makes LEN bytes of whole lines behind l->len part of the block; 0 or -1. */
static int
add_lines(struct lines *l, const struct scan *scan, size_t len, uint64_t quoted, size_t max_line,
    struct frame_counts *counts)
{
	uint64_t records = quoted;

	if (len > max_line) {
		if (drop_long(l, &len, &records, max_line, counts) == -1)
			return -1;
	} else if (!l->quoted) {
		records = scan->newlines(l->data + l->len, len);
	}
	l->records += records;
	counts->records += records;
	counts->bytes += len;
	l->len += len;
	return 0;
}

/* An unfinished line is surely too long; a '\r' at its end may still belong to the line end. */
static bool
too_long(const char *text, size_t len, size_t max_line)
{
	return len > max_line && !(len == max_line + 1 && text[len - 1] == '\r');
}

/* LEN more bytes of a line that is skipped. */
static int
skip(struct lines *l, size_t len, struct frame_counts *counts)
{
	return count_more(l, l->records, (struct frame_counts){ .bytes = len }, counts);
}

/*
 * The unfinished line, of which LEN bytes are here, is over the limit: it counts as bad, and the
 * rest of it will be skipped.
 */
static int
start_skipping(struct framer *f, struct lines *l, size_t len, struct frame_counts *counts)
{
	f->skipping = true;
	buf_free(&f->partial);
	return count_more(l, l->records, bad_line(len), counts);
}

/* Keeps TEXT, which holds no newline, as the rest of the unfinished line. */
static int
keep_rest(struct framer *f, struct lines *l, const char *text, size_t len, size_t max_line,
    struct frame_counts *counts)
{
	if (len == 0)
		return 0;
	if (f->skipping)
		return skip(l, len, counts);
	if (f->partial.len + len > max_line + 1)	/* one more for a '\r' */
		return start_skipping(f, l, f->partial.len + len, counts);
	if (buf_add(&f->partial, text, len) == -1)
		return -1;
	if (too_long(f->partial.data, f->partial.len, max_line))
		return start_skipping(f, l, f->partial.len, counts);
	return 0;
}

/* The end of a long unfinished line came: makes room for it before the SIZE bytes just read. */
static int
take_long(struct framer *f, struct lines *l, size_t size)
{
	if (lines_grow(l, l->len + f->partial.len + size) == -1)
		return -1;
	memmove(l->data + l->len + f->partial.len, l->data + l->len, size);
	return 0;
}

/* The newline that ends the last line of the bytes just read, or NULL; QUOTED: how many end. */
static const char *
last_end(struct framer *f, const struct lines *l, const struct scan *scan, const char *text,
    size_t size, uint64_t *quoted)
{
	size_t end;

	*quoted = 0;
	if (!l->quoted)
		return memrchr(text, '\n', size);
	end = quotes_scan(&f->quotes, scan, text, size, quoted);
	return end == 0 ? NULL : text + end - 1;
}

/* Bytes were read of which the first belong to a line that is skipped: up to any newline. */
static int
take_skipping(struct framer *f, struct lines *l, const struct scan *scan, char *text, size_t size,
    size_t max_line, struct frame_counts *counts)
{
	const char *first = memchr(text, '\n', size);
	size_t end = first == NULL ? size : (size_t)(first + 1 - text);

	if (skip(l, end, counts) == -1)
		return -1;
	if (first == NULL)
		return 0;
	f->skipping = false;
	f->quotes = (struct quotes){ .state = QUOTES_START };
	memmove(text, text + end, size - end);
	return size > end ? frame_take(f, l, scan, size - end, max_line, counts) : 0;
}

int
frame_take(struct framer *f, struct lines *l, const struct scan *scan, size_t size,
    size_t max_line, struct frame_counts *counts)
{
	char *text = l->data + l->len + gap(f, l);
	const char *last;
	size_t head, whole;
	uint64_t quoted;

	if (f->skipping)
		return take_skipping(f, l, scan, text, size, max_line, counts);
	last = last_end(f, l, scan, text, size, &quoted);
	if (last == NULL)
		return keep_rest(f, l, text, size, max_line, counts);
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
	if (add_lines(l, scan, head + whole, quoted, max_line, counts) == -1)
		return -1;
	return keep_rest(f, l, text + whole, size - whole, max_line, counts);
}

/* Makes the unfinished line the last one of the block: with an end, which has no byte of input. */
static int
end_line(struct framer *f, struct lines *l, struct frame_counts *counts)
{
	const struct frame_counts no_end = { .bytes = (uint64_t)-1 };
	size_t len = f->partial.len;

	if (lines_grow(l, l->len + len + 1) == -1)
		return -1;
	if (count_more(l, l->records, no_end, counts) == -1)
		return -1;
	memcpy(l->data + l->len, f->partial.data, len);
	l->data[l->len + len] = '\n';
	l->len += len + 1;
	l->records++;
	counts->records++;
	counts->bytes += len + 1;
	f->partial.len = 0;
	return 0;
}

int
frame_end(struct framer *f, struct lines *l, size_t max_line, struct frame_counts *counts)
{
	f->skipping = false;
	f->quotes = (struct quotes){ .state = QUOTES_START };
	if (f->partial.len == 0)
		return 0;
	if (too_long(f->partial.data, f->partial.len, max_line))
		return frame_drop(f, l, counts) == -1 ? -1 : 0;
	return end_line(f, l, counts);
}

int
frame_drop(struct framer *f, struct lines *l, struct frame_counts *counts)
{
	size_t len = f->partial.len;

	f->partial.len = 0;
	f->skipping = false;
	if (len == 0)
		return 0;
	return count_more(l, l->records, bad_line(len), counts) == -1 ? -1 : 1;
}

int
frame_save(const struct framer *f, struct buf *out)
{
	if (wire_put(out, f->position) == -1 ||
	    wire_put(out, (f->skipping ? 1 : 0) | (f->headed ? 2 : 0)) == -1)
		return -1;
	return wire_put_bytes(out, f->header.data, f->header.len);
}

int
frame_load(struct framer *f, struct wire *in)
{
	const char *header;
	uint64_t flags;
	size_t len;

	f->position = wire_get(in);
	flags = wire_get(in);
	f->skipping = (flags & 1) != 0;
	f->headed = (flags & 2) != 0;
	header = wire_get_bytes(in, &len);
	f->header.len = 0;
	return len == 0 ? 0 : buf_add(&f->header, header, len);
}

void
frame_close(struct framer *f)
{
	buf_free(&f->partial);
	buf_free(&f->header);
	f->skipping = false;
}
