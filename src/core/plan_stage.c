/* Reading the words of one stage: its options, its arguments, its window; see plan.h. */
#include "core/plan.h"

#include "base/mem.h"
#include "base/near.h"
#include "core/window.h"

#include <string.h>

enum {
	OPT_WINDOW = 1000, OPT_SLIDE, OPT_RUNNING, OPT_EMIT, OPT_TTL, OPT_EMPTY, OPT_KEYS,
	OPT_INITIAL, OPT_HELP,
};

const struct opt plan_window_opts[] = {
	{ "window", 'w', OPT_WINDOW, "DUR|Nrows", "answer over the last so long (the batch)" },
	{ "slide", 's', OPT_SLIDE, "DUR|Nrows", "answer so often (the window)" },
	{ 0 },
};

const struct opt plan_emit_opts[] = {
	{ "running", 'r', OPT_RUNNING, NULL, "answer over all since the start" },
	{ "emit", 'e', OPT_EMIT, "MODE", "what is told: append, update, complete (append)" },
	{ "ttl", 0, OPT_TTL, "DUR|Nrows", "with --running: forget what was not seen so long" },
	{ "empty", 0, OPT_EMPTY, NULL, "rows of zeros or nulls for keys without records" },
	{ "keys", 0, OPT_KEYS, "FILE", "with --empty: those keys, one a line" },
	{ 0 },
};

const struct opt plan_begin_opts[] = {
	{ "initial", 0, OPT_INITIAL, "FILE", "with --running: begin with these rows, as TSV" },
	{ 0 },
};

const struct opt plan_common_opts[] = {
	{ "help", 'h', OPT_HELP, NULL, "show this help" },
	{ 0 },
};

/* One stage while its words are read. */
struct words {
	const struct stage_class *const *classes;
	struct plan	*plan;
	struct stage	*stage;
	struct span	 window, slide, ttl;
	enum emit	 emit;
	bool		 running, emits;	/* was told to */
	char *const	*given;		/* the words; the first is number BASE */
	int		 base;
	unsigned	 args;
};

static bool
has_window(const struct stage_class *class)
{
	return (class->flags & (STAGE_AGGREGATES | STAGE_WINDOWS)) != 0;
}

static bool
chooses(const struct stage_class *class)
{
	return (class->flags & STAGE_CHOOSES) != 0;
}

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
	return err_word(err, word, "unknown stage '%s' (streamctl --list stages shows them)", name);
}

/* A word too many; if it names a stage, 'then' was forgotten. */
static int
unexpected(const struct words *w, const char *value, int word, struct err *err)
{
	const struct stage_class *class = w->stage->class;

	if (plan_find(w->classes, value) != NULL)
		return err_word(err, word, "unexpected '%s', did you mean 'then %s'?", value,
		    value);
	return err_word(err, word, "unexpected '%s' (usage: %s %s)", value, class->name,
	    class->usage);
}

static void
take_given(struct given *g, int id, const char *value, int word)
{
	switch (id) {
	case OPT_EMPTY:
		g->empty = true;
		g->empty_word = word;
		break;
	case OPT_KEYS:
		g->keys = value;
		g->keys_word = word;
		break;
	default:
		g->initial = value;
		g->initial_word = word;
	}
}

static int
take_word(void *arg, int id, const char *value, int word, struct err *err)
{
	struct words *w = arg;
	const struct stage_class *class = w->stage->class;

	if (value != NULL && value == w->given[word - w->base])
		value = plan_word(value);
	switch (id) {
	case OPT_HELP:
		w->plan->help = class;
		return -1;
	case OPT_WINDOW:
		return span_parse(&w->window, "window", value, word, err);
	case OPT_SLIDE:
		return span_parse(&w->slide, "slide", value, word, err);
	case OPT_RUNNING:
		w->running = true;
		return 0;
	case OPT_EMIT:
		w->emits = true;
		return plan_emit(&w->emit, value, word, err);
	case OPT_TTL:
		return span_parse(&w->ttl, "ttl", value, word, err);
	case OPT_EMPTY: case OPT_KEYS: case OPT_INITIAL:
		take_given(&w->stage->given, id, value, word);
		return 0;
	case OPT_ARGUMENT:
		if (++w->args > class->max_args)
			return unexpected(w, value, word, err);
		return class->argument(w->stage, value, word, err);
	default:
		return class->option(w->stage, id, value, word, err);
	}
}

static int
read_words(struct words *w, char *const *words, int n, int base, struct err *err)
{
	const struct stage_class *class = w->stage->class;
	const struct opt *tables[6] = { plan_common_opts };
	int count = 1;

	if (class->options != NULL)
		tables[count++] = class->options;
	if (has_window(class) || chooses(class))
		tables[count++] = plan_window_opts;
	if ((class->flags & STAGE_AGGREGATES) != 0 || chooses(class))
		tables[count++] = plan_emit_opts;
	if (class->seed != NULL)
		tables[count++] = plan_begin_opts;
	if (opt_parse(tables, words, n, base, false, take_word, w, err) == -1)
		return -1;
	if (w->args < class->min_args)
		return err_word(err, base, "%s needs more words (usage: %s %s)", class->name,
		    class->name, class->usage);
	return 0;
}

int
plan_emit(enum emit *emit, const char *value, int word, struct err *err)
{
	static const char *const modes[] = {
		[EMIT_APPEND] = "append", [EMIT_UPDATE] = "update", [EMIT_COMPLETE] = "complete",
	};

	for (unsigned i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (strcmp(value, modes[i]) == 0) {
			*emit = (enum emit)i;
			return 0;
		}
	return err_word(err, word, "emit '%s' is not one of append, update, complete", value);
}

/* A stage that answers for all since the start; a slide says how often. */
static int
set_running(struct words *w, struct span period, struct err *err)
{
	struct span every = w->slide.word != ERR_NO_WORD && w->slide.ticks != 0 ? w->slide : period;

	if (w->window.ticks != 0 && w->window.word != ERR_NO_WORD)
		return err_word(err, w->window.word, "a window ends, --running does not: give one "
		    "of them");
	if (span_check_multiple(every, "slide", period, "batch", err) == -1)
		return -1;
	if (w->emits && w->emit == EMIT_APPEND)
		return err_word(err, w->stage->word, "--running never ends, so it cannot append; "
		    "--emit update or complete");
	if (w->ttl.ticks != 0 && w->ttl.rows != w->plan->batch.rows)
		return err_word(err, w->ttl.word,
		    "ttl and batch: give both in rows or both in time");
	w->stage->running = true;
	w->stage->emit = w->emit == EMIT_APPEND ? EMIT_COMPLETE : w->emit;
	w->stage->ttl = w->ttl.ticks;
	w->stage->slide = every.ticks;
	w->stage->period = every;
	return 0;
}

/* Windows that are told before they end: every batch, by the end they will have. */
static int
set_early(struct words *w, struct span period, struct err *err)
{
	if (w->stage->slide != w->stage->length)
		return err_word(err, w->stage->word, "windows that overlap cannot be told before "
		    "they end: --emit append, or a slide as long as the window");
	w->stage->emit = w->emit;
	w->stage->slide = period.ticks;
	w->stage->period = period;
	return 0;
}

/* Sets the window of an aggregating stage; PERIOD is how often rows reach it. */
static int
set_window(struct words *w, struct span period, struct err *err)
{
	struct span window = w->window.ticks != 0 ? w->window : period;
	struct span slide = w->slide.ticks != 0 ? w->slide : window;
	char text[SPAN_TEXT], other[SPAN_TEXT];
	const char *unit = period.ticks == w->plan->batch.ticks ? "batch" :
	    "slide of the stage before";

	if (w->slide.ticks != 0 && w->window.ticks == 0)
		return err_word(err, slide.word, "a slide needs a window (--window DUR)");
	if (span_check_multiple(window, "window", period, unit, err) == -1 ||
	    span_check_multiple(slide, "slide", period, unit, err) == -1)
		return -1;
	if (slide.ticks > window.ticks)
		return err_word(err, slide.word, "slide %s is longer than the window %s",
		    span_text(text, slide), span_text(other, window));
	if (window_panes(window.ticks, slide.ticks) > WINDOW_PANES_MAX)
		return err_word(err, slide.word, "window %s has more than %d panes of the slide "
		    "%s; use a longer slide", span_text(other, window), WINDOW_PANES_MAX,
		    span_text(text, slide));
	if (w->ttl.ticks != 0)
		return err_word(err, w->ttl.word, "a window forgets by itself: --ttl is for "
		    "--running");
	w->stage->length = window.ticks;
	w->stage->slide = slide.ticks;
	w->stage->period = slide;
	return w->emit == EMIT_APPEND ? 0 : set_early(w, period, err);
}

/* The words of a stage that could have had windows say that it has none. */
static int
refuse_windows(const struct words *w, struct err *err)
{
	const struct span *spans[] = { &w->window, &w->slide, &w->ttl };

	for (size_t i = 0; i < sizeof(spans) / sizeof(*spans); i++)
		if (spans[i]->ticks != 0 && spans[i]->word >= w->base)
			return err_word(err, spans[i]->word, "windows are for stages that "
			    "aggregate, which %s does not with these words",
			    w->stage->class->name);
	if (w->running || w->emits || w->stage->given.empty || w->stage->given.keys != NULL)
		return err_word(err, w->base, "%s are for stages that aggregate, which %s does not "
		    "with these words", w->running || w->emits ? "--running and --emit" :
		    "--empty and --keys", w->stage->class->name);
	return 0;
}

/* What was said before the first stage. */
static void
take_defaults(struct words *w, const struct plan_defaults *d)
{
	struct given *g = &w->stage->given;

	if (!w->emits)
		w->emit = d->emit;
	if (!d->empty || g->empty)
		return;
	g->empty = true;
	g->empty_word = d->empty_word;
}

int
plan_read_stage(struct plan *plan, const struct plan_defaults *d, char *const *words, int n,
    int base, const struct point *from, unsigned froms, struct span period, struct err *err)
{
	const struct stage_class *class = plan_find(d->classes, words[0]);
	struct stage *s = &plan->stage[plan->n];
	struct words w = {
		.classes = d->classes, .plan = plan, .stage = s, .given = words, .base = base,
	};

	if (class == NULL)
		return unknown_stage(d->classes, words[0], base, err);
	*s = (struct stage){
		.class = class, .word = base, .limit = UINT64_MAX, .plan = plan,
		.period = period, .froms = froms,
		.takes = class->flags & (STAGE_LINES | STAGE_ROWS),
	};
	memcpy(s->from, from, froms * sizeof(*from));
	s->config = mem_zalloc(class->config_size);
	if (s->config == NULL)
		return err_memory(err, "reading the command line");
	plan->n++;
	if (has_window(class) || chooses(class)) {
		w.window = d->window;
		w.slide = d->slide;
	}
	if (read_words(&w, words, n, base, err) == -1)
		return -1;
	if (chooses(class)) {
		class = class->choose(s, err);
		if (class == NULL)
			return -1;
		s->class = class;
		s->takes = class->flags & (STAGE_LINES | STAGE_ROWS);
	}
	if (!has_window(class))
		return refuse_windows(&w, err);
	if ((class->flags & STAGE_AGGREGATES) != 0)
		take_defaults(&w, d);
	return w.running ? set_running(&w, period, err) : set_window(&w, period, err);
}
