/* Reading and writing rows for tests, see rows_util.h. */
#include "rows_util.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scan.h"

static char names_space[16][2048];
static unsigned names_used;

/* Cuts a list at commas; the names stay valid for a while. */
static unsigned
cut_names(const char *list, const char **names)
{
	char *space = names_space[names_used++ % 16], *rest = NULL;
	unsigned n = 0;

	DEMAND(strlen(list) < sizeof(names_space[0]));
	strcpy(space, list);
	for (char *name = strtok_r(space, ",", &rest); name != NULL;
	    name = strtok_r(NULL, ",", &rest))
		names[n++] = name;
	return n;
}

void
layout_make(struct layout *l, unsigned places, const char *list)
{
	const char *names[SCHEMA_MAX];

	*l = (struct layout){ .places = places, .fields = cut_names(list, names) };
	l->width = l->fields + 1;
	for (unsigned i = 0; i < l->fields; i++)
		l->field[i] = (struct layout_field){ .name = names[i], .len = strlen(names[i]),
			.at = i, .slot = i + 1 };
}

static void
show_cell(struct buf *out, const struct value *v)
{
	switch (v->kind) {
	case VALUE_NULL:
		text_add(out, "~", 1);
		break;
	case VALUE_TEXT:
		text_add(out, "'", 1);
		text_add(out, v->text, v->len);
		text_add(out, "'", 1);
		break;
	case VALUE_INT:
		text_printf(out, "%" PRId64, v->i);
		break;
	case VALUE_DOUBLE:
		text_printf(out, "%.17gd", v->d);
		break;
	case VALUE_BOOL:
		text_printf(out, "%s", v->i != 0 ? "true" : "false");
		break;
	default:
		ck_abort_msg("a value of kind %d", (int)v->kind);
	}
}

void
show_row(struct buf *out, const struct value *cells, unsigned width)
{
	for (unsigned i = 0; i < width; i++) {
		if (i > 0)
			text_add(out, "|", 1);
		show_cell(out, &cells[i]);
	}
	text_add(out, "\n", 1);
}

static int
read_rows(struct reading *in, const struct format_class *f, struct buf *shown)
{
	const char *before;

	while (in->text < in->end) {
		before = in->text;
		in->rows = 1000;	/* read is to set it */
		if (f->read(in) == -1)
			return -1;
		DEMAND(in->rows <= in->cap && in->text <= in->end && in->text > before);
		for (size_t i = 0; i < in->rows && shown != NULL; i++)
			show_row(shown, in->cells + i * in->layout->width, in->layout->width);
		arena_reset(in->arena);
	}
	return 0;
}

int
rows_read(const struct format_class *f, const struct layout *layout, const char *text, size_t len,
    size_t cap, struct buf *shown, struct bad *bad)
{
	char *copy = malloc(len + SCAN_PAD), *private = calloc(1, f->lane_size + 1);
	struct value *cells = malloc(cap * layout->width * sizeof(*cells));
	struct arena arena = { 0 };
	struct reading in = { .text = copy, .end = copy + len, .layout = layout, .arena = &arena,
		.private = private, .cells = cells, .cap = cap, .bad = bad };
	struct err err;
	int status = -1;

	DEMAND(copy != NULL && private != NULL && cells != NULL);
	memcpy(copy, text, len);
	memset(copy + len, '\n', SCAN_PAD);
	if (f->lane_open == NULL || f->lane_open(private, &err) == 0)
		status = read_rows(&in, f, shown);
	if (f->lane_close != NULL)
		f->lane_close(private);
	arena_free(&arena);
	free(cells);
	free(private);
	free(copy);
	return status;
}

void
rows_read_short_of_memory(const struct format_class *f, const struct layout *layout,
    const char *text, size_t len)
{
	bool reached = true;

	for (uint64_t nth = 1; reached; nth++) {
		struct bad bad = { .keep = true };
		int status;

		fault_set(nth, nth % 2 == 0);
		status = rows_read(f, layout, text, len, 3, NULL, &bad);
		reached = fault_clear() >= nth;
		DEMAND(status == 0 || reached);
		bad_free(&bad);
	}
}

void
schema_make(struct schema *s, const char *list, bool bare)
{
	const char *names[SCHEMA_MAX];
	unsigned n = cut_names(list, names);
	struct err err;

	*s = (struct schema){ 0 };
	for (unsigned i = 0; i < n; i++)
		DEMAND(schema_add(s, names[i], bare, &err) == 0);
}

static int
write_rows(struct encoder *e, const struct format_class *f, const struct schema *s,
    const struct block *b, bool head)
{
	if (head && f->head(e, s) == -1)
		return -1;
	return f->rows(e, s, b);
}

void
rows_write(const struct format_class *f, const struct schema *s, const struct block *b,
    const char *time, bool head, struct buf *out)
{
	struct encoder e = { .time_len = strlen(time), .time_is_number = strchr(time,
	    ':') == NULL };

	memcpy(e.time, time, e.time_len);
	DEMAND(write_rows(&e, f, s, b, head) == 0);
	if (e.out.len > 0)
		text_add(out, e.out.data, e.out.len);
	buf_free(&e.out);
}

void
rows_write_short_of_memory(const struct format_class *f, const struct schema *s,
    const struct block *b)
{
	bool reached = true;

	for (uint64_t nth = 1; reached; nth++) {
		struct encoder e = { .time = "12", .time_len = 2 };
		int status;

		fault_set(nth, nth % 2 == 0);
		status = write_rows(&e, f, s, b, true);
		reached = fault_clear() >= nth;
		DEMAND((status == -1) == reached);
		buf_free(&e.out);
	}
}

void
same_text(const struct buf *got, const char *want, const char *what)
{
	struct buf b = { 0 };

	text_add(&b, want, strlen(want));
	text_same(got, &b, what);
	buf_free(&b);
}
