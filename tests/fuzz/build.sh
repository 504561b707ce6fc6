# shellcheck shell=bash
# Sourced by scripts/fuzz and tests/fuzz/run, from the top folder: how the targets are built.

fuzz_flags="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined"
fuzz_flags+=" -fno-sanitize-recover=undefined"

# Libraries are named in one place only, the Makefile.
# shellcheck disable=SC2016
fuzz_libs() {
	printf 'include Makefile\nprint:;@echo $(LIBS)\n' | make -s -f - print
}

# fuzz_build FOLDER CC FLAGS LINK TARGET...: FOLDER/TARGET from src, compiled with FLAGS, the file of
# the target and LINK, words for the linker.
fuzz_build() {
	local folder=$1 cc=$2 flags="$fuzz_flags $3" link=$4 source objects=() target
	shift 4
	for source in src/*/*.c; do
		objects+=("$folder/${source%.c}.o")
	done
	make -s -j "$(nproc)" BUILD="$folder" CC="$cc" CFLAGS="$flags" "${objects[@]}"
	for target; do
		# shellcheck disable=SC2046,SC2086
		"$cc" -std=c11 -D_GNU_SOURCE -Isrc -Itests/fuzz -Wall -Wextra $fuzz_flags \
			"tests/fuzz/fuzz_$target.c" $link "${objects[@]}" $(fuzz_libs) -o "$folder/$target"
	done
}
