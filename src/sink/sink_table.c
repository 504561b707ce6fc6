/* Every sink there is, made from sinks.def. */
#include "sink/sink_table.h"

#define SINK(name) extern const struct sink_class sink_##name;
#include "sink/sinks.def"
#undef SINK

const struct sink_class *const sink_table[] = {
#define SINK(name) &sink_##name,
#include "sink/sinks.def"
#undef SINK
	NULL,
};
