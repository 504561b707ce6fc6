/* The score without labels. */
#ifndef CORE_FRAUD_RAW_H
#define CORE_FRAUD_RAW_H

#include "core/fraud_inner.h"

/* Fills v->raw, above 0 and of any size; all else of the view is known.  The bins of it, too. */
void raw_score(const struct fraud_common *, struct fraud_view *);

/* The transaction belongs to what is known of all from now on. */
void raw_learn(struct fraud_common *, const struct fraud_view *);

#endif
