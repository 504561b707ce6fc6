/* Every stage there is, made from stages.def. */
#include "stage/stage_table.h"

#define STAGE(name) extern const struct stage_class stage_##name;
#include "stage/stages.def"
#undef STAGE

const struct stage_class *const stage_table[] = {
#define STAGE(name) &stage_##name,
#include "stage/stages.def"
#undef STAGE
	NULL,
};
