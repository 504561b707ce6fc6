/*
 * Csv and tsv: text gives the rows and the bad records of a naive reader that goes byte by byte,
 * whatever fields are wanted; any split of it into runs gives the same; core/quotes finds the same
 * record ends, in calls of any size; and as a header it gives names or an error.
 *
 * Input: HOW, WANTED, CAP, SPLIT, then text.
 *   HOW: bit 0 tsv, bits 1-3 the fields that a record must have
 *   WANTED: a bit for each field
 */
#include "rows.h"

#include "core/quotes.h"

#define FIELDS 8

extern const struct format_class format_csv, format_tsv;

/* ---- the naive reader ---- */

struct field {
	struct buf	text;
	bool		null;
};

struct naive {
	const struct layout	*layout;
	bool			 tsv;
	struct field		 field[FIELDS];
	size_t			 have;
	bool			 wrong;		/* the record is bad whatever its fields */
	struct buf		 shown;
	uint64_t		 bad;
};

static void
put(struct naive *n, char byte)
{
	if (n->have < FIELDS)
		add(&n->field[n->have].text, &byte, 1);
}

/* The field has ended; without the carriage return of the line end if it is the last. */
static void
end_field(struct naive *n, bool last, bool quoted)
{
	struct buf *text;

	if (n->have < FIELDS) {
		text = &n->field[n->have].text;
		if (last && !quoted && text->len > 0 && text->data[text->len - 1] == '\r')
			text->len--;
		n->field[n->have].null = n->tsv && text->len == 2 &&
		    memcmp(text->data, "\\N", 2) == 0;
	}
	n->have++;
}

static void
unescape(struct buf *text)
{
	size_t to = 0;

	for (size_t i = 0; i < text->len; i++, to++) {
		static const char letters[] = "tnr\\", bytes[] = "\t\n\r\\";
		const char *at = text->data[i] != '\\' || i + 1 == text->len ? NULL :
		    memchr(letters, text->data[i + 1], 4);

		text->data[to] = at != NULL ? bytes[at - letters] : text->data[i];
		i += at != NULL;
	}
	text->len = to;
}

static void
end_record(struct naive *n, const char *start, size_t len)
{
	unsigned places = n->layout->places;
	struct value record = value_text(start, len);

	if (len > 0 && start[len - 1] == '\r')
		record.len--;
	if (n->wrong || (places > 0 && n->have != places)) {
		n->bad += n->wrong || record.len > 0;
		return;
	}
	if (record.len == 0 && places != 1)
		return;
	show_cell(&n->shown, &record);
	for (unsigned i = 0; i < n->layout->fields; i++) {
		unsigned at = n->layout->field[i].at;
		struct field *f = &n->field[at];
		struct value v = value_null();

		if (at < n->have && !f->null) {
			if (n->tsv)
				unescape(&f->text);
			v = value_text(f->text.data, f->text.len);
		}
		show_cell(&n->shown, &v);
	}
}

/* One record at TEXT; how many bytes it has. */
static size_t
naive_record(struct naive *n, const char *text, size_t len)
{
	enum { START, PLAIN, INSIDE, CLOSED } state = START;
	bool quoted = false;
	size_t i;

	n->have = 0;
	n->wrong = false;
	for (i = 0; i < FIELDS; i++)
		n->field[i].text.len = 0;
	for (i = 0; i < len; i++) {
		char c = text[i];

		if (state == INSIDE) {
			if (c == '"')
				state = CLOSED;
			else
				put(n, c);
			continue;
		}
		if (c == '"' && !n->tsv && (state == START || state == CLOSED)) {
			if (state == CLOSED)
				put(n, c);
			quoted = true;
			state = INSIDE;
			continue;
		}
		if (c == (n->tsv ? '\t' : ',') || c == '\n') {
			end_field(n, c == '\n', quoted);
			quoted = false;
			state = START;
			if (c == '\n')
				break;
			continue;
		}
		if (quoted && !(c == '\r' && text[i + 1] == '\n' && state == CLOSED))
			n->wrong = true;
		if (!quoted)
			put(n, c);
		state = PLAIN;
	}
	if (i == len)			/* in quotes, and the text is over */
		n->wrong = true;
	end_record(n, text, i == len ? len - 1 : i);
	return i == len ? len : i + 1;
}

/* ---- the target ---- */

/* In calls of SIZE bytes: where records end, as the naive reader found. */
static void
check_quotes(const struct buf *text, size_t size, uint64_t records, size_t last)
{
	struct quotes q = { 0 };
	uint64_t n = 0;
	size_t seen = 0;

	for (size_t at = 0; at < text->len; at += size) {
		size_t len = text->len - at < size ? text->len - at : size, end;
		char *part = malloc(len + SCAN_PAD);

		FUZZ_CHECK(part != NULL);
		memcpy(part, text->data + at, len);
		memset(part + len, '\n', SCAN_PAD);
		end = quotes_scan(&q, scan_best(), part, len, &n);
		if (end > 0)
			seen = at + end;
		free(part);
	}
	FUZZ_CHECK(n == records && seen == last);
	FUZZ_CHECK(quotes_open(&q) == (last < text->len));
	FUZZ_CHECK(records_skip(text->data, text->len, n) == last);
}

static void
check_header(const struct format_class *f, const struct buf *text, size_t len)
{
	const char *names[SCHEMA_MAX];
	char *exact = malloc(len);
	struct arena arena = { 0 };
	struct err err = { 0 };
	int n;

	FUZZ_CHECK(exact != NULL);
	memcpy(exact, text->data, len);
	n = f->header(exact, len, &arena, names, &err);
	FUZZ_CHECK(n == -1 ? err.message[0] != '\0' : n > 0 && n <= SCHEMA_MAX);
	for (int i = 0; i < n; i++)
		FUZZ_CHECK(*names[i] != '\0');
	arena_free(&arena);
	free(exact);
}

static void
check_all(struct naive *n, const struct buf *text, size_t cap, size_t split)
{
	const struct format_class *f = n->tsv ? &format_tsv : &format_csv;
	struct result whole = { .bad.keep = true }, parts = { .bad.keep = true };
	uint64_t records = 0;
	size_t run = 0, last = 0;

	for (size_t at = 0, size; at < text->len; at += size) {
		size = naive_record(n, text->data + at, text->len - at);
		if (at == 0)
			check_header(f, text, size);
		if (text->data[at + size - 1] == '\n' && (size < text->len - at || !n->wrong)) {
			records++;
			last = at + size;
		}
		if ((at + size) % split == 0) {
			read_text(f, n->layout, text->data + run, at + size - run, cap, &parts);
			run = at + size;
		}
	}
	read_text(f, n->layout, text->data + run, text->len - run, cap, &parts);
	read_text(f, n->layout, text->data, text->len, cap, &whole);
	same_bytes(&whole.shown, &n->shown);
	same_bytes(&parts.shown, &n->shown);
	same_bytes(&whole.bad.text, &parts.bad.text);
	FUZZ_CHECK(whole.bad.n == n->bad && parts.bad.n == n->bad);
	if (!n->tsv && last == text->len)
		check_quotes(text, split, records, last);
	result_free(&whole);
	result_free(&parts);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned how = fuzz_byte(&in), wanted = fuzz_byte(&in);
	size_t cap = 1 + fuzz_byte(&in) % 50, split = 1 + fuzz_byte(&in) % 100;
	struct layout layout = { .places = how >> 1 & 7 };
	struct naive n = { .layout = &layout, .tsv = (how & 1) != 0 };
	struct buf text = { 0 };

	for (unsigned i = 0; i < FIELDS && (layout.places == 0 || i < layout.places); i++)
		if ((wanted >> i & 1) != 0) {
			layout.field[layout.fields] = (struct layout_field){ .at = i,
				.slot = layout.fields + 1 };
			layout.fields++;
		}
	layout.width = layout.fields + 1;
	take_text(&in, &text);
	check_all(&n, &text, cap, split);
	for (unsigned i = 0; i < FIELDS; i++)
		buf_free(&n.field[i].text);
	buf_free(&n.shown);
	buf_free(&text);
	return 0;
}
