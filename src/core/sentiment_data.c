/*
 * See sentiment_data.h.  The assembler puts the files in as they are; their paths are from the top
 * folder, where make runs.  Buckets of the model's tables begin at lines of the cache.
 */
#include "core/sentiment_data.h"

#define CARRY(name, path)				\
	__asm__(".pushsection .rodata\n"		\
	    ".balign 64\n"				\
	    ".globl " name "\n"				\
	    ".hidden " name "\n"			\
	    name ":\n"					\
	    ".incbin \"" path "\"\n"			\
	    name "_end:\n"				\
	    ".balign 8\n"				\
	    ".globl " name "_size\n"			\
	    ".hidden " name "_size\n"			\
	    name "_size:\n"				\
	    ".quad " name "_end - " name "\n"		\
	    ".popsection\n")

CARRY("sentiment_data_words", "src/data/sentiment-words.tsv");
CARRY("sentiment_data_model", "src/data/sentiment.model");
