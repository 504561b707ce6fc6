/*
 * Pipelines as graphs against a naive interpreter: random chains of real stages and of some made
 * for this, joined by as, from and into, over random lines of two sources.  Every output must be
 * that of the interpreter, which keeps all rows it has seen and knows nothing of blocks, panes,
 * lanes or links; and every record must be accounted for in each chain.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/scan.h"
#include "core/pipeline.h"
#include "format/format_table.h"
#include "stage/stage_table.h"
#include "util.h"

Suite *graph_suite(void);

#define TICKS 1000			/* of a batch: a millisecond */
#define SOURCES 2
#define CHAINS_MAX 6
#define STAGES_MAX 24
#define BATCHES_MAX 24
#define LANES_MAX 4
#define HARD "aaaaaaaaaaaaaaaaaaaaaaaaaaaab"	/* what grep with its limit gives up on */

/* ---- stages made for the test ---- */

/* short N: passes rows whose first cell has at most N bytes; takes rows only. */
static int
short_argument(struct stage *s, const char *text, int word, struct err *err)
{
	(void)word;
	(void)err;
	*(size_t *)s->config = (size_t)atoi(text);
	return 0;
}

static int
short_feed(const struct stage *s, void *lane, const struct block *in, struct feed *to,
    struct err *err)
{
	(void)lane;
	for (uint64_t row = 0; row < in->records; row++) {
		struct block one = *in;

		one.cells = in->cells + row * in->width;
		one.records = 1;
		if (one.cells[0].len <= *(const size_t *)s->config &&
		    blocks_add(to->out, one) == -1)
			return err_memory(err, "passing rows");
	}
	return 0;
}

static const struct stage_class stage_short = {
	.name = "short", .usage = "N", .min_args = 1, .max_args = 1, .flags = STAGE_ROWS,
	.config_size = sizeof(size_t), .argument = short_argument, .feed = short_feed,
};

/* letters: a row for each byte of the line, of one column. */
static int
letters_open(struct stage *s, struct err *err)
{
	s->out = &s->made;
	return schema_add(&s->made, "letter", true, err);
}

static int
letters_feed(const struct stage *s, void *lane, const struct block *in, struct feed *to,
    struct err *err)
{
	struct buf *space = lane;
	size_t n = 0;

	(void)s;
	for (uint64_t row = 0; row < in->records; row++)
		n += in->cells[row * in->width].len;
	space->len = 0;
	if (buf_reserve(space, n * sizeof(struct value) + 1) == -1)
		return err_memory(err, "making rows");
	for (uint64_t row = 0; row < in->records; row++)
		for (uint32_t i = 0; i < in->cells[row * in->width].len; i++) {
			struct value v = value_text(in->cells[row * in->width].text + i, 1);

			text_add(space, (const char *)&v, sizeof(v));
		}
	return n == 0 || blocks_add(to->out, (struct block){
		.cells = (const struct value *)(void *)space->data, .width = 1, .records = n,
		.source = in->source }) == 0 ? 0 : err_memory(err, "making rows");
}

static void
buf_close(void *lane)
{
	buf_free(lane);
}

static const struct stage_class stage_letters = {
	.name = "letters", .usage = "", .flags = STAGE_ROWS | STAGE_EXPANDS,
	.lane_size = sizeof(struct buf), .open = letters_open, .feed = letters_feed,
	.lane_close = buf_close,
};

/* longest: of each batch the longest line, of several the greatest; keeps it until the end. */
struct longest {
	struct buf	text;
	bool		some;
};

static bool
is_longer(const char *text, size_t len, const char *other, size_t other_len)
{
	return len != other_len ? len > other_len : memcmp(text, other, len) > 0;
}

static int
longest_feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	struct longest *l = private;

	(void)s;
	(void)to;
	for (uint64_t row = 0; row < in->records; row++) {
		const struct value *v = &in->cells[row * in->width];

		if (l->some && !is_longer(v->text, v->len, l->text.data, l->text.len))
			continue;
		l->text.len = 0;
		l->some = true;
		if (buf_reserve(&l->text, v->len + 1) == -1)
			return err_memory(err, "keeping a row");
		text_add(&l->text, v->text, v->len);
	}
	return 0;
}

static int
longest_fire(const struct stage *s, void *private, const struct map *answer, struct err *err)
{
	(void)s;
	(void)private;
	(void)err;
	DEMAND(answer == NULL);
	return 0;
}

static int
longest_rows(const struct stage *s, void *private, const struct rows *out, struct err *err)
{
	struct longest *l = private;

	(void)err;
	if (!l->some)
		return 0;
	DEMAND(s->out->width == 1 && out->cap > 0);
	out->cells[0] = value_text(l->text.data, l->text.len);
	l->some = false;
	return 1;
}

static const struct stage_class stage_longest = {
	.name = "longest", .usage = "", .flags = STAGE_ROWS | STAGE_SERIAL,
	.lane_size = sizeof(struct longest), .feed = longest_feed, .fire = longest_fire,
	.rows = longest_rows, .lane_close = buf_close,
};

static const struct stage_class *classes[128];

static void
make_classes(void)
{
	int n = 0;

	for (; stage_table[n] != NULL; n++)
		classes[n] = stage_table[n];
	classes[n++] = &stage_short;
	classes[n++] = &stage_letters;
	classes[n++] = &stage_longest;
	classes[n] = NULL;
}

/* ---- a graph ---- */

enum kind { GREP, NO_GREP, HARD_GREP, SHORT, LETTERS, LONGEST, COUNT, COUNTBY, WORDCOUNT, TOP };

enum type { RECORDS, LETTER, NUMBER, LINES, WORDS };	/* what its rows look like */

struct place {				/* where rows come from: a stage, or source -1, 0, 1 */
	int	stage, source;
};

struct row {
	char	*text;			/* as it would be printed, but a record as it was read */
	size_t	 len;
	int64_t	 tick;			/* of the batch or answer that it is of */
};

struct node {				/* a stage */
	enum kind	 kind;
	enum type	 out;
	size_t		 n;		/* of TOP and SHORT */
	const char	*word;		/* of the greps */
	int64_t		 period, window, slide;	/* batches */
	bool		 unordered;	/* what comes out has no certain order */
	int		 chain;

	struct row	*row;		/* what was fed: all of it, or of LONGEST the best */
	size_t		 rows;
	size_t		 passed;	/* of TOP */
	bool		 ended;
	int64_t		 now, answered, fed;	/* ticks */
	bool		 open;
};

struct end {				/* a chain */
	struct place	 from[4];
	int		 froms;
	int		 first, stages;
	bool		 writes;
	enum type	 out;
	bool		 has_records, unordered;
	uint64_t	 records, counted, filtered, bad;
	struct buf	 want, got;
};

struct name {
	char		 text[16];
	struct place	 place[4];
	int		 places;
	enum type	 type;
	int64_t		 period;
	bool		 unordered;
};

struct graph {
	struct node	 node[STAGES_MAX];
	int		 nodes;
	struct end	 chain[CHAINS_MAX];
	int		 chains;
	struct name	 name[STAGES_MAX + CHAINS_MAX + SOURCES];
	int		 names;
	struct buf	 line;			/* the words */
	uint64_t	 bad;
};

static bool
node_aggregates(const struct node *s)
{
	return s->kind == COUNT || s->kind == COUNTBY || s->kind == WORDCOUNT;
}

static bool
node_passes(const struct node *s)
{
	return !node_aggregates(s) && s->kind != LETTERS;
}

/* ---- making one ---- */

static void
add_name(struct graph *g, const struct place *place, int places, enum type type, int64_t period,
    bool unordered)
{
	struct name *n = &g->name[g->names++];

	snprintf(n->text, sizeof(n->text), "s%d", g->names);
	memcpy(n->place, place, (size_t)places * sizeof(*place));
	n->places = places;
	n->type = type;
	n->period = period;
	n->unordered = unordered;
	if (g->names > SOURCES)
		text_printf(&g->line, " as %s", n->text);
}

/* What is chosen must suit what comes in. */
static enum kind
choose_kind(enum type in, bool unordered)
{
	enum kind kind;

	do
		kind = (enum kind)rand_below(TOP + 1);
	while ((kind == TOP && (unordered || (in != LINES && in != WORDS))) ||
	    (kind == LONGEST && in != RECORDS) ||
	    ((kind == LETTERS || kind == SHORT) && in != RECORDS && in != LETTER));
	return kind;
}

static const char *const letters_of[] = { "a", "e", "r", "1", "b\t", "t" };

/* A window of several periods; the words of it, if it is not the default. */
static void
make_window(struct graph *g, struct node *s)
{
	s->window = s->slide = s->period;
	if (rand_below(2) == 0)
		return;
	s->window = s->slide = s->period * (1 + (int64_t)rand_below(6));
	text_printf(&g->line, " -w %dms", (int)s->window);
	if (rand_below(2) == 0)
		return;
	s->slide = s->period * (1 + (int64_t)rand_below((uint64_t)(s->window / s->period)));
	text_printf(&g->line, " -s %dms", (int)s->slide);
}

static void
make_words(struct graph *g, struct node *s)
{
	static const char *const names[] = {
		"grep", "grep -v", "grep", "short", "letters", "longest", "count", "countby",
		"wordcount", "top",
	};

	text_printf(&g->line, " %s", names[s->kind]);
	s->word = letters_of[rand_below(COUNT(letters_of))];
	s->n = 1 + rand_below(s->kind == TOP ? 4 : 12);
	if (s->kind == GREP || s->kind == NO_GREP)
		text_printf(&g->line, " %s", s->word);
	else if (s->kind == HARD_GREP)
		text_printf(&g->line, " (*NO_JIT)(*LIMIT_MATCH=500)^(a+)+$");
	else if (s->kind == TOP || s->kind == SHORT)
		text_printf(&g->line, " %zu", s->n);
	else if (node_aggregates(s))
		make_window(g, s);
	s->period = node_aggregates(s) ? s->slide : s->period;
}

static enum type
type_out(enum kind kind, enum type in)
{
	return kind == COUNT ? NUMBER : kind == COUNTBY ? LINES : kind == WORDCOUNT ? WORDS :
	    kind == LETTERS ? LETTER : in;
}

/* A stage behind rows of this type, period and order, which become its own. */
static void
make_node(struct graph *g, enum type *type, int64_t *period, bool *unordered)
{
	struct node *s = &g->node[g->nodes++];

	*s = (struct node){
		.kind = choose_kind(*type, *unordered), .period = *period, .chain = g->chains,
		.now = -1, .answered = -1,
	};
	make_words(g, s);
	*type = s->out = type_out(s->kind, *type);
	*period = s->period;
	*unordered &= !node_aggregates(s) && s->kind != LONGEST;
	s->unordered = *unordered;
}

/* The names that a chain begins with: one, and maybe others of the same columns. */
static void
make_from(struct graph *g, struct end *c, enum type *type, int64_t *period, bool *unordered)
{
	const struct name *first = &g->name[rand_below((uint64_t)g->names)];

	*type = first->type;
	*period = INT64_MAX;
	*unordered = false;
	text_printf(&g->line, " from ");
	for (int k = 0; k < 3; k++) {
		const struct name *n = k == 0 ? first : &g->name[rand_below((uint64_t)g->names)];

		if (n->type != *type || c->froms + n->places > 4)
			continue;
		*unordered |= n->unordered || k > 0;
		memcpy(c->from + c->froms, n->place, (size_t)n->places * sizeof(*n->place));
		c->froms += n->places;
		*period = n->period < *period ? n->period : *period;
		text_printf(&g->line, "%s%s", k > 0 ? "," : "", n->text);
		if (rand_below(2) == 0)
			break;
	}
}

/* A chain; with MUST_WRITE it does, as otherwise nothing might be written at all. */
static void
make_chain(struct graph *g, bool must_write)
{
	struct end *c = &g->chain[g->chains];
	bool unordered = false, named = false;
	int64_t period = 1;

	*c = (struct end){ .first = g->nodes };
	c->out = RECORDS;
	if (rand_below(4) > 0) {
		make_from(g, c, &c->out, &period, &unordered);
	} else {
		c->from[c->froms++] = (struct place){ -1, -1 };
	}
	if (rand_below(4) == 0) {
		add_name(g, c->from, c->froms, c->out, period, unordered);
		named = true;
	}
	for (int k = 0; k < 4 && g->nodes < STAGES_MAX; k++) {
		struct place last = { g->nodes, 0 };

		if (k == 0 && rand_below(6) == 0)
			break;
		if (k > 0)
			text_printf(&g->line, " then");
		make_node(g, &c->out, &period, &unordered);
		c->stages++;
		named = rand_below(3) == 0;
		if (named)
			add_name(g, &last, 1, c->out, period, unordered);
		if (rand_below(2) == 0)
			break;
	}
	for (int k = 0; k < c->froms; k++)
		c->has_records |= c->from[k].stage == -1;
	c->unordered = unordered;
	c->writes = !named || must_write || rand_below(2) == 0;
	if (c->writes)
		text_printf(&g->line, " into out%d", g->chains);
	g->chains++;
}

static void
graph_make(struct graph *g)
{
	struct place source = { -1, 0 };

	*g = (struct graph){ .chains = 0 };
	for (; source.source < SOURCES; source.source++) {
		add_name(g, &source, 1, RECORDS, 1, false);
		g->name[g->names - 1].text[0] = 'i';
	}
	for (int n = 1 + (int)rand_below(CHAINS_MAX); g->chains < n;) {
		if (g->chains > 0)
			text_printf(&g->line, " also");
		make_chain(g, g->chains == n - 1);
	}
	text_add(&g->line, "", 1);
}

static void
graph_free(struct graph *g)
{
	for (int i = 0; i < g->nodes; i++) {
		for (size_t k = 0; k < g->node[i].rows; k++)
			free(g->node[i].row[k].text);
		free(g->node[i].row);
	}
	for (int i = 0; i < g->chains; i++) {
		buf_free(&g->chain[i].want);
		buf_free(&g->chain[i].got);
	}
	buf_free(&g->line);
}

/* ---- the interpreter ---- */

static void
add_escaped(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const char *found = memchr("\t\n\r\\", text[i], 4);

		if (found != NULL)
			text_printf(out, "\\%c", "tnr\\"[strchr("\t\n\r\\", *found) - "\t\n\r\\"]);
		else
			text_add(out, &text[i], 1);
	}
}

static void
keep_row(struct node *s, const struct row *row)
{
	struct row *copy;

	s->row = realloc(s->row, (s->rows + 1) * sizeof(*s->row));
	DEMAND(s->row != NULL);
	copy = &s->row[s->rows++];
	*copy = *row;
	copy->text = malloc(row->len + 1);
	memcpy(copy->text, row->text, row->len);
}

/* True if what stage I of a chain is given are the chain's records, each as it came. */
static bool
in_prefix(const struct graph *g, const struct end *c, int i)
{
	bool all = c->has_records;

	for (int k = c->first; k < i; k++)
		all &= node_passes(&g->node[k]);
	return all;
}

static void push(struct graph *, int i, const struct row *);

static void
write_row(struct graph *g, struct end *c, const struct row *row)
{
	if (in_prefix(g, c, c->first + c->stages))
		c->counted++;
	if (!c->writes)
		return;
	text_printf(&c->want, "%lld\t", (long long)(row->tick / 1000));
	if (c->out == RECORDS)
		add_escaped(&c->want, row->text, row->len);
	else
		text_add(&c->want, row->text, row->len);
	text_printf(&c->want, "\n");
}

static bool
contains(const struct row *row, const char *word)
{
	return memmem(row->text, row->len, word, strlen(word)) != NULL;
}

static bool
all_a(const struct row *row)
{
	for (size_t i = 0; i < row->len; i++)
		if (row->text[i] != 'a')
			return false;
	return row->len > 0;
}

static void
push_letters(struct graph *g, int i, const struct row *row, enum type in)
{
	for (size_t k = 0; k < (in == LETTER ? 1 : row->len); k++) {
		struct buf letter = { 0 };
		struct row one = { .tick = row->tick };

		if (in == LETTER)
			text_add(&letter, row->text, row->len);
		else
			add_escaped(&letter, row->text + k, 1);
		one.text = letter.data;
		one.len = letter.len;
		push(g, i, &one);
		buf_free(&letter);
	}
}

/* What came to LONGEST is filtered but for the best, which is told at the end of the batch. */
static void
keep_longest(struct node *s, const struct row *row)
{
	if (s->rows > 0 && !is_longer(row->text, row->len, s->row[0].text, s->row[0].len))
		return;
	if (s->rows > 0)
		free(s->row[--s->rows].text);
	keep_row(s, row);
}

static enum type
type_in(const struct graph *g, int i)
{
	const struct end *c = &g->chain[g->node[i].chain];
	int before = i > c->first ? i - 1 : c->from[0].stage;

	return before == -1 ? RECORDS : g->node[before].out;
}

static bool
node_keeps(struct node *s, const struct row *row)
{
	switch (s->kind) {
	case GREP:
	case NO_GREP:
		return contains(row, s->word) == (s->kind == GREP);
	case HARD_GREP:
		return all_a(row);
	case SHORT:
		return s->out == LETTER || row->len <= s->n;
	case TOP:
		return s->passed++ < s->n;
	default:
		return false;
	}
}

static void
give(struct graph *g, int i, const struct row *row)
{
	struct node *s = &g->node[i];
	struct end *c = &g->chain[s->chain];
	bool prefix = in_prefix(g, c, i), bad;

	if (prefix && !node_passes(s))
		c->counted++;
	if (node_aggregates(s)) {
		keep_row(s, row);
		return;
	}
	if (s->kind == LETTERS) {
		push_letters(g, i, row, type_in(g, i));
		return;
	}
	bad = s->kind == HARD_GREP && row->len >= 20 && memcmp(row->text, HARD, 20) == 0;
	g->bad += bad;
	if (!bad && node_keeps(s, row)) {
		push(g, i, row);
		return;
	}
	c->bad += prefix && bad;
	c->filtered += prefix && !bad;
	if (s->kind == LONGEST)
		keep_longest(s, row);
}

static void
enter(struct graph *g, struct end *c, const struct row *row)
{
	c->records += c->has_records;
	if (c->stages > 0)
		give(g, c->first, row);
	else
		write_row(g, c, row);
}

/* What stage I makes goes on in its chain and to all that begin with its name. */
static void
push(struct graph *g, int i, const struct row *row)
{
	struct end *own = &g->chain[g->node[i].chain];

	if (i + 1 < own->first + own->stages)
		give(g, i + 1, row);
	else
		write_row(g, own, row);
	for (int k = 0; k < g->chains; k++)
		for (int f = 0; f < g->chain[k].froms; f++)
			if (g->chain[k].from[f].stage == i)
				enter(g, &g->chain[k], row);
}

static void
push_record(struct graph *g, const struct row *row, int source)
{
	for (int k = 0; k < g->chains; k++)
		for (int f = 0; f < g->chain[k].froms; f++) {
			const struct place *p = &g->chain[k].from[f];

			if (p->stage == -1 && (p->source == -1 || p->source == source))
				enter(g, &g->chain[k], row);
		}
}

/* True if stage I reads what stage FROM makes, or if that is -1, records. */
static bool
reads(const struct graph *g, int i, int from)
{
	const struct end *c = &g->chain[g->node[i].chain];
	bool found = false;

	if (i > c->first)
		return from == i - 1;
	for (int f = 0; f < c->froms; f++)
		found |= c->from[f].stage == from;
	return found;
}

/* What FROM gave has ended for the mapping stages behind it, each behind all before it. */
static void
end_run(struct graph *g, int from, int64_t tick)
{
	for (int i = 0; i < g->nodes; i++)
		g->node[i].ended = false;
	for (int i = 0; i < g->nodes; i++) {
		struct node *s = &g->node[i];
		struct end *c = &g->chain[s->chain];

		s->ended = !node_aggregates(s) && reads(g, i, from);
		for (int k = 0; k < i; k++)
			s->ended |= !node_aggregates(s) && g->node[k].ended && reads(g, i, k);
		if (!s->ended)
			continue;
		s->passed = 0;
		if (s->kind != LONGEST || s->rows == 0)
			continue;
		s->row[0].tick = tick;
		c->filtered -= in_prefix(g, c, i);
		push(g, i, &s->row[0]);
		free(s->row[--s->rows].text);
	}
}

/* ---- its answers ---- */

struct counted {
	struct key	key;
	size_t		count;
};

static int
by_key(const void *x, const void *y)
{
	return key_compare(&((const struct counted *)x)->key, &((const struct counted *)y)->key);
}

static int
by_count(const void *x, const void *y)
{
	const struct counted *a = x, *b = y;

	return a->count != b->count ? (a->count < b->count) - (a->count > b->count) : by_key(x, y);
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The keys of a row: itself, or its words. */
static size_t
add_keys(struct counted *c, const struct row *row, enum kind kind)
{
	size_t n = 0;

	if (kind == COUNTBY) {
		c[0] = (struct counted){ { row->text, row->len }, 1 };
		return 1;
	}
	for (size_t from = 0, to; from < row->len; from = to + 1) {
		for (to = from; to < row->len && !is_space(row->text[to]); to++)
			;
		if (to > from)
			c[n++] = (struct counted){ { row->text + from, to - from }, 1 };
	}
	return n;
}

/* All keys of the window, with their counts, best first. */
static size_t
count_keys(const struct node *s, int64_t tick, struct counted **out)
{
	size_t size = 1, n = 0, kept = 0;
	struct counted *c;

	for (size_t i = 0; i < s->rows; i++)
		size += s->row[i].len + 1;
	*out = c = malloc(size * sizeof(*c));
	DEMAND(c != NULL);
	for (size_t i = 0; i < s->rows; i++)
		if (s->row[i].tick > tick - s->window * TICKS && s->row[i].tick <= tick)
			n += add_keys(c + n, &s->row[i], s->kind);
	qsort(c, n, sizeof(*c), by_key);
	for (size_t i = 0; i < n; i++) {
		if (kept > 0 && by_key(&c[kept - 1], &c[i]) == 0)
			c[kept - 1].count++;
		else
			c[kept++] = c[i];
	}
	qsort(c, kept, sizeof(*c), by_count);
	return kept;
}

static size_t
count_rows(const struct node *s, int64_t tick)
{
	size_t n = 0;

	for (size_t i = 0; i < s->rows; i++)
		n += s->row[i].tick > tick - s->window * TICKS && s->row[i].tick <= tick;
	return n;
}

static void
push_text(struct graph *g, int i, struct buf *text, int64_t tick)
{
	push(g, i, &(struct row){ .text = text->data, .len = text->len, .tick = tick });
	buf_free(text);
}

static void
answer(struct graph *g, int i, int64_t tick)
{
	struct node *s = &g->node[i];
	struct buf text = { 0 };
	struct counted *c;
	size_t n;

	if (s->kind == COUNT) {
		text_printf(&text, "%zu", count_rows(s, tick));
		push_text(g, i, &text, tick);
	} else {
		n = count_keys(s, tick, &c);
		for (size_t k = 0; k < n; k++) {
			text = (struct buf){ 0 };
			add_escaped(&text, c[k].key.bytes, c[k].key.len);
			text_printf(&text, "\t%zu", c[k].count);
			push_text(g, i, &text, tick);
		}
		free(c);
	}
	end_run(g, i, tick);
}

static void
end_of_batch(struct graph *g, int64_t tick)
{
	end_run(g, -1, tick);
	for (int i = 0; i < g->nodes; i++) {
		struct node *s = &g->node[i];

		if (!node_aggregates(s))
			continue;
		s->now = tick;
		if (tick % (s->slide * TICKS) != 0)
			continue;
		answer(g, i, tick);
		s->answered = tick;
	}
}

/* All aggregating stages that FROM reaches have been given something. */
static void
open_behind(struct graph *g, int from, int64_t tick)
{
	for (int i = from + 1; i < g->nodes; i++) {
		struct node *s = &g->node[i];

		if (!reads(g, i, from))
			continue;
		if (!node_aggregates(s)) {
			open_behind(g, i, tick);
			continue;
		}
		s->open = true;
		s->fed = tick;
	}
}

static int64_t
node_end(const struct node *s)
{
	int64_t slide = s->slide * TICKS;

	return (s->fed + slide - 1) / slide * slide;
}

/* The windows that are still open answer in the order of time. */
static void
end_of_input(struct graph *g, int64_t tick, bool open)
{
	int first;

	if (open)
		end_run(g, -1, tick);
	for (int i = 0; i < g->nodes; i++) {
		g->node[i].open = node_aggregates(&g->node[i]) &&
		    g->node[i].now != g->node[i].answered;
		g->node[i].fed = tick;
	}
	if (open)
		open_behind(g, -1, tick);
	do {
		first = -1;
		for (int i = 0; i < g->nodes; i++)
			if (g->node[i].open && (first == -1 ||
			    node_end(&g->node[i]) < node_end(&g->node[first])))
				first = i;
		if (first == -1)
			continue;
		answer(g, first, node_end(&g->node[first]));
		g->node[first].open = false;
		open_behind(g, first, node_end(&g->node[first]));
	} while (first != -1);
}

/* ---- the pipeline ---- */

struct rig {
	struct graph	*graph;
	struct words	 words;
	struct plan	 plan;
	const struct format_class *to[CHAINS_MAX];
	struct pipeline	 p;
	unsigned	 lanes;
	uint64_t	 bad;
	struct account	 account[CHAINS_MAX];	/* sums, by chain */
	struct err	 err;
};

static int
take_rows(void *arg, unsigned output, const char *bytes, size_t len, struct err *err)
{
	struct rig *rig = arg;
	struct end *c = rig->graph->chain;

	for (; !c->writes || output-- > 0; c++)
		;
	return buf_add(&c->got, bytes, len) == -1 ? err_memory(err, "writing") : 0;
}

static int
rig_open(struct rig *rig, struct graph *g, unsigned lanes)
{
	static const char *const sources[] = { "i1", "i2" };
	const struct plan_defaults d = {
		.classes = classes, .batch = { .ticks = TICKS, .word = ERR_NO_WORD },
		.sources = sources, .nsources = SOURCES,
	};
	struct pipeline_config config = {
		.plan = &rig->plan, .from = format_find("lines"), .to = rig->to, .seed = test_seed,
		.time_format = TIME_EPOCH_MS, .host = { .arg = rig, .write = take_rows },
	};

	*rig = (struct rig){ .graph = g };
	for (int i = 0; i < CHAINS_MAX; i++)
		rig->to[i] = format_find("tsv");
	words_split(&rig->words, g->line.data);
	if (plan_lines(&rig->plan, &d, rig->words.word, rig->words.n, 0, &rig->err) == -1)
		return -1;
	rig->lanes = config.lanes = rig->plan.parallel ? lanes : 1;
	return pipeline_open(&rig->p, &config, &rig->err);
}

static void
rig_close(struct rig *rig)
{
	pipeline_close(&rig->p);
	plan_close(&rig->plan);
}

/* Adds up the figures of a batch, now and then. */
static void
take_counts(struct rig *rig)
{
	pipeline_counts(&rig->p);
	for (unsigned k = 0; k < rig->plan.chains; k++) {
		int account = rig->plan.chain[k].account;

		if (account == -1)
			continue;
		rig->account[k].records += rig->p.account[account].records;
		rig->account[k].counted += rig->p.account[account].counted;
		rig->account[k].bad += rig->p.account[account].bad;
	}
}

static int
rig_end(struct rig *rig, int64_t tick, bool last, bool open)
{
	struct moment m = { .tick = tick };

	for (unsigned i = 1; i < rig->lanes; i++)
		if (pipeline_gather(&rig->p, 0, i, &rig->err) == -1)
			return -1;
	if ((last ? pipeline_finish(&rig->p, m, open, &rig->err) :
	    pipeline_end(&rig->p, m, &rig->err)) == -1)
		return -1;
	if (rand_below(2) == 0)
		take_counts(rig);
	return pipeline_flush(&rig->p, &rig->err);
}

/* ---- both on the same lines ---- */

struct line {
	char	*text;			/* with its end */
	size_t	 len, end;
	int	 source;
};

struct batch {
	struct line	 line[40];
	int		 lines;
};

static void
line_make(struct line *l)
{
	static const char *const parts[] = {
		"a", "b", "error", " ", " ", "\t", "\\", "tar", "a 1", "r b\tr",
		"long-long-long-word-of-some-size",
	};
	struct buf text = { 0 };

	for (uint64_t n = rand_below(5); n > 0; n--) {
		const char *part = parts[rand_below(1 + rand_below(COUNT(parts)))];

		text_printf(&text, "%s", text.len == 0 && part[0] == 'a' ? "a " : part);
	}
	if (rand_below(30) == 0) {
		text.len = 0;
		text_printf(&text, "%s", HARD);
	}
	l->end = 1 + rand_below(2);
	text_printf(&text, "%s", l->end == 2 ? "\r\n" : "\n");
	l->source = (int)rand_below(SOURCES);
	l->len = text.len;
	l->text = text.data;
}

static void
batch_make(struct batch *b)
{
	b->lines = rand_below(4) == 0 ? 0 : (int)rand_below(COUNT(b->line));
	for (int i = 0; i < b->lines; i++)
		line_make(&b->line[i]);
}

static void
batch_free(struct batch *b)
{
	for (int i = 0; i < b->lines; i++)
		mem_free(b->line[i].text);
}

static int
feed_block(struct rig *rig, const struct line *line, int n)
{
	struct block b = { .records = (uint64_t)n, .source = line->source };
	char *text;
	int rc;

	for (int i = 0; i < n; i++)
		b.len += line[i].len;
	b.text = text = malloc(b.len + SCAN_PAD);
	for (int i = 0; i < n; text += line[i++].len)
		memcpy(text, line[i].text, line[i].len);
	memset(text, 'p', SCAN_PAD);
	rc = pipeline_feed(&rig->p, (unsigned)rand_below(rig->lanes), &b, &rig->err);
	free((char *)(uintptr_t)b.text);
	return rc;
}

/* Feeds a batch in blocks of one source each. */
static int
rig_feed(struct rig *rig, const struct batch *b)
{
	for (int i = 0, n; i < b->lines; i += n) {
		for (n = 1; i + n < b->lines && b->line[i + n].source == b->line[i].source; n++)
			if (rand_below(5) == 0)
				break;
		if (feed_block(rig, &b->line[i], n) == -1)
			return -1;
	}
	return 0;
}

static void
interpret(struct graph *g, const struct batch *b, int64_t tick)
{
	for (int i = 0; i < b->lines; i++) {
		const struct line *l = &b->line[i];
		struct row row = { .text = l->text, .len = l->len - l->end, .tick = tick };

		push_record(g, &row, l->source);
	}
}

struct play {
	struct batch	 batch[BATCHES_MAX];
	int		 batches;
	int64_t		 start;
	bool		 open;		/* the last one is open when the input ends */
};

static void
play_make(struct play *p)
{
	p->batches = 1 + (int)rand_below(BATCHES_MAX);
	p->start = (int64_t)rand_below(1000) * TICKS;
	p->open = rand_below(3) > 0;
	for (int b = 0; b < p->batches; b++)
		batch_make(&p->batch[b]);
}

static int
play_real(const struct play *p, struct rig *rig)
{
	for (int b = 0; b < p->batches; b++) {
		int64_t tick = p->start + (b + 1) * TICKS;
		bool last = b == p->batches - 1 && p->open;

		pipeline_begin(&rig->p, (struct moment){ .tick = tick });
		if (rig_feed(rig, &p->batch[b]) == -1 || rig_end(rig, tick, last, true) == -1)
			return -1;
	}
	return p->open ? 0 : rig_end(rig, p->start + p->batches * TICKS, true, false);
}

static void
play_naive(const struct play *p, struct graph *g)
{
	int64_t tick = p->start;

	for (int b = 0; b < p->batches; b++) {
		tick += TICKS;
		interpret(g, &p->batch[b], tick);
		if (b < p->batches - 1 || !p->open)
			end_of_batch(g, tick);
	}
	end_of_input(g, tick, p->open);
}

static int
by_text(const void *x, const void *y)
{
	return key_compare(x, y);
}

static void
sort_lines(struct buf *b)
{
	struct key *key = malloc((b->len + 1) * sizeof(*key));
	struct buf out = { 0 };
	size_t n = 0;

	for (size_t from = 0; from < b->len; from += key[n++].len) {
		const char *newline = memchr(b->data + from, '\n', b->len - from);

		key[n] = (struct key){ b->data + from, (size_t)(newline + 1 - b->data) - from };
	}
	qsort(key, n, sizeof(*key), by_text);
	for (size_t i = 0; i < n; i++)
		text_add(&out, key[i].bytes, key[i].len);
	free(key);
	buf_free(b);
	*b = out;
}

static void
compare(struct graph *g, const struct rig *rig)
{
	for (int i = 0; i < g->chains; i++) {
		struct end *c = &g->chain[i];
		const struct account *a = &rig->account[i];

		if (c->unordered) {
			sort_lines(&c->want);
			sort_lines(&c->got);
		}
		text_same(&c->got, &c->want, g->line.data);
		DEMAND((rig->plan.chain[i].account != -1) == c->has_records);
		if (!c->has_records)
			continue;
		if (a->records != c->records || a->counted != c->counted || a->bad != c->bad ||
		    a->records - a->counted - a->bad != c->filtered)
			ck_abort_msg("%s: chain %d: %d records, %d counted, %d bad; want %d, %d, "
			    "%d and %d filtered", g->line.data, i, (int)a->records,
			    (int)a->counted, (int)a->bad, (int)c->records, (int)c->counted,
			    (int)c->bad, (int)c->filtered);
	}
	DEMAND(rig->p.bad.n == g->bad);
}

static void
play_free(struct play *p)
{
	for (int b = 0; b < p->batches; b++)
		batch_free(&p->batch[b]);
}

START_TEST(as_the_interpreter)
{
	make_classes();
	rand_start((uint64_t)_i + 100);
	for (int round = 0; round < 200; round++) {
		struct graph g;
		struct play p;
		struct rig rig;

		graph_make(&g);
		play_make(&p);
		play_naive(&p, &g);
		if (rig_open(&rig, &g, 1 + (unsigned)rand_below(LANES_MAX)) == -1 ||
		    play_real(&p, &rig) == -1)
			ck_abort_msg("%s: %s (word %d)", g.line.data, rig.err.message,
			    rig.err.word);
		take_counts(&rig);
		compare(&g, &rig);
		rig_close(&rig);
		play_free(&p);
		graph_free(&g);
	}
}
END_TEST

/* Memory runs out somewhere: that is told, or does not matter. */
START_TEST(memory_fails)
{
	make_classes();
	rand_start((uint64_t)_i + 200);
	for (int round = 0; round < 40; round++) {
		struct graph g;
		struct play p;
		struct rig rig;
		bool fine;

		graph_make(&g);
		play_make(&p);
		fault_set(1 + rand_below(1 + rand_below(3000)), rand_below(2) == 0);
		fine = rig_open(&rig, &g, 2) == 0 && play_real(&p, &rig) == 0;
		(void)fault_clear();
		if (!fine && (rig.err.code != ERR_RUN ||
		    strncmp(rig.err.message, "out of memory", 13) != 0))
			ck_abort_msg("%s: '%s'", g.line.data, rig.err.message);
		rig_close(&rig);
		play_free(&p);
		graph_free(&g);
	}
}
END_TEST

Suite *
graph_suite(void)
{
	Suite *suite = suite_create("graph");
	TCase *model = case_add(suite, "model"), *memory = case_add(suite, "memory");

	tcase_add_loop_test(model, as_the_interpreter, 0, 8);
	tcase_add_loop_test(memory, memory_fails, 0, 4);
	return suite;
}
