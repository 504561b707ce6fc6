/* The files of stages, by way of the operating system; see core/files.h. */
#ifndef ENGINE_FILES_H
#define ENGINE_FILES_H

#include "core/files.h"

/* Reads and writes files with sys; PRINT shows one line to the user. */
struct files files_system(void (*print)(const char *line));

#endif
