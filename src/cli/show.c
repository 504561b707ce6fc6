/* Help, lists and versions, all made from the tables; see show.h. */
#include "cli/show.h"

#include "base/scan.h"
#include "cli/version.h"
#include "format/format_table.h"
#include "sink/sink_table.h"
#include "source/source_table.h"
#include "stage/stage_table.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <sqlite3.h>
#include <zlib.h>
#include <zstd.h>

#define OPTION_WIDTH 28

static void
show_option(const struct opt *o)
{
	int n = o->letter != 0 ? printf("  -%c, --%s", o->letter, o->name) :
	    printf("      --%s", o->name);

	if (o->value != NULL)
		n += printf(" %s", o->value);
	if (n > OPTION_WIDTH) {
		printf("\n");
		n = 0;
	}
	printf("%*s  %s\n", OPTION_WIDTH - n, "", o->help);
}

static void
show_options(const struct opt *opts)
{
	for (; opts != NULL && opts->name != NULL; opts++)
		show_option(opts);
}

void
show_help(void)
{
	printf("usage: streamctl [OPTION]... STAGE [ARG]... [then STAGE [ARG]...]... [also ...]\n"
	    "Cuts a stream of records into small batches and writes the answer of each.\n\n"
	    "  nc shop.example 9999 | streamctl --batch 1s wordcount\n"
	    "  streamctl -i tcp://localhost:9999 wordcount -w 30s -s 10s then top 10\n");
	printf("\nStages\n");
	for (const struct stage_class *const *c = stage_table; *c != NULL; c++)
		printf("  %-28s%s\n", (*c)->name, (*c)->help);
	printf("\nSources\n");
	for (const struct source_class *const *c = source_table; *c != NULL; c++)
		printf("  %-28s%s\n", (*c)->usage, (*c)->help);
	printf("\nSinks\n");
	for (const struct sink_class *const *c = sink_table; *c != NULL; c++)
		printf("  %-28s%s\n", (*c)->usage, (*c)->help);
	printf("\nFormats\n");
	for (const struct format_class *const *f = formats; *f != NULL; f++)
		printf("  %-28s%s\n", (*f)->name, (*f)->help);
	for (const struct opt_group *g = settings_groups; g->title != NULL; g++) {
		printf("\n%s\n", g->title);
		show_options(g->opts);
	}
	printf("\nDurations: 500ms 10s 15m 2h 1d.  Sizes: 64KiB 10MB.  More: man streamctl.\n");
}

void
show_stage_help(const struct stage_class *c)
{
	printf("usage: streamctl ... %s %s\n%s\n\n%s", c->name, c->usage, c->help, c->detail);
	printf("Spark: %s\n\nOptions\n", c->spark);
	show_options(c->options);
	if ((c->flags & (STAGE_AGGREGATES | STAGE_WINDOWS | STAGE_CHOOSES)) != 0)
		show_options(plan_window_opts);
	if ((c->flags & (STAGE_AGGREGATES | STAGE_CHOOSES)) != 0)
		show_options(plan_emit_opts);
	if (c->seed != NULL)
		show_options(plan_begin_opts);
	show_options(plan_common_opts);
}

void
show_version(void)
{
	char pcre2[64] = "";
	struct event_base *base = event_base_new();

	(void)pcre2_config(PCRE2_CONFIG_VERSION, pcre2);
	printf("streamctl %s\nlibevent %s, events by %s\nPCRE2 %s\nSQLite %s\nzlib %s\nzstd %s\n"
	    "scan %s\n", VERSION, event_get_version(),
	    base != NULL ? event_base_get_method(base) : "nothing", pcre2, sqlite3_libversion(),
	    zlibVersion(), ZSTD_versionString(), scan_best()->name);
	if (base != NULL)
		event_base_free(base);
	libevent_global_shutdown();
}

void
show_list(const char *kind)
{
	if (strcmp(kind, "stages") == 0)
		for (const struct stage_class *const *c = stage_table; *c != NULL; c++)
			printf("%s\t%s\t%s\n", (*c)->name, (*c)->usage, (*c)->help);
	else if (strcmp(kind, "sources") == 0)
		for (const struct source_class *const *c = source_table; *c != NULL; c++)
			printf("%s\t%s\t%s\n", (*c)->name, (*c)->usage, (*c)->help);
	else if (strcmp(kind, "sinks") == 0)
		for (const struct sink_class *const *c = sink_table; *c != NULL; c++)
			printf("%s\t%s\t%s\n", (*c)->name, (*c)->usage, (*c)->help);
	else
		for (const struct format_class *const *f = formats; *f != NULL; f++)
			printf("%s\t%s\t%s\n", (*f)->name, (*f)->read == NULL ? "output" :
			    (*f)->rows == NULL ? "input" : "input, output", (*f)->help);
}
