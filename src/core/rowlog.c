/* Rows that are kept, see rowlog.h. */
#include "core/rowlog.h"

#include "base/mem.h"

#include <limits.h>
#include <string.h>

#define PART_FIRST 16			/* rows of the first part, unless a block has more */
#define PART_ROWS 256			/* of one part, once there are as many */
#define ENTRY_ROWS 1024			/* put down at a time, unless their text is longer ... */
#define ENTRY_TEXT ((size_t)1 << 16)	/* ... than that */

struct rowlog_part {			/* rows of one port, source and time */
	struct rowlog_part	*next;
	struct arena		 text;
	struct block		 block;		/* its cells are behind this */
	uint64_t		 cap;		/* rows */
	struct value		 cell[];
};

static bool
fits(const struct rowlog_part *p, const struct block *b)
{
	return p != NULL && p->cap - p->block.records >= b->records && p->block.width == b->width &&
	    p->block.port == b->port && p->block.source == b->source && p->block.time == b->time;
}

/* How many rows the next part is for: many logs hold few. */
static uint64_t
part_rows(const struct rowlog *log, const struct block *b)
{
	uint64_t rows = log->records < PART_FIRST ? PART_FIRST : log->records;

	if (rows > PART_ROWS)
		rows = PART_ROWS;
	return rows < b->records ? b->records : rows;
}

static struct rowlog_part *
part_for(struct rowlog *log, const struct block *b)
{
	struct rowlog_part *p = log->last;
	uint64_t cap = part_rows(log, b);
	size_t size = sizeof(struct rowlog_part) + cap * b->width * sizeof(struct value);

	if (fits(p, b))
		return p;
	p = mem_alloc(size);
	if (p == NULL)
		return NULL;
	*p = (struct rowlog_part){ .cap = cap, .block = *b };
	p->block.cells = p->cell;
	p->block.records = 0;
	if (log->last != NULL)
		log->last->next = p;
	else
		log->first = p;
	log->last = p;
	log->bytes += size;
	return p;
}

static int
copy_cell(struct rowlog_part *p, struct value *to, const struct value *from)
{
	char *text;

	*to = *from;
	if (from->kind != VALUE_TEXT)
		return 0;
	text = arena_bytes(&p->text, (size_t)from->len + 1);
	if (text == NULL)
		return -1;
	if (from->len > 0)
		memcpy(text, from->text, from->len);
	to->text = text;
	return 0;
}

static int
copy_rows(struct rowlog_part *p, const struct block *b, bool no_record)
{
	const struct value *from = b->cells;
	struct value *to = p->cell + p->block.records * b->width;

	for (uint64_t row = 0; row < b->records; row++)
		for (unsigned i = 0; i < b->width; i++, from++, to++) {
			if (i == 0 && no_record)
				*to = value_null();
			else if (copy_cell(p, to, from) == -1)
				return -1;
		}
	p->block.records += b->records;
	return 0;
}

int
rowlog_add(struct rowlog *log, const struct block *b)
{
	struct rowlog_part *p = part_for(log, b);
	size_t before;
	int rc;

	if (p == NULL)
		return -1;
	before = p->text.total;
	rc = copy_rows(p, b, log->no_record);
	log->bytes += p->text.total - before;
	log->records += b->records;
	return rc;
}

bool
rowlog_next(const struct rowlog *log, const struct rowlog_part **part, struct block *b)
{
	*part = *part == NULL ? log->first : (*part)->next;
	if (*part == NULL)
		return false;
	*b = (*part)->block;
	return true;
}

const struct value *
rowlog_tail(const struct rowlog *log, uint64_t n)
{
	const struct rowlog_part *p = log->last;

	return p->cell + (p->block.records - n) * p->block.width;
}

/* ---- putting down ---- */

/* How many of the rows from CELLS on make one entry: at least one. */
static uint64_t
entry_rows(const struct value *cells, unsigned width, uint64_t n)
{
	uint64_t rows = 0;
	size_t text = 0;

	while (rows < n && rows < ENTRY_ROWS && text < ENTRY_TEXT) {
		for (unsigned i = 0; i < width; i++, cells++)
			text += cells->kind == VALUE_TEXT ? cells->len : 0;
		rows++;
	}
	return rows;
}

static int
put_head(struct buf *out, const struct block *b, uint64_t rows)
{
	return wire_put(out, rows) == -1 || wire_put(out, b->width) == -1 ||
	    wire_put(out, b->port) == -1 || wire_put(out, (uint64_t)(b->source + 1)) == -1 ||
	    wire_put_word(out, (uint64_t)b->time) == -1 ? -1 : 0;
}

static int
put_rows(struct buf *out, const struct block *b, const struct value *cells, uint64_t rows)
{
	if (put_head(out, b, rows) == -1)
		return -1;
	for (uint64_t i = 0; i < rows * b->width; i++)
		if (value_put(out, &cells[i]) == -1)
			return -1;
	return 0;
}

/* The rows of a part from number FROM on. */
static int
save_part(const struct block *b, uint64_t from, struct saving *s, struct err *err)
{
	for (uint64_t n; from < b->records; from += n) {
		const struct value *cells = b->cells + from * b->width;

		n = entry_rows(cells, b->width, b->records - from);
		if (save_room(s, err) == -1)
			return -1;
		if (put_rows(s->out, b, cells, n) == -1)
			return err_memory(err, "saving rows");
	}
	return 0;
}

int
rowlog_save(const struct rowlog *log, uint64_t from, struct saving *s, struct err *err)
{
	const struct rowlog_part *p = log->first;
	uint64_t at = 0;		/* number of the part's first row */

	if (log->last != NULL && from >= log->records - log->last->block.records) {
		p = log->last;
		at = log->records - p->block.records;
	}
	for (; p != NULL; at += p->block.records, p = p->next)
		if (from < at + p->block.records &&
		    save_part(&p->block, from > at ? from - at : 0, s, err) == -1)
			return -1;
	return 0;
}

/* ---- reading back ---- */

/* The block that an entry makes, without its cells. */
static struct block
get_head(struct wire *in, const unsigned *width, unsigned ports)
{
	uint64_t rows = wire_get(in), cells = wire_get(in), port = wire_get(in);
	uint64_t source = wire_get(in);
	struct block b = { .time = (int64_t)wire_get_word(in) };

	in->damaged |= rows == 0 || rows > ENTRY_ROWS || port >= ports || source > INT_MAX ||
	    cells != width[port < ports ? port : 0] ||
	    rows * cells > (uint64_t)(in->end - in->at);	/* a cell has a byte at least */
	if (in->damaged)
		return b;
	b.records = rows;
	b.width = (unsigned)cells;
	b.port = (unsigned)port;
	b.source = (int)source - 1;
	return b;
}

int
rowlog_load_entry(struct rowlog *log, struct wire *in, const unsigned *width, unsigned ports)
{
	struct block b = get_head(in, width, ports);
	struct value *cells;
	int rc = 0;

	if (in->damaged)
		return 0;
	cells = mem_alloc((b.records * b.width + 1) * sizeof(*cells));
	if (cells == NULL)
		return -1;
	for (uint64_t i = 0; i < b.records * b.width; i++)
		cells[i] = value_get(in);
	b.cells = cells;
	if (!in->damaged)
		rc = rowlog_add(log, &b);
	mem_free(cells);
	return rc;
}

int
rowlog_load(struct rowlog *log, struct wire *in, const unsigned *width, unsigned ports)
{
	while (!in->damaged && in->at < in->end)
		if (rowlog_load_entry(log, in, width, ports) == -1)
			return -1;
	return 0;
}

void
rowlog_free(struct rowlog *log)
{
	while (log->first != NULL) {
		struct rowlog_part *next = log->first->next;

		arena_free(&log->first->text);
		mem_free(log->first);
		log->first = next;
	}
	*log = (struct rowlog){ .no_record = log->no_record };
}
