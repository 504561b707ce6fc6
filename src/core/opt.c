/* Options as tables, see opt.h. */
#include "core/opt.h"

#include "base/near.h"

#include <ctype.h>
#include <getopt.h>
#include <string.h>

#define OPT_MAX 64			/* options of one command or stage, checked by a test */
#define FIRST_LONG 256			/* getopt's value of our option 0, above any letter */

/* The tables in the form that getopt_long reads. */
struct parse {
	const struct opt	*opts[OPT_MAX];
	struct option		 longs[OPT_MAX + 1];
	char			 shorts[2 * OPT_MAX + 3];
	int			 n;
};

static void
prepare(struct parse *p, const struct opt *const *tables)
{
	char *s = p->shorts;

	p->n = 0;
	*s++ = '+';
	*s++ = ':';
	for (; *tables != NULL; tables++) {
		for (const struct opt *o = *tables; o->name != NULL && p->n < OPT_MAX; o++) {
			p->longs[p->n] = (struct option){
				.name = o->name,
				.has_arg = o->value != NULL ? required_argument : no_argument,
				.val = FIRST_LONG + p->n,
			};
			p->opts[p->n++] = o;
			if (o->letter != 0) {
				*s++ = o->letter;
				if (o->value != NULL)
					*s++ = ':';
			}
		}
	}
	*s = '\0';
	p->longs[p->n] = (struct option){ 0 };
}

static const struct opt *
find(const struct parse *p, int got)
{
	if (got >= FIRST_LONG)
		return p->opts[got - FIRST_LONG];
	for (int i = 0; i < p->n && got != 0; i++)
		if (p->opts[i]->letter == got)
			return p->opts[i];
	return NULL;
}

static size_t
name_length(const char *word)
{
	return strcspn(word + 2, "=");
}

static int
unknown(const struct parse *p, const char *word, int index, struct err *err)
{
	struct near near = { 0 };

	if (isdigit((unsigned char)word[1]))
		return err_word(err, index, "'%s' is negative, or no option that is known", word);
	if (word[1] != '-')
		return err_word(err, index, "unknown option '-%c'", optopt);
	near_start(&near, word + 2, name_length(word));
	for (int i = 0; i < p->n; i++)
		near_try(&near, p->opts[i]->name);
	err_word(err, index, "unknown option '%.*s'", (int)name_length(word) + 2, word);
	if (near.best != NULL)
		err_add(err, ", did you mean '--%s'?", near.best);
	err->length = name_length(word) + 2;
	return -1;
}

/* An option lacks its value, or has one and should not. */
static int
wrong_value(const struct opt *o, const char *word, int index, struct err *err)
{
	if (o->value == NULL)
		return err_word(err, index, "option '--%s' takes no value", o->name);
	return err_word(err, index, "option '%s' needs a value: %s", word, o->value);
}

/* getopt_long takes any unambiguous beginning; a script would break when an option is added. */
static bool
abbreviated(const struct opt *o, int got, const char *word)
{
	return got >= FIRST_LONG && strlen(o->name) != name_length(word);
}

/*
 * One call of getopt_long: 1 an option was told, 0 a word that is none comes next, -1 error.
 * LITERAL is set if "--" said that no more options come.
 */
static int
step(const struct parse *p, char *const *words, int n, int base, bool *literal, opt_fn fn,
    void *arg, struct err *err)
{
	int at = optind == 0 ? 1 : optind;
	int got = getopt_long(n, words, p->shorts, p->longs, NULL);
	const struct opt *o;

	if (got == -1) {
		*literal = at < n && optind == at + 1 && strcmp(words[at], "--") == 0;
		return 0;
	}
	if (got == ':' || got == '?') {
		got = optopt;
		o = find(p, got);
		if (o != NULL && !abbreviated(o, got, words[at]))
			return wrong_value(o, words[at], base + at, err);
		return unknown(p, words[at], base + at, err);
	}
	o = find(p, got);
	if (abbreviated(o, got, words[at]))
		return unknown(p, words[at], base + at, err);
	if (fn(arg, o->id, optarg, base + (optarg == NULL ? at : optind - 1), err) == -1)
		return -1;
	return 1;
}

int
opt_parse(const struct opt *const *tables, char *const *words, int n, int base, bool stop,
    opt_fn fn, void *arg, struct err *err)
{
	struct parse p;
	bool literal = false;

	prepare(&p, tables);
	opterr = 0;
	optind = 0;
	for (;;) {
		int got = literal ? 0 : step(&p, words, n, base, &literal, fn, arg, err);

		if (got == -1)
			return -1;
		if (got == 1)
			continue;
		if (optind == 0)
			optind = 1;
		if (stop || optind >= n)
			return optind;
		if (fn(arg, OPT_ARGUMENT, words[optind], base + optind, err) == -1)
			return -1;
		optind++;
	}
}
