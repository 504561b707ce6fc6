/* Rows as text: single cells, and rows that are bad. */
#ifndef CORE_ROWS_H
#define CORE_ROWS_H

#include "core/stage.h"

struct row_text {
	struct buf	text;
};

/* A cell as the text that would be written, which stays until the next call; 0 or -1 (memory). */
int row_text_cell(struct row_text *, const struct value *, struct value *text);

/* Counts a row that came to a stage as bad, behind the stage's name; a printf format. */
void row_text_bad(struct row_text *, const struct stage *, const struct value *row, struct bad *,
    const char *why, ...) __attribute__((format(printf, 5, 6)));

void row_text_free(struct row_text *);

#endif
