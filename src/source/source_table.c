/* Every source there is, made from sources.def. */
#include "source/source_table.h"

#define SOURCE(name) extern const struct source_class source_##name;
#include "source/sources.def"
#undef SOURCE

const struct source_class *const source_table[] = {
#define SOURCE(name) &source_##name,
#include "source/sources.def"
#undef SOURCE
	NULL,
};
