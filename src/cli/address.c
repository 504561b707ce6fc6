/* Addresses of sources and sinks, see address.h. */
#include "cli/address.h"

#include "base/mem.h"
#include "base/near.h"
#include "engine/sys.h"
#include "sink/sink_table.h"
#include "source/source_table.h"

#include <fcntl.h>
#include <glob.h>
#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define NAME LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

/* True if a class takes the address; one whose usage is nothing but its prefix takes only that. */
static bool
takes(const char *prefix, const char *usage, const char *address)
{
	if (strcmp(prefix, usage) == 0)
		return strcmp(prefix, address) == 0;
	return strncmp(prefix, address, strlen(prefix)) == 0;
}

/* Length of the word before ':' that an address starts with, 0 if it does not. */
static size_t
scheme_length(const char *address)
{
	size_t n = strspn(address, LOWER);

	return n > 1 && address[n] == ':' ? n : 0;
}

/* A file name may hold a ':', but a misspelt scheme is likelier: ./NAME says that it is a file. */
static int
check_scheme(const char *kind, const char *address, const struct near *near, int word,
    struct err *err)
{
	int n = (int)scheme_length(address);

	if (n == 0)
		return 0;
	err_word(err, word, "unknown %s '%.*s:'", kind, n, address);
	if (near->best != NULL)
		err_add(err, ", did you mean '%s'?", near->best);
	else
		err_add(err, " (a file of that name is ./%s)", address);
	err->length = (size_t)n + 1;
	return -1;
}

/* Compares a class's scheme, but keeps its whole prefix as what was meant. */
static void
try_prefix(struct near *near, const char *name, const char *prefix)
{
	const char *before = near->best;

	if (scheme_length(prefix) == 0)
		return;
	near_try(near, name);
	if (near->best != before)
		near->best = prefix;
}

static const struct source_class *
find_source(const char *address, int word, struct err *err)
{
	const struct source_class *const *c = source_table;
	struct near near;

	near_start(&near, address, scheme_length(address));
	for (; !takes((*c)->prefix, (*c)->usage, address); c++)
		try_prefix(&near, (*c)->name, (*c)->prefix);
	if ((*c)->prefix[0] == '\0' && check_scheme("source", address, &near, word, err) == -1)
		return NULL;
	return *c;
}

static const struct sink_class *
find_sink(const char *address, int word, struct err *err)
{
	const struct sink_class *const *c = sink_table;
	struct near near;

	near_start(&near, address, scheme_length(address));
	for (; !takes((*c)->prefix, (*c)->usage, address); c++)
		try_prefix(&near, (*c)->name, (*c)->prefix);
	if ((*c)->prefix[0] == '\0' && check_scheme("sink", address, &near, word, err) == -1)
		return NULL;
	return *c;
}

static int
add_source(struct settings *s, struct job_source source, struct err *err)
{
	size_t n = s->job.nsources;
	struct job_source *sources = mem_realloc(s->job.sources, (n + 1) * sizeof(*sources));

	if (sources == NULL)
		return err_memory(err, "reading the command line");
	s->job.sources = sources;
	sources[s->job.nsources++] = source;
	return 0;
}

/* Adds a file whose name is a copy that the settings own. */
static int
add_globbed(struct settings *s, struct job_source source, const char *path, struct err *err)
{
	char **globbed = mem_realloc(s->globbed, (s->nglobbed + 1) * sizeof(*globbed));

	if (globbed == NULL)
		return err_memory(err, "reading the command line");
	s->globbed = globbed;
	globbed[s->nglobbed] = mem_strdup(path);
	if (globbed[s->nglobbed] == NULL)
		return err_memory(err, "reading the command line");
	source.address = globbed[s->nglobbed++];
	return add_source(s, source, err);
}

/* A file may have the characters of a glob in its name. */
static bool
exists(const char *path)
{
	int fd = sys_open(path, O_PATH | O_CLOEXEC, 0);

	if (fd == -1)
		return false;
	sys.close(fd);
	return true;
}

/* Adds every file that matches, in the order of their names. */
static int
add_glob(struct settings *s, struct job_source source, struct err *err)
{
	glob_t found;
	int rc = glob(source.address, 0, NULL, &found);

	if (rc == GLOB_NOMATCH)
		return err_set(err, ERR_RUN, "%s: no such file, and no file matches",
		    source.address);
	if (rc != 0)
		return err_set(err, ERR_RUN, "%s: cannot list the files that match",
		    source.address);
	for (size_t i = 0; i < found.gl_pathc && rc == 0; i++)
		rc = add_globbed(s, source, found.gl_pathv[i], err);
	globfree(&found);
	return rc;
}

/* Length of NAME in NAME=SOURCE, 0 if there is none; ./a=b is a file. */
static size_t
name_length(const char *text)
{
	size_t n = strspn(text, NAME);

	return text[n] == '=' ? n : 0;
}

/* Standard input can be read once. */
static int
check_twice(const struct settings *s, const struct job_source *source, struct err *err)
{
	for (size_t i = 0; i < s->job.nsources; i++)
		if (strcmp(source->address, "-") == 0 &&
		    s->job.sources[i].class == source->class)
			return err_word(err, source->word, "standard input is given twice");
	return 0;
}

static int
check_name(const struct settings *s, const char *name, size_t len, int word, struct err *err)
{
	for (size_t i = 0; i < s->job.nsources; i++) {
		const struct job_source *other = &s->job.sources[i];

		if (other->name_len == len && memcmp(other->name, name, len) == 0)
			return err_word(err, word, "a source named '%.*s' is there already",
			    (int)len, name);
	}
	return 0;
}

int
address_source(struct settings *s, const char *text, int word, struct err *err)
{
	size_t len = name_length(text);
	struct job_source source = {
		.name = text, .name_len = len, .address = len > 0 ? text + len + 1 : text,
		.word = word, .number = s->inputs++,
	};

	if (len > 0 && check_name(s, text, len, word, err) == -1)
		return -1;
	if (source.address[0] == '\0')
		return err_word(err, word, "a source is missing: --in [NAME=]SOURCE");
	source.class = find_source(source.address, word, err);
	if (source.class == NULL || check_twice(s, &source, err) == -1)
		return -1;
	if (source.class->prefix[0] == '\0' && strpbrk(source.address, "*?[") != NULL &&
	    !exists(source.address))
		return add_glob(s, source, err);
	return add_source(s, source, err);
}

const struct sink_class *
address_sink(const char *text, int word, struct err *err)
{
	if (text[0] != '\0')
		return find_sink(text, word, err);
	err_word(err, word, "a sink is missing: --out SINK");
	return NULL;
}
