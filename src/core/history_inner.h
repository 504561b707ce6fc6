/* What the files of core/history share: history.c rows, history_save.c what is put down of them. */
#ifndef CORE_HISTORY_INNER_H
#define CORE_HISTORY_INNER_H

#include "core/history_save.h"

struct history_pane {
	struct history_pane	*next;
	int64_t			 end;	/* ticks; of an open one as far as is known */
	struct rowlog		 rows;
	uint64_t		 put;	/* of them, put down */
};

void history_drop_first(struct history *);

#endif
