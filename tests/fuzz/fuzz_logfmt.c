/*
 * logfmt: any split of text into runs gives the same rows and bad records; a row that is written
 * and read again has the same cells.
 *
 * Input: CAP, then text.
 */
#include "rows.h"

extern const struct format_class format_logfmt;

struct written {
	struct encoder	encoder;
	struct schema	schema;
	struct buf	want;		/* cells as they should be read again */
};

static void
see(const struct layout *layout, const struct value *row, void *arg)
{
	struct written *w = arg;
	struct block b = { .cells = row, .width = layout->width, .records = 1 };
	bool any = false;

	for (unsigned i = 1; i < layout->width; i++)
		any |= row[i].kind != VALUE_NULL;
	if (!any)			/* would be a blank line */
		return;
	FUZZ_CHECK(format_logfmt.rows(&w->encoder, &w->schema, &b) == 0);
	for (unsigned i = 1; i < layout->width; i++) {
		struct value v = row[i].kind == VALUE_BOOL ? value_text("true", 4) : row[i];

		show_cell(&w->want, &v);
	}
}

/* The cells of a row without its record. */
static void
see_again(const struct layout *layout, const struct value *row, void *arg)
{
	for (unsigned i = 1; i < layout->width; i++)
		show_cell(arg, &row[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "a", "b", "level", "msg" };
	const unsigned n = sizeof(names) / sizeof(names[0]);
	struct fuzz_input in = { data, size };
	size_t cap = 1 + fuzz_byte(&in) % 10;
	struct written w = { .schema.columns = n };
	struct buf text = { 0 }, got = { 0 };
	struct result whole = { .bad.keep = true, .see = see, .arg = &w };
	struct result parts = { .bad.keep = true };
	struct result again = { .see = see_again, .arg = &got };
	struct layout layout;

	want_names(&layout, names, n);
	for (unsigned i = 0; i < n; i++)
		w.schema.column[i] = (struct column){ .name = names[i], .slot = i + 1 };
	take_text(&in, &text);
	read_text(&format_logfmt, &layout, text.data, text.len, cap, &whole);
	for (const char *at = text.data, *end = at + text.len, *next; at < end; at = next) {
		next = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
		read_text(&format_logfmt, &layout, at, (size_t)(next - at), 1, &parts);
	}
	same_bytes(&whole.shown, &parts.shown);
	same_bytes(&whole.bad.text, &parts.bad.text);
	read_text(&format_logfmt, &layout, w.encoder.out.data, w.encoder.out.len, cap, &again);
	FUZZ_CHECK(again.bad.n == 0);
	same_bytes(&got, &w.want);
	buf_free(&w.encoder.out);
	buf_free(&w.want);
	buf_free(&got);
	result_free(&whole);
	result_free(&parts);
	result_free(&again);
	buf_free(&text);
	return 0;
}
