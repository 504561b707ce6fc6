/* JSON lines out, see json_write.c: rows and head of a format class. */
#ifndef FORMAT_JSON_WRITE_H
#define FORMAT_JSON_WRITE_H

#include "core/format.h"

int json_write_rows(struct encoder *, const struct schema *, const struct block *);
int json_write_head(struct encoder *, const struct schema *);

#endif
