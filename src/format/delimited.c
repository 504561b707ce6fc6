/* Records of fields between separators, see delimited.h. */
#include "format/delimited.h"

#include <string.h>

int
delimited_lane_open(void *private, struct err *err)
{
	struct delimited_lane *lane = private;

	(void)err;
	lane->path = marks_best();
	return 0;
}

bool
delimited_accept(struct reading *in, struct value *row, const char *start, size_t len, size_t have)
{
	unsigned places = in->layout->places;

	if (have == places || places == 0) {
		if (len == 0 && places != 1)
			return false;
		row[0] = value_text(start, len);
		return true;
	}
	if (len > 0)
		bad_record(in->bad, start, len, "%zu field%s instead of %u", have,
		    have == 1 ? "" : "s", places);
	return false;
}

/* How many fields the record has whose first mark is MARK and whose newline is at LINE. */
static size_t
count_fields(const struct marks *m, size_t mark, size_t line)
{
	size_t n = 1;

	while (m->at[mark + n - 1] != line)
		n++;
	return n;
}

/* The wanted fields of a record of HAVE fields, [START .. LINE - CR) of TEXT. */
static inline void
store_fields(const struct layout *layout, struct value *row, const char *text,
    const uint16_t *marks, size_t have, size_t start, bool cr)
{
	for (unsigned i = 0; i < layout->fields; i++) {
		const struct layout_field *field = &layout->field[i];
		size_t at = field->at, from, to;

		if (at >= have) {
			row[field->slot] = value_null();
			continue;
		}
		from = at == 0 ? start : marks[at - 1] + 1U;
		to = at == have - 1 ? (size_t)marks[at] - cr : marks[at];
		row[field->slot] = value_text(text + from, to - from);
	}
}

/*
 * True if all records have the fields that they must have, among them those that are wanted: each
 * mark that is to be a newline is one, and there are no others.
 */
static bool
is_regular(const struct marks *m, const char *text, const struct layout *layout)
{
	size_t places = layout->places, last = layout->fields;
	const uint16_t *ends = m->at + places - 1;
	unsigned other = 0;

	if (places < 2 || m->n / places < m->lines)
		return false;
	if (last > 0 && layout->field[last - 1].at >= places)
		return false;
	for (unsigned r = 0; r < m->lines; r++, ends += places)
		other |= (unsigned char)text[*ends] ^ (unsigned)'\n';
	return other == 0;
}

/* As take_marked for a stretch of regular records, which are not blank and not bad. */
static void
take_regular(struct reading *in, const struct marks *m)
{
	const struct layout *layout = in->layout;
	size_t places = layout->places, start = 0, left = in->cap - in->rows;
	size_t rows = m->lines < left ? m->lines : left;
	struct value *row = in->cells + in->rows * layout->width;
	const uint16_t *ends = m->at;
	const char *text = in->text;

	for (size_t r = 0; r < rows; r++, row += layout->width, ends += places) {
		size_t line = ends[places - 1], cr = text[line - 1] == '\r';

		row[0] = value_text(text + start, line - start - cr);
		for (unsigned i = 0; i < layout->fields; i++) {
			size_t at = layout->field[i].at, from = at == 0 ? start : ends[at - 1] + 1U;
			size_t to = ends[at] - (at == places - 1 ? cr : 0);

			row[layout->field[i].slot] = value_text(text + from, to - from);
		}
		start = line + 1;
	}
	in->rows += rows;
	in->text = text + start;
}

/* Rows of the records that end before LIMIT; in->text moves behind the last that was taken. */
static void
take_marked(struct reading *in, const struct marks *m, size_t limit)
{
	const struct layout *layout = in->layout;
	size_t places = layout->places, width = layout->width, mark = 0, start = 0;
	struct value *row = in->cells + in->rows * width;
	struct value *last = in->cells + in->cap * width;
	const char *text = in->text;

	for (unsigned r = 0; r < m->lines && m->line[r] < limit && row < last; r++) {
		size_t line = m->line[r], have = places;
		bool cr = line > start && text[line - 1] == '\r';

		/* The newline is the last mark of the record: its place is all that counts. */
		if (have == 0 || mark + have > m->n || m->at[mark + have - 1] != line)
			have = count_fields(m, mark, line);
		if (have == places && line - start > 1) {	/* surely not blank */
			row[0] = value_text(text + start, line - start - cr);
		} else if (!delimited_accept(in, row, text + start, line - start - cr, have)) {
			mark += have;
			start = line + 1;
			continue;
		}
		store_fields(layout, row, text, m->at + mark, have, start, cr);
		row += width;
		mark += have;
		start = line + 1;
	}
	in->rows = (size_t)(row - in->cells) / width;
	in->text = text + start;
}

/* Takes the records that begin before STOP one by one. */
static int
take_singly(struct reading *in, const struct delimited *how, const char *stop)
{
	while (in->text < stop && in->rows < in->cap) {
		int made = how->record(in, in->cells + in->rows * in->layout->width);

		if (made == -1)
			return -1;
		in->rows += (size_t)made;
	}
	return 0;
}

/* Takes the records of a stretch of LEN bytes, up to one with the special byte in sight. */
static void
take_stretch(struct reading *in, const struct delimited *how, struct marks *m, size_t len)
{
	size_t limit = len;

	if (!m->flagged && is_regular(m, in->text, in->layout)) {
		take_regular(in, m);
		return;
	}
	if (m->flagged)
		limit = (size_t)((const char *)memchr(in->text, how->special, len) - in->text);
	marks_find_lines(m, in->text);
	take_marked(in, m, limit);
}

int
delimited_read(struct reading *in, const struct delimited *how)
{
	struct delimited_lane *lane = in->private;

	in->rows = 0;
	while (in->text < in->end && in->rows < in->cap) {
		const char *start = in->text;
		size_t left = (size_t)(in->end - start);
		size_t len = left < MARKS_TEXT ? left : MARKS_TEXT;

		lane->path->find(&lane->marks, start, len, how->separator, how->special);
		take_stretch(in, how, &lane->marks, len);
		if (lane->marks.flagged || in->text == start)
			if (take_singly(in, how, start + len) == -1)
				return -1;
	}
	return 0;
}

/* ---- header ---- */

static int
check_name(const char **names, int n, size_t len, struct err *err)
{
	if (len == 0)
		return err_set(err, ERR_RUN, "the header has no name for column %d", n + 1);
	if (strlen(names[n]) != len)
		return err_set(err, ERR_RUN, "the name of column %d has a NUL in it", n + 1);
	for (int i = 0; i < n; i++)
		if (strcmp(names[i], names[n]) == 0)
			return err_set(err, ERR_RUN, "the header has two columns '%s'", names[n]);
	return 0;
}

static int
copy_names(const struct value *cells, int n, struct arena *arena, const char **names,
    struct err *err)
{
	for (int i = 0; i < n; i++) {
		size_t len = cells[i].kind == VALUE_TEXT ? cells[i].len : 0;
		char *name = arena_bytes(arena, len + 1);

		if (name == NULL)
			return err_memory(err, "reading the header");
		if (len > 0)
			memcpy(name, cells[i].text, len);
		name[len] = '\0';
		names[i] = name;
		if (check_name(names, i, len, err) == -1)
			return -1;
	}
	return n;
}

static size_t
without_bom(const char **record, size_t len)
{
	if (len >= 3 && memcmp(*record, "\xef\xbb\xbf", 3) == 0) {
		*record += 3;
		len -= 3;
	}
	return len;
}

/* Cuts RECORD, which has PLACES fields (0: any number), into cells 1 and on.  As record. */
static int
cut_header(const struct delimited *how, const char *record, size_t len, unsigned places,
    struct arena *arena, struct value *cells, struct bad *bad)
{
	struct layout layout = { .width = SCHEMA_MAX + 1, .places = places };
	struct reading in = { .text = record, .end = record + len, .layout = &layout,
		.arena = arena, .cells = cells, .cap = 1, .bad = bad };

	for (unsigned i = 0; i < SCHEMA_MAX; i++)
		layout.field[i] = (struct layout_field){ .at = i, .slot = i + 1 };
	layout.fields = places > 0 ? places : SCHEMA_MAX;
	return len == 0 ? 0 : how->record(&in, cells);
}

int
delimited_header(const struct delimited *how, const char *record, size_t len, struct arena *arena,
    const char **names, struct err *err)
{
	struct value cells[SCHEMA_MAX + 1];
	struct bad bad = { 0 };
	unsigned n = SCHEMA_MAX;
	bool many;
	int made;

	len = without_bom(&record, len);
	made = cut_header(how, record, len, 0, arena, cells, &bad);
	while (made == 1 && n > 1 && cells[n].kind == VALUE_NULL)
		n--;
	many = made == 1 && n == SCHEMA_MAX;
	if (made == 1)			/* again, for there may be more fields than cells */
		made = cut_header(how, record, len, n, arena, cells, &bad);
	if (made == -1)
		return err_memory(err, "reading the header");
	if (made == 0 && many)
		return err_set(err, ERR_RUN, "the header has more than %d columns", SCHEMA_MAX);
	if (made == 0)
		return err_set(err, ERR_RUN, "the header is %s%s",
		    bad.why[0] == '\0' ? "blank" : "bad: ", bad.why);
	return copy_names(cells + 1, (int)n, arena, names, err);
}
