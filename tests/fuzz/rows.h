/*
 * What the targets of formats share: reading text into rows, shown as bytes that can be compared.
 */
#ifndef TESTS_FUZZ_ROWS_H
#define TESTS_FUZZ_ROWS_H

#include "fuzz.h"

#include "base/scan.h"
#include "core/format.h"

#include <string.h>

static inline void
add(struct buf *b, const void *bytes, size_t len)
{
	FUZZ_CHECK(buf_add(b, bytes, len) == 0);
}

/* A cell: its kind, its length or number, its bytes. */
static inline void
show_cell(struct buf *out, const struct value *v)
{
	add(out, &v->kind, sizeof(v->kind));
	if (v->kind == VALUE_TEXT) {
		add(out, &v->len, sizeof(v->len));
		add(out, v->text, v->len);
	} else if (v->kind != VALUE_NULL) {
		add(out, &v->i, sizeof(v->i));
	}
}

/* What was read: rows shown, the last of them kept whole by SEE if it is not NULL. */
struct result {
	struct buf	shown;
	struct bad	bad;
	size_t		rows;
	void		(*see)(const struct layout *, const struct value *row, void *arg);
	void		*arg;
};

static inline void
read_text(const struct format_class *f, const struct layout *layout, const char *text, size_t len,
    size_t cap, struct result *r)
{
	char *copy = malloc(len + SCAN_PAD), *lane = calloc(1, f->lane_size + 1);
	struct value *cells = malloc(cap * layout->width * sizeof(*cells));
	struct arena arena = { 0 };
	struct reading in = { .text = copy, .end = copy + len, .layout = layout, .arena = &arena,
		.private = lane, .cells = cells, .cap = cap, .bad = &r->bad };
	struct err err;

	FUZZ_CHECK(copy != NULL && lane != NULL && cells != NULL);
	if (len > 0)
		memcpy(copy, text, len);
	memset(copy + len, '"', SCAN_PAD);
	FUZZ_CHECK(f->lane_open == NULL || f->lane_open(lane, &err) == 0);
	while (in.text < in.end) {
		const char *before = in.text;

		in.rows = 1000;		/* read is to set it */
		FUZZ_CHECK(f->read(&in) == 0);
		FUZZ_CHECK(in.text > before && in.text <= in.end && in.rows <= cap);
		for (size_t i = 0; i < in.rows; i++) {
			const struct value *row = cells + i * layout->width;

			for (unsigned k = 0; k < layout->width; k++)
				show_cell(&r->shown, &row[k]);
			if (r->see != NULL)
				r->see(layout, row, r->arg);
		}
		r->rows += in.rows;
		arena_reset(&arena);
	}
	if (f->lane_close != NULL)
		f->lane_close(lane);
	arena_free(&arena);
	free(cells);
	free(lane);
	free(copy);
}

static inline void
same_bytes(const struct buf *x, const struct buf *y)
{
	FUZZ_CHECK(x->len == y->len);
	FUZZ_CHECK(x->len == 0 || memcmp(x->data, y->data, x->len) == 0);
}

static inline void
result_free(struct result *r)
{
	buf_free(&r->shown);
	bad_free(&r->bad);
}

/* Wants these members or keys. */
static inline void
want_names(struct layout *layout, const char *const *names, unsigned n)
{
	*layout = (struct layout){ .width = n + 1, .fields = n };
	for (unsigned i = 0; i < n; i++)
		layout->field[i] = (struct layout_field){ .name = names[i],
			.len = strlen(names[i]), .slot = i + 1 };
}

/* The rest of the input as text that ends in a newline. */
static inline void
take_text(struct fuzz_input *in, struct buf *text)
{
	add(text, in->data, in->size);
	if (text->len == 0 || text->data[text->len - 1] != '\n')
		add(text, "\n", 1);
}

#endif
