/* From words to chains of stages, see plan.h. */
#include "core/plan.h"

#include "base/mem.h"
#include "base/near.h"

#include <string.h>

/* Words that are not a stage's, wherever they stand; one of them with a '\' before it is. */
static const char *const reserved[] = { "then", "also", "as", "from", "into", NULL };

/* The words while they are read. */
struct cursor {
	struct plan			*plan;
	const struct plan_defaults	*defaults;
	char *const			*words;
	int				 n, at, base;
	struct err			*err;
};

bool
plan_joins(const char *word)
{
	for (const char *const *r = reserved; *r != NULL; r++)
		if (strcmp(word, *r) == 0)
			return true;
	return false;
}

const char *
plan_word(const char *word)
{
	return word[0] == '\\' && plan_joins(word + 1) ? word + 1 : word;
}

static bool
at_word(const struct cursor *c, const char *word)
{
	return c->at < c->n && strcmp(c->words[c->at], word) == 0;
}

/* The index in the command line of the word that is read next, or of the last one. */
static int
here(const struct cursor *c)
{
	return c->base + (c->at < c->n ? c->at : c->n - 1);
}

/* ---- names ---- */

struct stream *
plan_stream(struct plan *plan, const char *name, size_t len, int word, size_t column,
    struct err *err)
{
	struct near near;

	near_start(&near, name, len);
	for (unsigned i = 0; i < plan->streams; i++) {
		struct stream *s = &plan->stream[i];

		if (strncmp(s->name, name, len) == 0 && s->name[len] == '\0') {
			s->used = true;
			return s;
		}
		near_try(&near, s->name);
	}
	err_word(err, word, "no stream '%.*s' before this place", (int)len, name);
	if (near.best != NULL)
		err_add(err, ", did you mean '%s'?", near.best);
	else
		err_add(err, " (name one with -i NAME=SOURCE or as NAME)");
	err->column = column;
	err->length = len;
	return NULL;
}

static int
add_stream(struct plan *plan, struct stream stream, struct err *err)
{
	struct stream *streams;

	for (unsigned i = 0; i < plan->streams; i++)
		if (strcmp(plan->stream[i].name, stream.name) == 0)
			return err_word(err, stream.word, "a stream named '%s' is there already",
			    stream.name);
	streams = mem_realloc(plan->stream, (plan->streams + 1) * sizeof(*streams));
	if (streams == NULL)
		return err_memory(err, "reading the command line");
	plan->stream = streams;
	streams[plan->streams++] = stream;
	return 0;
}

static int
add_sources(struct plan *plan, const struct plan_defaults *d, struct err *err)
{
	for (size_t i = 0; i < d->nsources; i++) {
		struct stream s = {
			.name = d->sources[i], .word = ERR_NO_WORD,
			.point = { { .stage = -1, .source = (int)i } }, .points = 1,
		};

		if (s.name != NULL && add_stream(plan, s, err) == -1)
			return -1;
	}
	return 0;
}

/* `as NAME`, if it stands here, for what POINT is. */
static int
read_as(struct cursor *c, const struct point *point, unsigned points, bool *named)
{
	struct stream s = { .points = points };

	*named = at_word(c, "as");
	if (!*named)
		return 0;
	c->at++;
	if (c->at == c->n || plan_joins(c->words[c->at]) || c->words[c->at][0] == '\0' ||
	    strchr(c->words[c->at], ',') != NULL)
		return err_word(c->err, here(c), "a name is missing behind 'as'");
	s.name = plan_word(c->words[c->at]);
	s.word = here(c);
	memcpy(s.point, point, points * sizeof(*point));
	c->at++;
	return add_stream(c->plan, s, c->err);
}

/* ---- a chain ---- */

static int
add_points(struct cursor *c, struct chain *chain, const struct stream *s, int word)
{
	for (unsigned i = 0; i < s->points; i++) {
		if (chain->froms == POINTS_MAX)
			return err_word(c->err, word, "more than %d streams in one place",
			    POINTS_MAX);
		chain->from[chain->froms++] = s->point[i];
	}
	return 0;
}

/* `from NAME[,NAME]...`, or all records that are read. */
static int
read_from(struct cursor *c, struct chain *chain)
{
	const char *names, *given;
	int word;

	if (!at_word(c, "from")) {
		chain->from[chain->froms++] = (struct point){ -1, -1 };
		return 0;
	}
	c->at++;
	word = here(c);
	if (c->at == c->n || plan_joins(c->words[c->at]))
		return err_word(c->err, word, "a name is missing behind 'from'");
	given = c->words[c->at++];
	names = plan_word(given);
	for (size_t from = 0, len; ; from += len + 1) {
		const struct stream *s;

		len = strcspn(names + from, ",");
		s = plan_stream(c->plan, names + from, len, word, (size_t)(names + from - given),
		    c->err);
		if (s == NULL || add_points(c, chain, s, word) == -1)
			return -1;
		if (names[from + len] == '\0')
			break;
	}
	return 0;
}

/* How often rows come from several points: as often as from the one that gives them most often. */
static struct span
period_of(const struct plan *plan, const struct chain *chain)
{
	struct span period = { 0 };

	for (unsigned i = 0; i < chain->froms; i++) {
		int stage = chain->from[i].stage;
		struct span one = stage == -1 ? plan->batch : plan->stage[stage].period;

		if (i == 0 || one.ticks < period.ticks)
			period = one;
	}
	return period;
}

/* One stage; its words reach to the next reserved one. */
static int
read_stage(struct cursor *c, struct chain *chain)
{
	struct plan *plan = c->plan;
	struct point before = { .stage = (int)plan->n - 1, .source = -1 };
	int from = c->at;

	while (c->at < c->n && !plan_joins(c->words[c->at]))
		c->at++;
	if (c->at == from)
		return err_word(c->err, c->base + (from < c->n ? from : from - 1),
		    "a stage is missing %s '%s'", from < c->n ? "before" : "behind",
		    c->words[from < c->n ? from : from - 1]);
	if (plan_read_stage(plan, c->defaults, plan->words + from, c->at - from, c->base + from,
	    chain->stages == 0 ? chain->from : &before, chain->stages == 0 ? chain->froms : 1,
	    chain->stages == 0 ? period_of(plan, chain) : plan->stage[plan->n - 1].period,
	    c->err) == -1)
		return -1;
	chain->stages++;
	return 0;
}

static int
read_ports(struct cursor *c, struct stage *s)
{
	for (unsigned i = 0; i < s->ports; i++)
		if (plan_stream(c->plan, s->port[i].name, s->port[i].len, s->port[i].word,
		    s->port[i].column, c->err) == NULL)
			return -1;
	return 0;
}

/* The end of a chain: `into SINK`, or the default output unless a name leads on. */
static int
read_end(struct cursor *c, struct chain *chain, bool named)
{
	struct plan *plan = c->plan;
	struct output *o = &plan->output[plan->outputs];

	*o = (struct output){ .word = ERR_NO_WORD, .froms = 1 };
	if (at_word(c, "into")) {
		c->at++;
		if (c->at == c->n || plan_joins(c->words[c->at]))
			return err_word(c->err, here(c), "a sink is missing behind 'into'");
		o->word = here(c);
		o->sink = plan_word(c->words[c->at++]);
	} else if (named) {
		chain->output = -1;
		return 0;
	}
	if (chain->stages > 0) {
		o->from[0] = (struct point){ .stage = (int)plan->n - 1, .source = -1 };
	} else {
		memcpy(o->from, chain->from, sizeof(o->from));
		o->froms = chain->froms;
	}
	chain->output = (int)plan->outputs++;
	return 0;
}

static int
read_chain(struct cursor *c)
{
	struct plan *plan = c->plan;
	struct chain *chain = &plan->chain[plan->chains++];
	bool begun = at_word(c, "from"), named, more;

	*chain = (struct chain){ .first = plan->n, .output = -1, .account = -1 };
	if (read_from(c, chain) == -1 ||
	    read_as(c, chain->from, chain->froms, &named) == -1)
		return -1;
	more = (named || begun) && at_word(c, "then");
	c->at += more;
	more |= c->at < c->n && !at_word(c, "also") && !at_word(c, "into");
	while (more || (!named && chain->stages == 0 && !at_word(c, "into"))) {
		struct point last;

		if (read_stage(c, chain) == -1 ||
		    read_ports(c, &plan->stage[plan->n - 1]) == -1)
			return -1;
		last = (struct point){ .stage = (int)plan->n - 1, .source = -1 };
		if (read_as(c, &last, 1, &named) == -1)
			return -1;
		more = at_word(c, "then");
		c->at += more;
	}
	return read_end(c, chain, named);
}

/* ---- the whole ---- */

static int
count(char *const *words, int n, const char *word, const char *other)
{
	int count = 1;

	for (int i = 0; i < n; i++)
		count += strcmp(words[i], word) == 0 || strcmp(words[i], other) == 0;
	return count;
}

/* The words for stages: '\then' is the word 'then' there. */
static int
copy_words(struct plan *plan, char *const *words, int n, struct err *err)
{
	plan->words = mem_alloc(((size_t)n + 1) * sizeof(*plan->words));
	if (plan->words == NULL)
		return err_memory(err, "reading the command line");
	for (int i = 0; i < n; i++)
		plan->words[i] = words[i] + (words[i][0] == '\\' && plan_joins(words[i] + 1));
	plan->words[n] = NULL;
	return 0;
}

static int
reserve(struct plan *plan, char *const *words, int n, struct err *err)
{
	size_t chains = (size_t)count(words, n, "also", "also");
	size_t stages = (size_t)count(words, n, "then", "also") +
	    (size_t)count(words, n, "from", "as");

	plan->stage = mem_zalloc(stages * sizeof(*plan->stage));
	plan->chain = mem_zalloc(chains * sizeof(*plan->chain));
	plan->output = mem_zalloc(chains * sizeof(*plan->output));
	if (plan->stage == NULL || plan->chain == NULL || plan->output == NULL)
		return err_memory(err, "reading the command line");
	return 0;
}

/* Two chains on the default output would be mixed; one that writes nothing does nothing. */
static int
check_ends(const struct plan *plan, int base, struct err *err)
{
	int defaults = 0;

	for (unsigned i = 0; i < plan->outputs; i++) {
		const struct output *o = &plan->output[i];

		if (o->sink == NULL && ++defaults == 2)
			return err_word(err, o->from[0].stage == -1 ? base :
			    plan->stage[o->from[0].stage].word,
			    "two chains on the same output; end one with into SINK");
	}
	for (unsigned i = 0; i < plan->streams; i++) {
		const struct stream *s = &plan->stream[i];

		if (!s->used && s->word != ERR_NO_WORD && plan->outputs == 0)
			return err_word(err, s->word, "nothing is made of stream '%s' and nothing "
			    "is written", s->name);
	}
	return 0;
}

int
plan_parse(struct plan *plan, const struct plan_defaults *d, char *const *words, int n, int base,
    struct err *err)
{
	struct cursor c = {
		.plan = plan, .defaults = d, .words = words, .n = n, .base = base, .err = err,
	};
	bool more = true;

	*plan = (struct plan){
		.batch = d->batch, .time_field = d->time_field, .time_word = d->time_word,
		.fail_if = d->fail_if, .until = d->until, .time_parse = d->time_parse,
		.formats = d->formats, .files = d->files, .labels = d->labels,
	};
	if (copy_words(plan, words, n, err) == -1 || reserve(plan, words, n, err) == -1 ||
	    add_sources(plan, d, err) == -1)
		return -1;
	while (more) {
		if (read_chain(&c) == -1)
			return -1;
		more = at_word(&c, "also");
		if (!more && c.at < n)
			return err_word(err, here(&c), "unexpected '%s'", words[c.at]);
		c.at += more;
	}
	if (check_ends(plan, base, err) == -1)
		return -1;
	return plan_link(plan) == -1 ? err_memory(err, "reading the command line") : 0;
}

void
plan_close(struct plan *plan)
{
	for (unsigned i = 0; i < plan->n; i++) {
		struct stage *s = &plan->stage[i];

		given_close(s);
		if (s->class->close != NULL)
			s->class->close(s);
		mem_free(s->next.at);
		mem_free(s->config);
	}
	condition_close(&plan->fail_if);
	condition_close(&plan->until);
	mem_free(plan->words);
	mem_free(plan->stage);
	mem_free(plan->stream);
	mem_free(plan->chain);
	mem_free(plan->output);
	mem_free(plan->root);
	arena_free(&plan->names);
	*plan = (struct plan){ 0 };
}
