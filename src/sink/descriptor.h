/* Writing all of something to a descriptor, as every sink and the stats do. */
#ifndef SINK_DESCRIPTOR_H
#define SINK_DESCRIPTOR_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Writes LEN bytes, waiting as long as it takes, or as the run has to end once it was told to; a
 * signal or a non-blocking descriptor does not end it.  0, or -1 with the error, which names
 * SUBJECT.
 */
int descriptor_write(int fd, const char *subject, const char *bytes, size_t len, struct err *);

/* Returns -1 with the error that SUBJECT kept the run from ending in time. */
int descriptor_overdue(const char *subject, struct err *);

/* Opens PATH to be written anew; the descriptor, or -1 with the error. */
int descriptor_create(const char *path, struct err *);

/* Cuts the file to LENGTH bytes.  0, or -1 with the error. */
int descriptor_cut(int fd, const char *subject, uint64_t length, struct err *);

/* Waits until all that was written to FD is on the disk.  0, or -1 with the error. */
int descriptor_sync(int fd, const char *subject, struct err *);

/* The same for the names in a folder, and for those in the folder that PATH is in. */
int descriptor_sync_folder(const char *path, struct err *);
int descriptor_sync_name(const char *path, struct err *);

#endif
