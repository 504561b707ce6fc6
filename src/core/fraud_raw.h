/*
 * The score without labels.  The amount speaks for itself: how far it is from what is usual for the
 * account, and how rare it is among all.  What else there is (the hour, how long ago the last one
 * was, small ones before it, large ones in the last days) says nothing by itself; it counts by how
 * much more often it came along with the oddest amounts than with the others, so far, in this
 * stream: as logarithms of likelihood ratios, which are 0 where the two have nothing to do with
 * each other.  So one setting serves streams in which fraud comes at night and those in which it
 * does not.  (Two views that teach each other: Blum and Mitchell, "Combining Labeled and Unlabeled
 * Data with Co-Training", COLT 1998.)
 */
#ifndef CORE_FRAUD_RAW_H
#define CORE_FRAUD_RAW_H

#include "core/fraud_inner.h"

/* Fills v->base, of the amount alone, and v->raw: above 0.  All else is known, and the own bins. */
void raw_score(const struct fraud_sides *, struct fraud_view *);

/* The transaction belongs to what is known of all from now on. */
void raw_learn(struct fraud_sides *, const struct fraud_view *);

#endif
