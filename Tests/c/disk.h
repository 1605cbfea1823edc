/* A directory for each test of files. */
#ifndef SWIFTREG_TESTS_DISK_H
#define SWIFTREG_TESTS_DISK_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

static char directory[256];

static inline void make_directory(void) {
    const char *place = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/swiftreg-test-XXXXXX", place == NULL ? "/tmp" : place);
    if (!CHECK(mkdtemp(directory) != NULL)) exit(EXIT_FAILURE);
}

static inline const char *in_directory(const char *name) {
    static char path[2][512];
    static int next;
    next ^= 1;
    snprintf(path[next], sizeof path[next], "%s/%s", directory, name);
    return path[next];
}

/* The number of files in the directory; removes them if `removes`. */
static inline int count_files(bool removes) {
    DIR *stream = opendir(directory);
    int count = 0;
    for (struct dirent *entry; stream != NULL && (entry = readdir(stream)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        count++;
        if (removes) unlink(in_directory(entry->d_name));
    }
    if (stream != NULL) closedir(stream);
    return count;
}

static inline void remove_directory(void) {
    count_files(true);
    CHECK(rmdir(directory) == 0);
}

#define FILE_ERROR(number, call)                                                                             \
    do {                                                                                                     \
        errno = 0;                                                                                           \
        CHECK_STATUS(REG_ERROR_FILE, call);                                                                  \
        CHECK(errno == (number));                                                                            \
    } while (0)

#endif
