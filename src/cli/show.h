/* What streamctl shows on standard output without running anything. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "cli/settings.h"

void show_help(void);
void show_stage_help(const struct stage_class *);
void show_version(void);
void show_list(const char *kind);
void show_explain(const struct settings *);

#endif
