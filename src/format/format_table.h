/*
 * Every format there is: the rows of formats.def, in the order of the help, NULL behind the last.
 * The name format_table is that of a class, the one of tables.
 */
#ifndef FORMAT_FORMAT_TABLE_H
#define FORMAT_FORMAT_TABLE_H

#include "core/format.h"

#define FORMATS_MAX 16

extern const struct format_class *const formats[];

/* The class of a name, or NULL. */
const struct format_class *format_find(const char *name);

#endif
