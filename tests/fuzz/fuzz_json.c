/*
 * JSON lines: each line that is not blank is a row or bad, in any split; the record of a row is an
 * object to json_text, too; what encoders make of rows is JSON again, or at least rows.
 *
 * Input: CAP, then text.
 */
#include "rows.h"

#include "format/json_text.h"

extern const struct format_class format_json, format_csv, format_tsv, format_logfmt, format_table;

struct written {
	struct encoder	json, open, other;
	struct schema	typed, record;
};

/* Writes the row in every format. */
static void
see(const struct layout *layout, const struct value *row, void *arg)
{
	static const struct format_class *const others[] = {
		&format_csv, &format_tsv, &format_logfmt, &format_table,
	};
	struct written *w = arg;
	struct block b = { .cells = row, .width = layout->width, .records = 1 };
	struct json_members m;

	FUZZ_CHECK(json_text_is_object(row[0].text, row[0].len, &m));
	FUZZ_CHECK(format_json.rows(&w->json, &w->typed, &b) == 0);
	FUZZ_CHECK(format_json.rows(&w->open, &w->record, &b) == 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		FUZZ_CHECK(others[i]->rows(&w->other, &w->typed, &b) == 0);
}

/* As many rows as were written, and none bad. */
static void
check_written(const struct encoder *e, const struct layout *layout, size_t rows)
{
	struct result again = { 0 };

	read_text(&format_json, layout, e->out.data, e->out.len, 7, &again);
	FUZZ_CHECK(again.rows == rows && again.bad.n == 0);
	result_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "a", "b", "a.b", "a.0", "a.b.1.c", "time" };
	const unsigned n = sizeof(names) / sizeof(names[0]);
	struct fuzz_input in = { data, size };
	size_t cap = 1 + fuzz_byte(&in) % 10;
	struct written w = { .open = { .time = "2026", .time_len = 4 } };
	struct result whole = { .bad.keep = true, .see = see, .arg = &w };
	struct result parts = { .bad.keep = true };
	struct schema open = { .open = true, .input = true };
	struct layout layout;
	struct buf text = { 0 };

	want_names(&layout, names, n);
	for (unsigned i = 0; i < n; i++)
		w.typed.column[i] = (struct column){ .name = names[i], .slot = i + 1 };
	w.typed.columns = n;
	schema_show(&open, &w.record);
	take_text(&in, &text);
	read_text(&format_json, &layout, text.data, text.len, cap, &whole);
	for (const char *at = text.data, *end = at + text.len, *next; at < end; at = next) {
		next = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
		read_text(&format_json, &layout, at, (size_t)(next - at), 1, &parts);
	}
	same_bytes(&whole.shown, &parts.shown);
	same_bytes(&whole.bad.text, &parts.bad.text);
	check_written(&w.json, &layout, whole.rows);
	check_written(&w.open, &layout, whole.rows);
	buf_free(&w.json.out);
	buf_free(&w.open.out);
	buf_free(&w.other.out);
	result_free(&whole);
	result_free(&parts);
	buf_free(&text);
	return 0;
}
