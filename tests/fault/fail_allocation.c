/* fail_allocation.c: a library for LD_PRELOAD that fails one allocation of a process.
 *
 * Counted are malloc, calloc, realloc, strdup, posix_memalign and aligned_alloc where they are called
 * from the executable itself or from a library whose name contains a word of FAIL_IN (separated by
 * commas): MPI, HDF5 and OpenBLAS end the process in their own ways. FAIL_AT says which one fails
 * (0: none) and FAIL_RANK on which rank of mpirun's (-1: on each). At the end the number of them
 * is written to the file FAIL_COUNT.RANK. With FAIL_SHOW the calls that led to the one that fails are
 * shown on stderr. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

typedef struct {
    uintptr_t begin, end;
} span;

static span ours[64];
static int ours_count;
static atomic_long calls;
static long fail_at;
static int rank;

static bool is_wanted(const char *library) {
    const char *words = getenv("FAIL_IN");
    char word[64];
    if (!*library) return true; /* the executable */
    const char *name = strrchr(library, '/') ? strrchr(library, '/') + 1 : library;
    while (words && *words) {
        size_t length = strcspn(words, ",");
        if (length > 0 && length < sizeof word) {
            memcpy(word, words, length);
            word[length] = '\0';
            if (strstr(name, word)) return true;
        }
        words += length + (words[length] == ',');
    }
    return false;
}

static int add(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    (void)context;
    if (!is_wanted(info->dlpi_name)) return 0;
    for (int i = 0; i < info->dlpi_phnum && ours_count < 64; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
        uintptr_t begin = info->dlpi_addr + part->p_vaddr;
        ours[ours_count++] = (span){begin, begin + part->p_memsz};
    }
    return 0;
}

__attribute__((constructor)) static void begin(void) {
    const char *number = getenv("OMPI_COMM_WORLD_RANK"), *at = getenv("FAIL_AT");
    const char *on = getenv("FAIL_RANK");
    rank = number ? atoi(number) : 0;
    fail_at = at && (!on || atoi(on) < 0 || atoi(on) == rank) ? atol(at) : 0;
    dl_iterate_phdr(add, NULL);
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("FAIL_COUNT");
    char text[4096];
    if (!path || snprintf(text, sizeof text, "%s.%d", path, rank) >= (int)sizeof text) return;
    int file = open(text, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    int length = snprintf(text, sizeof text, "%ld\n", atomic_load(&calls));
    if (file < 0 || write(file, text, (size_t)length) != length) _exit(99);
    close(file);
}

static void show(void) {
    void *frames[32];
    if (getenv("FAIL_SHOW")) backtrace_symbols_fd(frames, backtrace(frames, 32), STDERR_FILENO);
}

static bool fails(const void *caller) {
    const uintptr_t at = (uintptr_t)caller;
    for (int i = 0; i < ours_count; i++)
        if (at >= ours[i].begin && at < ours[i].end) {
            const bool this_one = atomic_fetch_add(&calls, 1) + 1 == fail_at;
            if (this_one) show();
            return this_one;
        }
    return false;
}

#define FAILS (fails(__builtin_return_address(0)) && (errno = ENOMEM))

void *malloc(size_t size) {
    return FAILS ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    return FAILS ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
    return FAILS ? NULL : __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    return FAILS ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    void *block = FAILS ? NULL : __libc_memalign(alignment, size);
    if (!block) return ENOMEM;
    *out = block;
    return 0;
}

char *strdup(const char *text) {
    const size_t size = strlen(text) + 1;
    char *copy = FAILS ? NULL : __libc_malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}
