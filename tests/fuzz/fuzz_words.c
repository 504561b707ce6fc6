/*
 * The words of a command line: whatever they are, they give a configuration, or an error that is
 * shown as one line, with a caret under a word that is there.  Nothing is run, and no file is
 * looked at.
 *
 * Input: the words behind the program's name, each ended by NUL, as in /proc/PID/cmdline.
 */
#include "fuzz.h"

#include "cli/message.h"
#include "cli/settings.h"
#include "cli/show.h"
#include "engine/sys.h"

#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <string.h>

#define WORDS 64

/* Takes the place of the C library's: the answer depends on nothing but the pattern. */
int
glob(const char *pattern, int flags, int (*error)(const char *, int), glob_t *found)
{
	static char one[] = "one.txt", two[] = "dir/two.txt";
	static char *paths[] = { one, two, NULL };

	(void)flags;
	(void)error;
	*found = (glob_t){ .gl_pathc = 2, .gl_pathv = paths };
	return strlen(pattern) % 4 == 3 ? GLOB_NOMATCH : strlen(pattern) % 64 == 62 ? GLOB_ABORTED : 0;
}

void
globfree(glob_t *found)
{
	*found = (glob_t){ 0 };
}

/* The same for the question whether a file is there, which is asked by opening it. */
static int
no_file(const char *path, int flags, mode_t mode)
{
	(void)path;
	(void)flags;
	(void)mode;
	errno = ENOENT;
	return -1;
}

/* Where everything that is printed goes. */
static FILE *
nowhere(void)
{
	static FILE *file;

	if (file == NULL)
		file = fopen("/dev/null", "w");
	FUZZ_CHECK(file != NULL);
	return file;
}

/* One line, or three of which the last has the caret; nothing that drives a terminal. */
static void
check_shown(const char *text, size_t len, bool caret)
{
	size_t lines = 0;

	FUZZ_CHECK(strncmp(text, "streamctl: ", 11) == 0 && text[11] != '\n');
	for (size_t i = 0; i < len; i++) {
		FUZZ_CHECK(text[i] == '\n' || ((unsigned char)text[i] >= ' ' && text[i] != 0x7f));
		lines += text[i] == '\n';
	}
	FUZZ_CHECK(len > 0 && text[len - 1] == '\n' && lines == (caret ? 3 : 1));
}

static void
check_error(const struct err *err, int argc, char **argv)
{
	bool caret = err->word != ERR_NO_WORD;
	FILE *real = stderr, *memory;
	char *text;
	size_t len;

	FUZZ_CHECK(err->code == ERR_RUN || err->code == ERR_USAGE);
	FUZZ_CHECK(!caret || (err->word >= 1 && err->word < argc));
	FUZZ_CHECK(!caret || err->column <= strlen(argv[err->word]));
	memory = open_memstream(&text, &len);
	FUZZ_CHECK(memory != NULL);
	stderr = memory;
	message_error(err, argc, argv);
	stderr = real;
	FUZZ_CHECK(fclose(memory) == 0);
	check_shown(text, len, caret);
	free(text);
}

/* What is fed comes from before, and every link leads to what is there. */
static void
check_links(const struct plan *plan, const struct links *links, unsigned from)
{
	for (unsigned i = 0; i < links->n; i++) {
		const struct link *l = &links->at[i];

		FUZZ_CHECK(l->account <= plan->accounts);
		if (l->output)
			FUZZ_CHECK(l->to < plan->outputs || l->to == OUTPUT_NONE);
		else
			FUZZ_CHECK(l->to < plan->n && l->to >= from &&
			    l->port <= plan->stage[l->to].ports);
	}
}

static void
check_plan(const struct plan *plan)
{
	FUZZ_CHECK(plan->chains > 0 && plan->accounts <= plan->chains);
	for (unsigned i = 0; i < plan->roots; i++) {
		struct link link = plan->root[i].link;

		check_links(plan, &(struct links){ &link, 1 }, 0);
		FUZZ_CHECK(plan->root[i].account < (int)plan->accounts);
	}
	for (unsigned i = 0; i < plan->n; i++) {
		FUZZ_CHECK(plan->stage[i].froms > 0 && plan->stage[i].froms <= POINTS_MAX);
		check_links(plan, &plan->stage[i].next, i + 1);
	}
}

static void
check_settings(const struct settings *s)
{
	FILE *real = stdout;

	if (s->action != ACTION_RUN && s->action != ACTION_EXPLAIN)
		return;
	FUZZ_CHECK(s->job.nsources > 0 && s->job.outputs != NULL);
	check_plan(s->job.plan);
	FUZZ_CHECK(s->job.jobs >= 1 && s->job.max_line >= 1);
	stdout = nowhere();
	show_explain(s);
	stdout = real;
}

static int
split(char *text, size_t size, char **argv)
{
	static char name[] = "streamctl";
	int n = 0;

	argv[n++] = name;
	for (size_t at = 0; at < size && n < WORDS; at += strlen(text + at) + 1)
		argv[n++] = text + at;
	argv[n] = NULL;
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *argv[WORDS + 1];
	struct settings settings = { 0 };
	struct err err = { 0 };
	int argc;

	FUZZ_CHECK(text != NULL);
	sys.open = no_file;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	argc = split(text, size, argv);
	if (settings_parse(&settings, argc, argv, &err) == -1)
		check_error(&err, argc, argv);
	else
		check_settings(&settings);
	settings_close(&settings);
	free(text);
	return 0;
}
