/* From words to a checked chain of stages, see plan.h. */
#include "core/plan.h"

#include "base/mem.h"
#include "base/near.h"
#include "core/window.h"

#include <string.h>

enum { OPT_WINDOW = 1000, OPT_SLIDE, OPT_HELP };

const struct opt plan_window_opts[] = {
	{ "window", 'w', OPT_WINDOW, "DUR|Nrows", "answer over the last so long (the batch)" },
	{ "slide", 's', OPT_SLIDE, "DUR|Nrows", "answer so often (the window)" },
	{ 0 },
};

const struct opt plan_common_opts[] = {
	{ "help", 'h', OPT_HELP, NULL, "show this help" },
	{ 0 },
};

/* One stage while its words are read. */
struct reading {
	const struct stage_class *const *classes;
	struct plan	*plan;
	struct stage	*stage;
	struct span	 window, slide;
	unsigned	 args;
};

const struct stage_class *
plan_find(const struct stage_class *const *classes, const char *name)
{
	for (; *classes != NULL; classes++)
		if (strcmp((*classes)->name, name) == 0)
			return *classes;
	return NULL;
}

static int
unknown_stage(const struct stage_class *const *classes, const char *name, int word,
    struct err *err)
{
	struct near near;

	near_start(&near, name, strlen(name));
	for (const struct stage_class *const *c = classes; *c != NULL; c++)
		near_try(&near, (*c)->name);
	if (near.best != NULL)
		return err_word(err, word, "unknown stage '%s', did you mean '%s'?", name,
		    near.best);
	err_word(err, word, "unknown stage '%s' (stages:", name);
	for (; *classes != NULL; classes++)
		err_add(err, " %s", (*classes)->name);
	err_add(err, ")");
	return -1;
}

/* A word too many; if it names a stage, 'then' was forgotten. */
static int
unexpected(const struct reading *r, const char *value, int word, struct err *err)
{
	const struct stage_class *class = r->stage->class;

	if (plan_find(r->classes, value) != NULL)
		return err_word(err, word, "unexpected '%s', did you mean 'then %s'?", value,
		    value);
	return err_word(err, word, "unexpected '%s' (usage: %s %s)", value, class->name,
	    class->usage);
}

static int
take_word(void *arg, int id, const char *value, int word, struct err *err)
{
	struct reading *r = arg;
	const struct stage_class *class = r->stage->class;

	switch (id) {
	case OPT_HELP:
		r->plan->help = class;
		return -1;
	case OPT_WINDOW:
		return span_parse(&r->window, "window", value, word, err);
	case OPT_SLIDE:
		return span_parse(&r->slide, "slide", value, word, err);
	case OPT_ARGUMENT:
		if (++r->args > class->max_args)
			return unexpected(r, value, word, err);
		return class->argument(r->stage, value, word, err);
	default:
		return class->option(r->stage, id, value, word, err);
	}
}

static int
read_words(struct reading *r, char *const *words, int n, int base, struct err *err)
{
	const struct stage_class *class = r->stage->class;
	const struct opt *tables[4] = { plan_common_opts };
	int count = 1;

	if (class->options != NULL)
		tables[count++] = class->options;
	if (class->aggregate != NULL)
		tables[count++] = plan_window_opts;
	if (opt_parse(tables, words, n, base, false, take_word, r, err) == -1)
		return -1;
	if (r->args < class->min_args)
		return err_word(err, base, "%s needs more words (usage: %s %s)", class->name,
		    class->name, class->usage);
	return 0;
}

/* Sets the window of an aggregating stage; PERIOD is how often rows reach it. */
static int
set_window(struct reading *r, struct span *period, struct err *err)
{
	struct span window = r->window.ticks != 0 ? r->window : *period;
	struct span slide = r->slide.ticks != 0 ? r->slide : window;
	char text[SPAN_TEXT], other[SPAN_TEXT];

	const char *unit = period->ticks == r->plan->batch.ticks ? "batch" :
	    "slide of the stage before";

	if (r->slide.ticks != 0 && r->window.ticks == 0)
		return err_word(err, slide.word, "a slide needs a window (--window DUR)");
	if (span_check_multiple(window, "window", *period, unit, err) == -1 ||
	    span_check_multiple(slide, "slide", *period, unit, err) == -1)
		return -1;
	if (slide.ticks > window.ticks)
		return err_word(err, slide.word, "slide %s is longer than the window %s",
		    span_text(text, slide), span_text(other, window));
	if (window_panes(window.ticks, slide.ticks) > WINDOW_PANES_MAX)
		return err_word(err, slide.word, "window %s has more than %d panes of the slide "
		    "%s; use a longer slide", span_text(other, window), WINDOW_PANES_MAX,
		    span_text(text, slide));
	r->stage->length = window.ticks;
	r->stage->slide = slide.ticks;
	*period = slide;
	return 0;
}

static int
check_order(const struct stage *s, struct err *err)
{
	if ((s->class->flags & STAGE_NEEDS_RANKED) == 0 || s->in.ranked)
		return 0;
	return err_word(err, s->word,
	    "%s needs ranked rows: put it behind wordcount or countby", s->class->name);
}

static int
read_stage(struct plan *plan, const struct plan_defaults *d, char *const *words, int n, int base,
    struct span *period, struct err *err)
{
	const struct stage_class *class = plan_find(d->classes, words[0]);
	struct stage *s = &plan->stage[plan->n];
	struct reading r = { .classes = d->classes, .plan = plan, .stage = s };

	if (class == NULL)
		return unknown_stage(d->classes, words[0], base, err);
	*s = (struct stage){ .class = class, .word = base, .limit = UINT64_MAX };
	s->in = plan->n == 0 ?
	    (struct schema){ .columns = 1, .name = { "line" }, .lines = true } : s[-1].out;
	s->config = mem_zalloc(class->config_size);
	if (s->config == NULL)
		return err_memory(err, "reading the command line");
	plan->n++;
	if (class->aggregate != NULL) {
		r.window = d->window;
		r.slide = d->slide;
	}
	if (read_words(&r, words, n, base, err) == -1 || check_order(s, err) == -1)
		return -1;
	if (class->aggregate != NULL && set_window(&r, period, err) == -1)
		return -1;
	s->out = s->in;
	if (class->open != NULL && class->open(s, &s->in, &s->out, err) == -1)
		return -1;
	s->out.ranked = (class->flags & STAGE_RANKS) != 0 ||
	    (class->aggregate == NULL && s->in.ranked);
	return 0;
}

/* What is known of the whole chain only: where it splits, how many rows are read of each answer. */
static void
finish(struct plan *plan)
{
	plan->split = plan->n;
	for (size_t i = plan->n; i-- > 0;) {
		struct stage *s = &plan->stage[i], *next = s + 1;

		if (s->class->aggregate != NULL)
			plan->split = i;
		if (i + 1 < plan->n && next->class->limit != NULL)
			s->limit = next->class->limit(next);
	}
}

static int
count_stages(char *const *words, int n)
{
	int count = 1;

	for (int i = 0; i < n; i++)
		count += strcmp(words[i], "then") == 0;
	return count;
}

int
plan_parse(struct plan *plan, const struct plan_defaults *d, char *const *words, int n, int base,
    struct err *err)
{
	struct span period = d->batch;
	int from = 0;

	*plan = (struct plan){ .batch = d->batch };
	plan->stage = mem_zalloc((size_t)count_stages(words, n) * sizeof(*plan->stage));
	if (plan->stage == NULL)
		return err_memory(err, "reading the command line");
	while (from <= n) {
		int to = from;

		while (to < n && strcmp(words[to], "then") != 0)
			to++;
		if (to == from)
			return err_word(err, base + (from < n ? from : from - 1),
			    "a stage is missing %s 'then'", from < n ? "before" : "behind");
		if (read_stage(plan, d, words + from, to - from, base + from, &period, err) == -1)
			return -1;
		from = to + 1;
	}
	finish(plan);
	return 0;
}

void
plan_close(struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct stage *s = &plan->stage[i];

		if (s->class->close != NULL)
			s->class->close(s);
		mem_free(s->config);
	}
	mem_free(plan->stage);
	*plan = (struct plan){ 0 };
}
